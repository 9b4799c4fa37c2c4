import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionFor } from '../../../../../topology/kafka/records/murmur2.js';
import { murmur2 as kafkajsMurmur2 } from '../cluster/kafkajs-internals.js';

describe('murmur2', () => {
  // org.apache.kafka.common.utils.UtilsTest
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is what the Java client computes', (key, expected) => {
    expect(murmur2(Buffer.from(key))).toBe(expected);
  });

  it('is what kafkajs computes, for any key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (key) => {
        expect(murmur2(key)).toBe(kafkajsMurmur2(Buffer.from(key)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('partitionFor', () => {
  it('chooses one of the partitions, the one that the Java client would', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
        const chosen = partitionFor(Buffer.from(key), partitions);
        expect(chosen).toBe((kafkajsMurmur2(Buffer.from(key)) & 0x7fffffff) % partitions);
        expect(chosen).toBeGreaterThanOrEqual(0);
        expect(chosen).toBeLessThan(partitions);
      }),
    );
  });
});
