import fc from 'fast-check';
import { RecordHeaders } from '../../../../../common/record-headers.js';
import { describe, expect, it } from 'vitest';

import { OutboundBatches, RecordKey } from '../../../../../topology/kafka/index.js';
import { recordsOf } from '../records/records-of.js';

const text = (value: string): Buffer => Buffer.from(value);

const keyOf = (name: string): RecordKey => {
  const key = new RecordKey();
  key.set(name);
  return key;
};

/** Has the text written in place. */
const write = (
  batches: OutboundBatches,
  topic: string,
  partition: number,
  key: string,
  value: string,
  headers?: RecordHeaders,
): number => {
  const encodeInto = (event: unknown, buffer: Buffer, at: number): number => {
    const missing = at + Buffer.byteLength(String(event)) - buffer.length;
    return missing > 0 ? -missing : at + buffer.write(String(event), at);
  };
  return batches.write(batches.forTopic(topic), partition, keyOf(key), { encodeInto }, value, headers);
};

/** The batches as they would be sent. */
const bytesOf = ({ batches }: OutboundBatches): string[] =>
  batches.map((batch) => batch.seal({ producerId: 1n, producerEpoch: 0, firstSequence: 0 }, 0).toString('hex'));

const anyPlace = fc.record({
  topic: fc.constantFrom('a', 'b'),
  partition: fc.nat(2),
  key: fc.string({ unit: 'grapheme', maxLength: 80 }),
  // Around the sizes at which a length takes another byte.
  value: fc.oneof(
    fc.string({ maxLength: 90 }),
    fc.integer({ min: 8_100, max: 8_300 }).map((length) => 'x'.repeat(length)),
  ),
});

const anyHeaders = fc
  .array(fc.tuple(fc.string({ maxLength: 12 }), fc.option(fc.string({ maxLength: 200 }))), { maxLength: 3 })
  .map((headers) => RecordHeaders.of(headers));

describe('OutboundBatches', () => {
  it('keeps the order of each partition, and every batch below the limit, whatever comes', () => {
    const any = fc.record({
      topic: fc.constantFrom('a', 'b'),
      partition: fc.nat(2),
      value: fc.string({ maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 60 }), (sent) => {
        const batches = new OutboundBatches(150);
        for (const { topic, partition, value } of sent) batches.add(topic, partition, null, text(value));
        for (const batch of batches.batches) expect(batch.length <= 150 + 61 || batch.count === 1).toBe(true);
        for (const topic of ['a', 'b']) {
          for (const partition of [0, 1, 2]) {
            const isOf = (one: { topic: string; partition: number }): boolean =>
              one.topic === topic && one.partition === partition;
            expect(
              recordsOf(batches)
                .filter(isOf)
                .map(({ value }) => String(value)),
            ).toEqual(sent.filter(isOf).map(({ value }) => value));
          }
        }
      }),
    );
  });

  it('has room for a record that is larger than a batch may be, alone', () => {
    const batches = new OutboundBatches(100);
    for (const value of ['small', 'x'.repeat(500), 'again']) batches.add('t', 0, null, text(value));
    expect(batches.batches.map(({ count }) => count)).toEqual([1, 1, 1]);
  });

  it('copies what it is given', () => {
    const batches = new OutboundBatches(1000);
    const value = text('first');
    batches.add('t', 0, text('k'), value, RecordHeaders.of([['h', 'v']]));
    value.fill('x');
    const [record, ...more] = recordsOf(batches);
    expect(more).toEqual([]);
    expect(record).toMatchObject({ key: text('k'), value: text('first') });
    expect([...record!.headers!]).toEqual([['h', text('v')]]);
  });

  it('writes into the same buffers once they are cleared, and into new ones when they were large', () => {
    const batches = new OutboundBatches(20 << 20);
    batches.add('t', 0, null, text('first'));
    const { writer } = batches.batches[0]!;
    batches.clear();
    expect(batches.batches).toEqual([]);
    batches.add('t', 5, null, Buffer.alloc(17 << 20));
    expect(batches.batches[0]!.writer).toBe(writer);
    batches.clear();
    batches.add('t', 0, null, text('next'));
    expect(batches.batches[0]!.writer).not.toBe(writer);
    expect(recordsOf(batches).map(({ value }) => String(value))).toEqual(['next']);
  });

  it('writes in place the same bytes as it does of what it is given, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyPlace, anyHeaders), { maxLength: 30 }), (sent) => {
        const [given, inPlace] = [new OutboundBatches(900_000), new OutboundBatches(900_000)];
        for (const [{ topic, partition, key, value }, headers] of sent) {
          given.add(topic, partition, text(key), text(value), headers);
          expect(write(inPlace, topic, partition, key, value, headers)).toBe(text(value).length);
        }
        expect(bytesOf(inPlace)).toEqual(bytesOf(given));
      }),
    );
  });

  it('begins another batch for what would make one too large, also in place', () => {
    const batches = new OutboundBatches(100);
    for (const value of ['x'.repeat(60), 'y'.repeat(60), 'z'.repeat(500), 'small', 'also']) {
      write(batches, 't', 0, 'k', value);
    }
    expect(batches.batches.map(({ count }) => count)).toEqual([1, 1, 1, 2]);
    expect(recordsOf(batches).map(({ value }) => value?.length)).toEqual([60, 60, 500, 5, 4]);
  });

  it('is, once rolled back, as if nothing had come since the mark, and goes on', () => {
    const all = fc.tuple(
      fc.array(anyPlace, { maxLength: 12 }),
      fc.array(anyPlace, { maxLength: 12 }),
      fc.array(anyPlace, { maxLength: 12 }),
    );
    fc.assert(
      fc.property(all, fc.constantFrom(150, 10_000), (lists, maxBatchBytes) => {
        const [kept, dropped, next] = lists;
        const [plain, rolledBack] = [new OutboundBatches(maxBatchBytes), new OutboundBatches(maxBatchBytes)];
        const put = (batches: OutboundBatches, places: typeof kept): void => {
          for (const { topic, partition, key, value } of places) write(batches, topic, partition, key, value);
        };
        put(plain, kept);
        put(rolledBack, kept);
        rolledBack.mark();
        put(rolledBack, dropped);
        if (dropped[0]) rolledBack.add(dropped[0].topic, dropped[0].partition, null, text(dropped[0].value));
        rolledBack.rollBack();
        expect([bytesOf(rolledBack), rolledBack.bytes]).toEqual([bytesOf(plain), plain.bytes]);
        put(plain, next);
        put(rolledBack, next);
        expect([bytesOf(rolledBack), rolledBack.bytes]).toEqual([bytesOf(plain), plain.bytes]);
      }),
    );
  });

  it('leaves nothing of a value whose writing throws, once it is rolled back', () => {
    const batches = new OutboundBatches(1000);
    write(batches, 't', 0, 'k', 'kept');
    batches.mark();
    write(batches, 't', 1, 'k', 'dropped');
    const refuse = (): never => {
      throw new TypeError('userId is string');
    };
    expect(() =>
      batches.write(batches.forTopic('t'), 2, keyOf('k'), { encodeInto: refuse }, 'event', undefined),
    ).toThrow('userId is string');
    batches.rollBack();
    expect(recordsOf(batches).map(({ value }) => String(value))).toEqual(['kept']);
    expect(batches.batches).toHaveLength(1);
  });
});
