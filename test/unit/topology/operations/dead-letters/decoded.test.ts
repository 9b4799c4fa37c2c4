import { describe, expect, it } from 'vitest';
import { stringify } from 'lossless-json';
import { SCHEMAS } from '../../../../../schemas/types.js';
import type { AvroSchema } from '../../../../../schemas/avro/avro-schema.js';
import { framed } from '../../../../../schemas/wire-format.js';
import { RegistryOutageError } from '../../../../../schemas/registry/registry-outage.js';
import { rulesIn } from '../../../../../processors/rules/shipped.js';
import type { SourceRules } from '../../../../../processors/rules/rule-set.js';
import { LetterDecoder, type DecodedValue } from '../../../../../topology/operations/dead-letters/decoded.js';
import { WriterSchemas } from '../../../../../topology/operations/dead-letters/writer-schemas.js';
import { InMemoryRegistry } from '../../../../../topology/testing/in-memory-registry.js';
import { encodeWith } from '../../../../../topology/testing/driver.js';
import { crm, request, task } from '../../../../contract/events.js';
import { deadLetter, type LetterParts } from './letters.js';

const { sources } = rulesIn(undefined);
const source = (topic: string): SourceRules => sources.find((one) => one.topic === topic)!;
const TASKS = source('TASK_EVENT_TOPIC');
const JSON_TASKS: SourceRules = { ...TASKS, format: 'json' };

const registry = new InMemoryRegistry();
const id = (schema: AvroSchema): number => registry.register(schema);

function decode(parts: LetterParts, from: SourceRules | undefined = TASKS, writers = new WriterSchemas(registry)) {
  return new LetterDecoder(writers).decode(deadLetter(parts), from);
}

function decodeJson(json: unknown, cause: LetterParts['cause'] = {}): Promise<DecodedValue> {
  return decode({ value: Buffer.from(typeof json === 'string' ? json : stringify(json)!), cause }, JSON_TASKS);
}

describe('the value of a dead letter', () => {
  it("is read by its writer's schema, with fields that ours does not have, every digit, and in its own units", async () => {
    const writer = {
      ...SCHEMAS.TaskEvent,
      fields: [
        ...SCHEMAS.TaskEvent.fields.map((field) =>
          field.name === 'timestamp' ? { ...field, type: { type: 'long', logicalType: 'timestamp-micros' } } : field,
        ),
        { name: 'team', type: { type: 'array', items: 'string' } },
        { name: 'cost', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
        { name: 'photo', type: 'bytes' },
      ],
    };
    const event = {
      ...task({ taskId: 2n ** 62n + 1n }),
      timestamp: 5n,
      team: ['a'],
      cost: '12.50',
      photo: Buffer.from('p'),
    };
    const schemaId = id(writer);
    const decoded = await decode({ value: encodeWith(writer, schemaId, event) });
    expect(decoded).toMatchObject({ format: 'avro', schemaId, record: 'serp.task.TaskEvent', isWhole: true });
    expect({ ...decoded.event }).toEqual({ ...event, photo: 'cA==' });
  });

  it.each([
    ['tenantId is 0; expected a positive id', task({ tenantId: 0n }), ['tenantId']],
    ["a recipient's id is 0; expected a positive id", task({ assignedTo: 0n }), ['assignedTo']],
    ['the event names no recipient; expected at least one', task(), ['assignedTo']],
    ['eventId has 257 bytes; expected at most 256', task({ eventId: 'x' }), ['eventId']],
    ['it is odd', task(), undefined],
  ])('of an invalid event marks the field that the message names: %s', async (message, event, fields) => {
    const value = encodeWith(SCHEMAS.TaskEvent, id(SCHEMAS.TaskEvent), event);
    const { fault } = await decode({ value, cause: { message } });
    expect(fault).toEqual(fields && { message, fields });
  });

  it('marks every field that is at fault of a request', async () => {
    const message = 'title and message are both blank; expected at least one of them';
    const value = encodeWith(SCHEMAS.NotificationRequestEvent, id(SCHEMAS.NotificationRequestEvent), request());
    const { fault } = await decode({ value, cause: { message } }, source('NOTIFICATION_REQUEST_TOPIC'));
    expect(fault?.fields).toEqual(['title', 'message']);
  });

  it('that ends early is read up to there, with the field and the byte', async () => {
    const whole = encodeWith(SCHEMAS.TaskEvent, id(SCHEMAS.TaskEvent), task());
    const at = whole.indexOf('Prepare invoice') - 1;
    const decoded = await decode({ value: whole.subarray(0, at + 4), cause: { reason: 'undecodable' } });
    expect(decoded.isWhole).toBe(false);
    expect(Object.keys(decoded.event!)).toEqual(['eventId', 'eventType', 'timestamp', 'taskId']);
    expect(decoded.fault).toEqual({
      message: 'a length or count of 15 where 3 bytes are left',
      at,
      fields: ['taskTitle'],
    });
  });

  it('with more behind it says from where on', async () => {
    const whole = encodeWith(SCHEMAS.TaskEvent, id(SCHEMAS.TaskEvent), task());
    const { fault } = await decode({ value: Buffer.concat([whole, Buffer.from('more')]) });
    expect(fault).toEqual({ message: '4 bytes are left after the record', at: whole.length, fields: [] });
  });

  it('of another record is read by its own schema', async () => {
    const decoded = await decode({
      value: encodeWith(SCHEMAS.CrmEvent, id(SCHEMAS.CrmEvent), crm()),
      cause: {
        reason: 'wrong-record',
        message: 'schema id 1 is serp.crm.CrmEvent, which TASK_EVENT_TOPIC does not carry',
      },
    });
    expect(decoded).toMatchObject({ record: 'serp.crm.CrmEvent', isWhole: true, fault: undefined });
    expect(decoded.event).toMatchObject({ entityName: 'Acme' });
  });

  it('under an id that the registry does not know says which', async () => {
    expect(await decode({ value: framed(Buffer.from('x'), 8888) })).toMatchObject({
      ...{ format: 'avro', schemaId: 8888, event: null },
      fault: { message: 'the schema registry does not know the schema id 8888' },
    });
  });

  it('waits for no registry that is not there, and asks it once', async () => {
    let asked = 0;
    const ask = (): Promise<never> => {
      asked += 1;
      return Promise.reject(new RegistryOutageError('unreachable', 'the schema registry failed: ECONNREFUSED'));
    };
    const writers = new WriterSchemas(Object.assign(new InMemoryRegistry(), { ask }));
    for (const schemaId of [1, 2, 2]) {
      const decoded = await decode({ value: framed(Buffer.from('x'), schemaId) }, TASKS, writers);
      expect(decoded).toMatchObject({ schemaId, event: null, note: 'the schema registry failed: ECONNREFUSED' });
      expect(decoded.fault).toBeUndefined();
    }
    expect(asked).toBe(1);
  });

  it.each([
    ['{"a":1}', /^the value begins with 7b 22 61 22 3a, as JSON does; expected the byte 00/],
    ['\x07abcd', /^the value begins with 07 61 62 63 64; expected/],
    ['', /^the value is empty; expected/],
  ])('that is not in the wire format says what it begins with: %j', async (text, message) => {
    const { format, fault } = await decode({ value: Buffer.from(text), cause: { reason: 'bad-magic' } });
    expect(format).toBeNull();
    expect(fault).toMatchObject({ message: expect.stringMatching(message) as string, at: 0 });
  });

  it('of a topic that no rules name is read by what it says itself', async () => {
    const value = encodeWith(SCHEMAS.TaskEvent, id(SCHEMAS.TaskEvent), task());
    expect(await new LetterDecoder(new WriterSchemas(registry)).decode(deadLetter({ value }), undefined)).toMatchObject(
      {
        isWhole: true,
      },
    );
  });

  it('that was cut, or stands for a batch, or was none, says so and blames nothing', async () => {
    const value = encodeWith(SCHEMAS.TaskEvent, id(SCHEMAS.TaskEvent), task()).subarray(0, 30);
    const more = [
      ['dlq.truncated', 'true'],
      ['dlq.original-bytes', '9000'],
      ['dlq.sha256', 'ab'],
    ] as const;
    expect(await decode({ value, more })).toMatchObject({
      ...{ isWhole: false, fault: undefined, note: 'it was cut: these are the first 30 of 9000 bytes' },
      event: { eventId: 'task-1' },
    });
    expect((await decode({ value: null, more })).note).toBe('it was cut: nothing is left of the value');
    expect((await decode({ value: null })).note).toBe('there is no value');
    const defect = { kind: 'unreadable-batch', lastOffset: 12, codec: 'gzip', bytes: 99, message: 'm' } as const;
    expect((await decode({ value: null, defect })).note).toMatch(/^it stands for a whole batch, up to offset 12/);
  });
});

describe('the value of a dead letter from a topic of JSON', () => {
  it('is read with its numbers as they are written', async () => {
    const decoded = await decodeJson('{"eventId":"e","tenantId":9007199254740993,"more":1.50}', { message: 'x' });
    expect(decoded.isWhole).toBe(true);
    expect(stringify(decoded.event)).toBe('{"eventId":"e","tenantId":9007199254740993,"more":1.50}');
  });

  it('marks the field that does not fit', async () => {
    const { fault } = await decodeJson({ ...task(), tenantId: 'seven' }, { reason: 'undecodable' });
    expect(fault).toEqual({
      message: '/tenantId is a text; expected an int64: an integer, or its decimal text',
      fields: ['tenantId'],
    });
  });

  it.each([JSON_TASKS, undefined])('that is nested too deep has no event, whatever reads it', async (from) => {
    const value = Buffer.from(`{"a":${'['.repeat(4000)}${']'.repeat(4000)}}`);
    const decoded = await new LetterDecoder(new WriterSchemas(registry)).decode(deadLetter({ value }), from);
    expect(decoded).toMatchObject({ event: null, isWhole: false });
    expect(decoded.fault?.message).toBe('the whole value is nested too deep; expected at most 1000 levels');
  });

  it('that is no JSON says from which byte on', async () => {
    const { fault, event } = await decodeJson('{"eventId":"e",]', { reason: 'undecodable' });
    expect(event).toBeNull();
    expect(fault).toMatchObject({ at: 15, fields: [] });
  });
});
