import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../../common/bytes.js';
import { RecordHeaders } from '../../../../../common/record-headers.js';
import { readCommitted } from '../../../../../topology/kafka/fetch/fetched-records.js';
import { BATCH_OVERHEAD, RecordBatch, sizeOf } from '../../../../../topology/kafka/records/record-batch.js';
import { Decoder, decodeBatch, encodeBatch, encodeRecord, Long } from '../cluster/kafkajs-internals.js';

const OWNER = { producerId: 77n, producerEpoch: 3, firstSequence: 12 };
const NOW = 1_760_000_000_123;

interface Parts {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** As kafkajs takes them. */
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[]>>;
}

const record = (parts: Partial<Parts>): Parts => ({ key: null, value: null, ...parts });

const headersOf = ({ headers = {} }: Parts): RecordHeaders =>
  RecordHeaders.of(
    Object.entries(headers).flatMap(([name, values]) =>
      (Array.isArray(values) ? values : [values]).map((value) => [name, value] as const),
    ),
  );

function ours(records: readonly Parts[], owner = OWNER): Buffer {
  const batch = new RecordBatch('t', 0, new ByteWriter(64));
  for (const one of records) batch.append(one.key, one.value, headersOf(one));
  return Buffer.from(batch.seal(owner, NOW));
}

async function theirs(records: readonly Parts[], owner = OWNER): Promise<Buffer> {
  const { buffer } = await encodeBatch({
    firstTimestamp: NOW,
    maxTimestamp: NOW,
    lastOffsetDelta: records.length - 1,
    transactional: true,
    producerId: Long.fromValue(owner.producerId),
    producerEpoch: owner.producerEpoch,
    firstSequence: owner.firstSequence,
    // kafkajs says 0 where the Java client says -1 (unknown); the broker overwrites it, and the checksum leaves it out.
    partitionLeaderEpoch: -1,
    records: records.map(({ key, value, headers = {} }, offsetDelta) =>
      encodeRecord({ key, value, headers, offsetDelta }),
    ),
  });
  return buffer;
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const anyRecord = fc
  .record({
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc.dictionary(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((name) => name !== '__proto__'),
      fc.oneof(bytes, fc.string(), fc.array(fc.oneof(bytes, fc.string()), { minLength: 1, maxLength: 3 })),
      { maxKeys: 4 },
    ),
  })
  .map(record);

describe('RecordBatch', () => {
  it.each<[string, Parts[]]>([
    ['null key and null value', [record({})]],
    ['empty key and empty value', [record({ key: Buffer.alloc(0), value: Buffer.alloc(0) })]],
    ['key and value', [record({ key: Buffer.from('k'), value: Buffer.from('v') })]],
    ['one header', [record({ headers: { name: 'text' } })]],
    [
      'a header whose name stands three times',
      [record({ headers: { a: [Buffer.from('1'), '2', Buffer.from('3')], b: 'x' } })],
    ],
    ['an empty header value', [record({ headers: { empty: '' } })]],
    ['a header name of several bytes a character', [record({ headers: { 'grüße-🎉': Buffer.from('x') } })]],
    ['a value of 63 bytes, the last that a varint of one byte can state', [record({ value: Buffer.alloc(63, 1) })]],
    ['a value of 64 bytes', [record({ value: Buffer.alloc(64, 1) })]],
    ['a value of 8191 bytes', [record({ value: Buffer.alloc(8191, 1) })]],
    ['a value of 8192 bytes', [record({ value: Buffer.alloc(8192, 1) })]],
    ['a value of 1 MiB', [record({ value: Buffer.alloc(1 << 20, 7) })]],
    [
      '9000 records, whose offset deltas take up to three bytes',
      Array.from({ length: 9000 }, (_, i) => record({ key: Buffer.from(String(i)) })),
    ],
  ])('writes the same bytes as kafkajs: %s', async (_, records) => {
    const mine = ours(records);
    const other = await theirs(records);
    expect(mine.equals(other)).toBe(true);
  });

  it('writes the same bytes as kafkajs for any records', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 8 }), async (records) => {
        expect(ours(records).toString('hex')).toBe((await theirs(records)).toString('hex'));
      }),
      { numRuns: 150 },
    );
  });

  it('writes what kafkajs reads back', async () => {
    const records = [
      record({ key: Buffer.from('k'), value: Buffer.from('v'), headers: { h: ['1', '2'], one: 'x' } }),
      record({}),
    ];
    const decoded = await decodeBatch(
      new Decoder(ours(records, { producerId: 2n ** 40n, producerEpoch: 9, firstSequence: 5 })),
    );
    expect(decoded).toMatchObject({ producerId: String(2 ** 40), producerEpoch: 9, firstSequence: 5 });
    expect(
      decoded.records.map(({ offset, key, value, timestamp }) => [
        offset,
        key?.toString(),
        value?.toString(),
        timestamp,
      ]),
    ).toEqual([
      ['0', 'k', 'v', String(NOW)],
      ['1', undefined, undefined, String(NOW)],
    ]);
    expect(decoded.records[0]!.headers).toEqual({ h: [Buffer.from('1'), Buffer.from('2')], one: Buffer.from('x') });
  });

  it('is sealed again under another sequence, and goes on, in a buffer that another batch had', async () => {
    const writer = new ByteWriter(64);
    new RecordBatch('t', 1, writer).append(Buffer.alloc(500, 9), null);
    const batch = new RecordBatch('t', 0, writer);
    batch.append(Buffer.from('a'), null);
    batch.seal(OWNER, NOW);
    batch.append(Buffer.from('b'), null);
    const again = { ...OWNER, producerEpoch: 4, firstSequence: 99 };
    const both = [record({ key: Buffer.from('a') }), record({ key: Buffer.from('b') })];
    expect(batch.seal(again, NOW).equals(await theirs(both, again))).toBe(true);
    expect(batch.count).toBe(2);
  });

  it('keeps headers as they are: their order, repeated names, null values, names that are no text', () => {
    const odd = Buffer.from([3, 0xff, 0xfe, 0x00]).subarray(1);
    const given = RecordHeaders.of([
      ['b', 'x'],
      ['a', null],
      ['b', Buffer.alloc(0)],
    ]);
    const headers = given.and(new RecordHeaders(1, Buffer.concat([Buffer.from([6]), odd, Buffer.from([1])])));
    const batch = new RecordBatch('t', 0, new ByteWriter(64));
    batch.append(null, null, headers);
    const [read] = readCommitted(Buffer.from(batch.seal(OWNER, NOW)), 0, []).records;
    expect(read!.headers.count).toBe(4);
    expect(read!.headers.bytes.equals(headers.bytes)).toBe(true);
  });

  it('gives each record a timestamp of its own, in whatever order they come: ours reads them back, and so does kafkajs', async () => {
    const anyTime = fc.oneof(
      fc.constant(-1),
      fc.integer({ min: NOW - 64, max: NOW + 64 }),
      fc.integer({ min: 0, max: 2 ** 45 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyTime, { minLength: 1, maxLength: 6 }), async (times) => {
        const batch = new RecordBatch('t', 0, new ByteWriter(64));
        for (const time of times) batch.append(Buffer.from('k'), null, RecordHeaders.NONE, time);
        const sealed = Buffer.from(batch.seal(OWNER, NOW));
        expect([...readCommitted(sealed, 0, []).records].map(({ timestamp }) => timestamp)).toEqual(times);
        const { records } = await decodeBatch(new Decoder(sealed));
        expect(records.map(({ timestamp }) => Number(timestamp))).toEqual(times);
        expect(Number(sealed.readBigInt64BE(35))).toBe(Math.max(...times));
      }),
      { numRuns: 60 },
    );
  });

  it('is compressed when it then fits, and is read back as it was', async () => {
    const batch = new RecordBatch('t', 0, new ByteWriter(64));
    const value = Buffer.alloc(3_000_000, 'a');
    batch.append(Buffer.from('k'), value);
    expect(batch.pack(100_000)).toBe(true);
    const sealed = Buffer.from(batch.seal(OWNER, NOW));
    expect(sealed.length).toBeLessThan(100_000);
    const [read] = readCommitted(sealed, 0, []).records;
    expect(read!.value!.equals(value)).toBe(true);
    expect((await decodeBatch(new Decoder(sealed))).records[0]!.value!.equals(value)).toBe(true);
  });

  it('is left as it was when it does not fit compressed either', () => {
    const batch = new RecordBatch('t', 0, new ByteWriter(64));
    batch.append(null, randomBytes(10_000));
    const before = Buffer.from(batch.seal(OWNER, NOW));
    expect(batch.pack(5_000)).toBe(false);
    expect(batch.seal(OWNER, NOW).equals(before)).toBe(true);
  });
});

describe('sizeOf', () => {
  it('is never less than what the record takes in its batch', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 6 }), (records) => {
        const stated = records.reduce((sum, one) => sum + sizeOf(one.key, one.value, headersOf(one)), BATCH_OVERHEAD);
        expect(ours(records).length).toBeLessThanOrEqual(stated);
      }),
    );
  });
});
