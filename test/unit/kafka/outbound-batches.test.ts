import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { OutboundBatches } from '../../../topology/kafka/index.js';
import { recordsOf } from './records-of.js';

const text = (value: string): Buffer => Buffer.from(value);

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
            const of = (one: { topic: string; partition: number }): boolean =>
              one.topic === topic && one.partition === partition;
            expect(
              recordsOf(batches)
                .filter(of)
                .map(({ value }) => String(value)),
            ).toEqual(sent.filter(of).map(({ value }) => value));
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
    batches.add('t', 0, text('k'), value, { h: 'v' });
    value.fill('x');
    expect(recordsOf(batches)).toMatchObject([{ key: text('k'), value: text('first'), headers: { h: text('v') } }]);
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
});
