import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SchemaCatalog } from '../../../../schemas/registry/catalog.js';
import { parseType } from '../../../../schemas/avro/parse-type.js';
import { SCHEMAS } from '../../../../schemas/types.js';
import { avro, catalogOf, frame, inApp, request, task, valueOf } from '../samples.js';

const { TaskEvent, NotificationRequestEvent, InAppNotification } = SCHEMAS;
const TASK = 1;
const REQUEST = 2;
const IN_APP = 3;
const JSON_TYPE = 4;
const STRANGER = 5;
const GARBAGE = 6;
const PRIMITIVE = 7;

let catalog: SchemaCatalog;

beforeAll(async () => {
  catalog = await catalogOf({
    [TASK]: avro(TaskEvent),
    [REQUEST]: { ...avro(NotificationRequestEvent), schemaType: 'AVRO' },
    [IN_APP]: avro(InAppNotification),
    [JSON_TYPE]: { schemaType: 'JSON', schema: '{"type":"object"}' },
    [STRANGER]: avro({ ...TaskEvent, name: 'Stranger' }),
    [GARBAGE]: { schema: 'garbage{' },
    [PRIMITIVE]: avro('string'),
  });
});

describe('decoding', () => {
  it('gives the event, tagged with its topic', () => {
    const decoded = catalog.decode('TASK_EVENT_TOPIC', valueOf(TASK, TaskEvent, task));
    expect(decoded).toEqual({ kind: 'event', value: { topic: 'TASK_EVENT_TOPIC', event: task } });
  });

  it('gives int64 in arrays, unions and timestamps as bigint', () => {
    const decoded = catalog.decode('NOTIFICATION_REQUEST_TOPIC', valueOf(REQUEST, NotificationRequestEvent, request));
    expect(decoded).toEqual({ kind: 'event', value: { topic: 'NOTIFICATION_REQUEST_TOPIC', event: request } });
  });

  it('gives back our own records of sink topics', () => {
    const value = valueOf(IN_APP, InAppNotification, inApp);
    expect(catalog.decodeSink('NOTIFICATION_INAPP_TOPIC', value)).toEqual({ kind: 'event', event: inApp });
    expect(catalog.decodeSink('USER_DIRECTORY', value)).toMatchObject({ kind: 'poison', reason: 'wrong-record' });
  });

  it('asks for an id that was never resolved', () => {
    expect(catalog.decode('TASK_EVENT_TOPIC', frame(99, Buffer.alloc(1)))).toEqual({
      kind: 'unresolved',
      schemaId: 99,
    });
  });

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['four bytes', Buffer.alloc(4)],
    ['another first byte', Buffer.from('{"eventId":1}')],
  ])('calls %s bad-magic', (_, value) => {
    expect(catalog.decode('TASK_EVENT_TOPIC', value)).toMatchObject({
      kind: 'poison',
      reason: 'bad-magic',
      attempts: 1,
    });
  });

  it('calls an id beyond 32 bits unknown without asking', () => {
    expect(catalog.decode('TASK_EVENT_TOPIC', frame(0xffffffff, Buffer.alloc(1)))).toMatchObject({
      reason: 'unknown-schema',
      attempts: 1,
    });
  });

  it.each([
    ['a schema of another type', JSON_TYPE, 'type JSON'],
    ['a record of a name that is not ours', STRANGER, 'serp.task.Stranger'],
    ['a schema that does not parse', GARBAGE, 'cannot be read'],
    ['a schema that is no record', PRIMITIVE, 'string'],
    ["another topic's record", REQUEST, 'which TASK_EVENT_TOPIC does not carry'],
  ])('calls %s wrong-record', (_, schemaId, part) => {
    const decoded = catalog.decode('TASK_EVENT_TOPIC', frame(schemaId, Buffer.alloc(20)));
    expect(decoded).toMatchObject({ kind: 'poison', reason: 'wrong-record', attempts: 1 });
    expect(decoded.kind === 'poison' && decoded.message).toContain(part);
  });

  it('calls every truncation and every addition undecodable', () => {
    for (const [topic, value] of [
      ['TASK_EVENT_TOPIC', valueOf(TASK, TaskEvent, task)],
      ['NOTIFICATION_REQUEST_TOPIC', valueOf(REQUEST, NotificationRequestEvent, request)],
    ] as const) {
      for (let end = 5; end < value.length; end++) {
        expect(catalog.decode(topic, value.subarray(0, end))).toMatchObject({ reason: 'undecodable' });
      }
      expect(catalog.decode(topic, Buffer.concat([value, Buffer.alloc(1)]))).toMatchObject({ reason: 'undecodable' });
    }
  });

  it('makes of damaged bytes an event that fits the schema, or calls them undecodable', () => {
    const type = parseType(NotificationRequestEvent);
    const good = valueOf(REQUEST, NotificationRequestEvent, request);
    const flips = fc.array(fc.tuple(fc.integer({ min: 5, max: good.length - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(flips, (changes) => {
        const value = Buffer.from(good);
        for (const [at, byte] of changes) value[at] = byte;
        const decoded = catalog.decode('NOTIFICATION_REQUEST_TOPIC', value);
        if (decoded.kind === 'event') expect(type.isValid(decoded.value.event)).toBe(true);
        else expect(decoded).toMatchObject({ kind: 'poison', reason: 'undecodable' });
      }),
      { numRuns: 500 },
    );
  });

  it('never puts the payload into a message', () => {
    const value = valueOf(TASK, TaskEvent, { ...task, taskTitle: 'secret' });
    const decoded = catalog.decode('TASK_EVENT_TOPIC', value.subarray(0, -1));
    expect(JSON.stringify(decoded)).not.toContain('secret');
  });
});
