import { describe, expect, it } from 'vitest';
import { SourceDecoder } from '../../../schemas/source-decoder.js';
import type { SourceFormat } from '../../../schemas/source-spec.js';
import { SCHEMAS } from '../../../schemas/types.js';
import { asGoWrites } from './every-type.js';
import { parseWriter } from '../../../schemas/avro/writer-type.js';
import { avro, catalogOf, frame, task, valueOf } from './samples.js';

const TOPIC = 'TASK_EVENT_TOPIC';
const { TaskEvent } = SCHEMAS;
const catalog = await catalogOf({ 1: avro(TaskEvent) });
const IN_AVRO = valueOf(1, TaskEvent, task);
const IN_JSON = Buffer.from(asGoWrites(parseWriter(TaskEvent), task));
const UNKNOWN_ID = frame(99, Buffer.alloc(8));

const decode = (format: SourceFormat, value: Buffer): unknown =>
  new SourceDecoder(catalog, [{ topic: TOPIC, record: TaskEvent, format }]).decode(TOPIC, value);
const event = { kind: 'event', value: { topic: TOPIC, event: task } };

describe('a topic of', () => {
  it.each([
    ['avro', IN_AVRO, event],
    ['avro', IN_JSON, { reason: 'bad-magic' }],
    ['avro', UNKNOWN_ID, { kind: 'unresolved', schemaId: 99 }],
    ['json', IN_JSON, event],
    ['json', IN_AVRO, { reason: 'undecodable' }],
    ['avro-or-json', IN_AVRO, event],
    ['avro-or-json', IN_JSON, event],
    ['avro-or-json', Buffer.from('\ufeff{}'), { reason: 'undecodable' }],
    ['avro-or-json', UNKNOWN_ID, { kind: 'unresolved', schemaId: 99 }],
    ['avro-or-json', Buffer.alloc(3), { reason: 'bad-magic' }],
    ['avro-or-json', Buffer.alloc(0), { reason: 'undecodable' }],
  ] as const)('%s takes %o for %o', (format, value, expected) => {
    expect(decode(format, value)).toMatchObject(expected);
  });

  it('json is never Avro: no schema is asked for, whatever a value looks like', () => {
    expect(decode('json', UNKNOWN_ID)).toMatchObject({ kind: 'poison', reason: 'undecodable' });
  });

  it('another name is decoded as Avro', () => {
    const decoder = new SourceDecoder(catalog, [
      { topic: 'CRM_EVENT_TOPIC', record: SCHEMAS.CrmEvent, format: 'json' },
    ]);
    expect(decoder.decode(TOPIC, IN_AVRO)).toEqual(event);
  });
});

it('a value that does not fit its schema is undecodable, with the JSON pointer, what is there and what was expected', () => {
  const value = Buffer.from(IN_JSON.toString().replace(/"tenantId":\d+/, '"tenantId":"seven"'));
  expect(decode('json', value)).toMatchObject({
    kind: 'poison',
    reason: 'undecodable',
    message:
      'the value is no JSON that TASK_EVENT_TOPIC carries: /tenantId is a text; expected an int64: an integer, or its decimal text',
    attempts: 1,
  });
});
