import { describe, expect, it } from 'vitest';
import type { AvroRecord, AvroSchema } from '../../../../schemas/avro/avro-schema.js';
import { SCHEMAS } from '../../../../schemas/types.js';
import { avro, catalogOf, frame, task, valueOf, withFields } from '../samples.js';

/** Decodes what a producer with this schema writes. */
async function decodeFrom(schema: AvroRecord, event: object): Promise<unknown> {
  const catalog = await catalogOf({ 1: avro(schema) });
  const decoded = catalog.decode('TASK_EVENT_TOPIC', valueOf(1, schema, event));
  return decoded.kind === 'event' ? decoded.value.event : decoded;
}

const { TaskEvent } = SCHEMAS;

describe("another writer's schema", () => {
  it('may have fields that we do not know, of any type', async () => {
    const added = [
      { name: 'tags', type: { type: 'array', items: 'string' } },
      { name: 'extra', type: { type: 'map', values: 'long' } },
      { name: 'state', type: { type: 'enum', name: 'State', symbols: ['OPEN', 'DONE'] } },
      { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 4 } },
      { name: 'either', type: ['null', 'int', 'string'] },
      { name: 'ratio', type: 'double' },
      { name: 'part', type: { type: 'record', name: 'Part', fields: [{ name: 'flag', type: 'boolean' }] } },
    ] as const;
    const schema = withFields(TaskEvent, ([first, ...rest]) => [first!, ...added, ...rest]);
    const event = {
      ...task,
      tags: ['a', 'b'],
      extra: { x: 2n ** 62n },
      state: 'DONE',
      hash: Buffer.alloc(4, 1),
      either: 'text',
      ratio: 0.5,
      part: { flag: true },
    };
    expect(await decodeFrom(schema, event)).toEqual(task);
  });

  it('may lack a field that has a default', async () => {
    const schema = withFields(TaskEvent, (own) => own.filter((field) => field.name !== 'deadlineMs'));
    expect(await decodeFrom(schema, task)).toEqual({ ...task, deadlineMs: null });
  });

  it('may have the fields in another order', async () => {
    expect(
      await decodeFrom(
        withFields(TaskEvent, (own) => own.toReversed()),
        task,
      ),
    ).toEqual(task);
  });

  it('may write no int of more than 32 bits: others read what nobody wrote', async () => {
    const written = withFields(TaskEvent, (own) =>
      own.map((field) => (field.name === 'userId' ? { name: 'userId', type: 'int' } : field)),
    );
    const catalog = await catalogOf({ 1: avro(written) });
    const decode = (userId: bigint) => catalog.decode('TASK_EVENT_TOPIC', valueOf(1, TaskEvent, { ...task, userId }));
    expect(decode(2n ** 31n - 1n)).toMatchObject({ value: { event: { userId: 2n ** 31n - 1n } } });
    expect(decode(2n ** 31n)).toMatchObject({ kind: 'poison', reason: 'undecodable' });
  });

  it('may write an int where we read a long, and a value where we read it or null', async () => {
    const schema = withFields(TaskEvent, (own) =>
      own.map((field) =>
        field.name === 'userId'
          ? { name: 'userId', type: 'int' }
          : field.name === 'deadlineMs'
            ? { name: 'deadlineMs', type: 'long' }
            : field,
      ),
    );
    expect(await decodeFrom(schema, { ...task, userId: 42, deadlineMs: 5n })).toEqual({ ...task, deadlineMs: 5n });
  });

  it('may have fields that are called as every object has them, beside ours and inside another', async () => {
    const names = ['toString', 'constructor', 'hasOwnProperty', '_toString'];
    const fields = names.map((name) => ({ name, type: 'string' }));
    const inner = { type: 'record', name: 'Inner', fields };
    const schema = withFields(TaskEvent, (own) => [
      ...fields,
      { name: 'inner', type: { type: 'array', items: inner } },
      ...own,
    ]);
    const values = Object.fromEntries(names.map((name) => [name, `${name}!`]));
    expect(await decodeFrom(schema, { ...task, ...values, inner: [values] })).toEqual(task);
  });

  it('may hold a list of itself', async () => {
    const schema = withFields(TaskEvent, (own) => [
      ...own,
      { name: 'parents', type: { type: 'array', items: 'serp.task.TaskEvent' } },
    ]);
    const leaf = { ...task, parents: [] };
    expect(await decodeFrom(schema, { ...task, parents: [leaf, { ...leaf, parents: [leaf] }] })).toEqual(task);
  });

  it.each<[string, (own: AvroRecord['fields']) => AvroRecord['fields'], string]>([
    [
      'lacks a field that has no default',
      (own) => own.slice(1),
      'the writer has no eventId, which ours has no default for',
    ],
    [
      'has a field of a type that ours does not read',
      (own) => own.map((f) => (f.name === 'userId' ? { name: 'userId', type: 'string' } : f)),
      'userId: the writer has string where ours has long',
    ],
    [
      'has a branch that ours does not read, where that was written',
      (own) => own.map((f) => (f.name === 'userId' ? { name: 'userId', type: ['null', 'long'] } : f)),
      'userId: the writer has null where ours has long',
    ],
  ])('makes a value undecodable when it %s, and says so', async (_, fields, reason) => {
    const catalog = await catalogOf({ 1: avro(withFields(TaskEvent, fields)) });
    expect(catalog.decode('TASK_EVENT_TOPIC', frame(1, Buffer.alloc(40)))).toMatchObject({
      kind: 'poison',
      reason: 'undecodable',
      message: `the body does not fit schema id 1: ${reason}`,
    });
  });
});

describe("a writer's timestamp", () => {
  const MILLIS = 1_760_000_000_123n;
  const as = (type: 'long' | 'int', logicalType?: string): AvroSchema => (logicalType ? { type, logicalType } : type);

  /** The timestamp and the deadline, of which one is nullable here and there. */
  async function read(type: AvroSchema, written: bigint | number): Promise<unknown> {
    const schema = withFields(TaskEvent, (own) =>
      own.map((field) => {
        if (field.name === 'timestamp') return { ...field, type };
        return field.name === 'deadlineMs' ? { ...field, type: ['null', type] } : field;
      }),
    );
    const event = { ...task, timestamp: written, deadlineMs: written };
    const { timestamp, deadlineMs } = (await decodeFrom(schema, event)) as typeof task;
    expect(deadlineMs).toBe(timestamp);
    return timestamp;
  }

  it.each<[string, AvroSchema, bigint | number, bigint]>([
    ['milliseconds', as('long', 'timestamp-millis'), MILLIS, MILLIS],
    ['a plain long', as('long'), MILLIS, MILLIS],
    ['microseconds', as('long', 'timestamp-micros'), MILLIS * 1000n + 999n, MILLIS],
    ['nanoseconds', as('long', 'timestamp-nanos'), MILLIS * 1_000_000n, MILLIS],
    ['microseconds without a zone', as('long', 'local-timestamp-micros'), MILLIS * 1000n, MILLIS],
    ['microseconds before 1970', as('long', 'timestamp-micros'), -1n, -1n],
    ['days', as('int', 'date'), 20_000, 1_728_000_000_000n],
    ['a plain int', as('int'), 20_000, 20_000n],
  ])('in %s is read in milliseconds', async (_, type, written, expected) => {
    expect(await read(type, written)).toBe(expected);
  });

  it('alone is converted: an id is the number that was written', async () => {
    const schema = withFields(TaskEvent, (own) =>
      own.map((field) => (field.name === 'taskId' ? { ...field, type: as('long', 'timestamp-micros') } : field)),
    );
    expect(await decodeFrom(schema, task)).toEqual(task);
  });
});
