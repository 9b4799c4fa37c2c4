import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochOf, formatCursor, parseCursor } from '../../../gateway/cursor.js';

describe('a cursor', () => {
  it('comes back as it was given, and needs no escaping in an address', () => {
    const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
    fc.assert(
      fc.property(
        fc.option(id, { nil: undefined }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.nat({ max: 100_000 }),
        fc.maxSafeNat(),
        (topicId, count, partition, offset) => {
          const cursor = { epoch: epochOf(topicId, count, partition), offset };
          const text = formatCursor(cursor);
          expect(parseCursor(text)).toEqual(cursor);
          expect(encodeURIComponent(text)).toBe(text);
        },
      ),
    );
  });

  it('is of another epoch when the topic is another or has more partitions, and in another partition', () => {
    expect(
      new Set([
        epochOf('a', 6, 1),
        epochOf('b', 6, 1),
        epochOf('a', 8, 1),
        epochOf('a', 6, 2),
        epochOf(undefined, 6, 1),
      ]).size,
    ).toBe(5);
  });

  it.each([
    '',
    '5',
    'topic',
    '5.',
    '-1.6.topic',
    '1e3.6.topic',
    '99999999999999999999.6.topic',
    `1.6.${'x'.repeat(100)}`,
    '1.6.a b',
  ])('is not what "%s" is', (text) => {
    expect(parseCursor(text)).toBeUndefined();
  });
});
