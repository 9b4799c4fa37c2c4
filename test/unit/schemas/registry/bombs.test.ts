import { SOURCES } from '../../../../dev/contract/sources.js';
import { describe, expect, it } from 'vitest';
import { writeLong } from '../../../../schemas/avro/long-type.js';
import { MAX_DEPTH, MAX_ITEMS } from '../../../../schemas/avro/cursor.js';
import { parseType } from '../../../../schemas/avro/parse-type.js';
import { admitWriter } from '../../../../schemas/registry/writer.js';
import { SCHEMAS } from '../../../../schemas/types.js';
import type { AvroSchema } from '../../../../schemas/avro/avro-schema.js';
import type { Decoded } from '../../../../schemas/codecs.js';
import { avro, catalogOf, frame, request, task, valueOf, withFields } from '../samples.js';
import { OwnRecords } from '../../../../schemas/registry/own-records.js';
import type { SourceEvents } from '../../../../schemas/codecs.js';

const { TaskEvent, NotificationRequestEvent } = SCHEMAS;
const taskBody = parseType(TaskEvent).toBuffer(task);

function long(value: bigint): Buffer {
  const tap = { buf: Buffer.alloc(10), pos: 0 };
  writeLong(tap, value);
  return tap.buf.subarray(0, tap.pos);
}

/** Decodes a task event whose schema ends with an unknown field of this type and these bytes. */
async function decodeWith(type: AvroSchema, bytes: Buffer): Promise<Decoded> {
  const schema = withFields(TaskEvent, (own) => [...own, { name: 'added', type }]);
  const catalog = await catalogOf({ 1: avro(schema) });
  const start = performance.now();
  const decoded = catalog.decode('TASK_EVENT_TOPIC', frame(1, Buffer.concat([taskBody, bytes])));
  expect(performance.now() - start).toBeLessThan(1000);
  return decoded;
}

const undecodable = { kind: 'poison', reason: 'undecodable', attempts: 1 };
const longs = { type: 'array', items: 'long' } as const;

describe('a bomb', () => {
  it.each([3_000_000n, 2n ** 31n, 2n ** 50n, 2n ** 63n - 1n, -(2n ** 50n), -(2n ** 63n)])(
    'of %s items without their bytes is refused at once',
    async (count) => {
      expect(await decodeWith(longs, Buffer.concat([long(count), long(1n)]))).toMatchObject(undecodable);
      expect(await decodeWith({ type: 'map', values: 'null' }, long(count))).toMatchObject(undecodable);
    },
  );

  it('is refused for its count alone, before an item is looked at', async () => {
    const decoded = await decodeWith(longs, Buffer.concat([long(500_000n), Buffer.alloc(100)]));
    expect(decoded).toMatchObject({ message: expect.stringContaining('a length or count of 500000') as string });
  });

  it('in a field that we read is refused as well', async () => {
    const catalog = await catalogOf({ 1: avro(NotificationRequestEvent) });
    const body = parseType(NotificationRequestEvent).toBuffer({ ...request, userIds: [], templateVars: {} });
    // The last byte is the end of templateVars.
    const value = frame(1, Buffer.concat([body.subarray(0, -1), long(2n ** 50n)]));
    expect(catalog.decode('NOTIFICATION_REQUEST_TOPIC', value)).toMatchObject(undecodable);
  });

  it('of a block size that leads backwards, or elsewhere than its items, is refused', async () => {
    for (const size of [-40n, 0n, 2n, 2n ** 40n]) {
      const bytes = Buffer.concat([long(-1n), long(size), long(5n), long(0n)]);
      expect(await decodeWith(longs, bytes)).toMatchObject(undecodable);
    }
    expect(await decodeWith(longs, Buffer.concat([long(-1n), long(1n), long(5n), long(0n)]))).toMatchObject({
      kind: 'event',
    });
  });

  it('of more items than any record may hold is refused', async () => {
    const items = Buffer.alloc(MAX_ITEMS + 1);
    const bytes = Buffer.concat([long(BigInt(items.length)), items, long(0n)]);
    expect(await decodeWith(longs, bytes)).toMatchObject(undecodable);
  });

  it('of depth is refused, by arrays and by unions', async () => {
    const list = { type: 'record', name: 'List', fields: [{ name: 'items', type: { type: 'array', items: 'List' } }] };
    const deep = Buffer.concat([Buffer.alloc(20_000, long(1n)), Buffer.alloc(20_001)]);
    expect(await decodeWith(list as AvroSchema, deep)).toMatchObject(undecodable);
    const chain = { type: 'record', name: 'Chain', fields: [{ name: 'next', type: ['null', 'Chain'] }] };
    const links = (count: number) => Buffer.concat([Buffer.alloc(count, long(1n)), long(0n)]);
    expect(await decodeWith(chain as AvroSchema, links(100_000))).toMatchObject(undecodable);
    // The task event is one level, the chain's end another.
    expect(await decodeWith(chain as AvroSchema, links(MAX_DEPTH - 1))).toMatchObject(undecodable);
    expect(await decodeWith(chain as AvroSchema, links(MAX_DEPTH - 2))).toMatchObject({ kind: 'event' });
  });

  it('of items of no bytes is refused for its count, and nobody counts to a smaller one', async () => {
    const empty = { type: 'record', name: 'Empty', fields: [{ name: 'nothing', type: 'null' }] } as const;
    for (const items of ['null', empty, { type: 'fixed', name: 'None', size: 0 }] as const) {
      const bytes = (count: bigint) => Buffer.concat([long(count), long(0n)]);
      expect(await decodeWith({ type: 'array', items }, bytes(2n ** 40n))).toMatchObject(undecodable);
      expect(await decodeWith({ type: 'array', items }, bytes(500_000n))).toMatchObject({ kind: 'event' });
    }
  });

  it('of records that hold one another twice, 2^30 of them in no bytes, is passed over at once', async () => {
    expect(await decodeWith(doubled(30, 'null'), Buffer.alloc(0))).toMatchObject({ kind: 'event' });
    expect(await decodeWith(doubled(30, 'boolean'), Buffer.alloc(1000))).toMatchObject(undecodable);
  });

  it('of a record that cannot end is refused', async () => {
    const endless = { type: 'record', name: 'Endless', fields: [{ name: 'again', type: 'Endless' }] };
    expect(await decodeWith(endless, Buffer.alloc(0))).toMatchObject(undecodable);
  });

  it('of string lengths is refused', async () => {
    for (const length of [-1n, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n]) {
      expect(await decodeWith('string', long(length))).toMatchObject(undecodable);
      expect(
        await decodeWith({ type: 'array', items: 'string' }, Buffer.concat([long(1n), long(length)])),
      ).toMatchObject(undecodable);
    }
  });

  it('of a number that does not end is refused', async () => {
    for (const type of ['long', 'int', 'string', longs] as const) {
      expect(await decodeWith(type, Buffer.alloc(500_000, 0xff))).toMatchObject(undecodable);
    }
  });
});

describe('a map', () => {
  it('keeps keys that mean something to objects as its own, and changes no prototype', async () => {
    const catalog = await catalogOf({ 1: avro(NotificationRequestEvent) });
    const metadata = Object.fromEntries(
      ['__proto__', 'constructor', 'prototype', 'toString', 'x'].map((k) => [k, `${k}!`]),
    );
    const decoded = catalog.decode(
      'NOTIFICATION_REQUEST_TOPIC',
      valueOf(1, NotificationRequestEvent, { ...request, metadata }),
    );
    if (decoded.kind !== 'event') throw new Error('no event');
    const event = decoded.value.event as unknown as SourceEvents['NOTIFICATION_REQUEST_TOPIC'];
    const read = event.metadata;
    expect(Object.entries(read)).toEqual(Object.entries(metadata));
    expect(Object.keys(read)).toHaveLength(5);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    const empty: Record<string, unknown> = event.templateVars;
    expect(['toString', '__proto__', 'constructor'].filter((key) => empty[key] !== undefined)).toEqual([]);
  });
});

/** A record of two records, and so on; written once, named twice. */
function doubled(levels: number, leaf: AvroSchema): AvroSchema {
  if (levels === 0) return leaf;
  const name = `Level${levels}`;
  const inner = levels === 1 ? leaf : `Level${levels - 1}`;
  const fields = [
    { name: 'a', type: doubled(levels - 1, leaf) },
    { name: 'b', type: inner },
  ];
  return { type: 'record', name, fields };
}

describe("a writer's schema that is a bomb", () => {
  const admit = (schema: string) => {
    const start = performance.now();
    const writer = admitWriter({ schemaType: 'AVRO', schema }, new OwnRecords(SOURCES));
    expect(performance.now() - start).toBeLessThan(2000);
    return writer;
  };
  const named = (index: number, type: AvroSchema): AvroSchema => ({
    type: 'record',
    name: `R${index}`,
    fields: [{ name: 'x', type }],
  });

  it('by its depth is refused, or read', () => {
    const deep = (levels: number) => `${'{"type":"array","items":'.repeat(levels)}"int"${'}'.repeat(levels)}`;
    for (const levels of [1000, 40_000]) {
      const schema = `{"type":"record","name":"TaskEvent","fields":[{"name":"x","type":${deep(levels)}}]}`;
      expect(admit(schema).kind).toBe(levels === 1000 ? 'readable' : 'refused');
    }
    expect(admit('['.repeat(900_000)).kind).toBe('refused');
  });

  it('by the branches of a union is compiled in time', () => {
    const others = Array.from({ length: 15_000 }, (_, index) => named(index, 'int'));
    expect(admit(JSON.stringify([...others, TaskEvent])).kind).toBe('union');
  });

  it('by many arrays of many branches, in the place of ours, is compiled in time', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `R${index}`);
    const fields = Array.from({ length: 20 }, (_, index) => ({ name: `f${index}`, type: 'int' }));
    const arrays = Array.from({ length: 100 }, () => ({ type: 'array', items: names }));
    const schema = {
      type: 'record',
      name: 'NotificationDeliveredEvent',
      fields: [
        { name: 'first', type: names.map((name) => ({ type: 'record', name, fields })) },
        { name: 'deliveries', type: arrays },
      ],
    };
    expect(admit(JSON.stringify(schema)).kind).toBe('readable');
  });
});
