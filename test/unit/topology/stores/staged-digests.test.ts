import type { Digest } from '../../../../state/dedup/digest-bytes.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexOf, packDigests, readDigest } from '../../../../state/dedup/digest-bytes.js';
import { StagedDigests } from '../../../../topology/stores/staged-digests.js';
import { hexesOf } from '../../../digests.js';

const SOURCES = ['TASK_EVENT_TOPIC-0', 'TASK_EVENT_TOPIC-1', 'CRM_EVENT_TOPIC-0'] as const;
/** Few of the bytes differ, and not always the first: many have their first word in common. */
const digest = (n: number): Digest => readDigest(Buffer.from([n % 3, 0, 0, 0, ...Array<number>(11).fill(7), n]), 0);
/** As many as one likes. */
function numbered(n: number): Digest {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE((n * 0x9e37_79b1) >>> 0, 0);
  bytes.writeUInt32LE(n, 4);
  return readDigest(bytes, 0);
}
const additions = fc.array(
  fc.record({ source: fc.constantFrom(...SOURCES), bucket: fc.nat(3), added: fc.nat(255).map(digest) }),
  { maxLength: 300 },
);

describe('the digests of a commit', () => {
  it('are found in the bucket that they came to last, and no others, however many there are', () => {
    const staged = new StagedDigests();
    fc.assert(
      fc.property(additions, (list) => {
        staged.clear();
        const model = new Map<string, number>();
        for (const { source, bucket, added } of list) {
          staged.add(source, bucket, added);
          model.set(hexOf(added), bucket);
        }
        expect(staged.size).toBe(model.size);
        for (let n = 0; n < 256; n += 1) expect(staged.bucketOf(digest(n))).toBe(model.get(hexOf(digest(n))));
      }),
    );
  });

  it('are told by source and bucket, in the order in which they came', () => {
    fc.assert(
      fc.property(additions, (list) => {
        const staged = new StagedDigests();
        const model = new Map<string, string[]>();
        for (const { source, bucket, added } of list) {
          staged.add(source, bucket, added);
          const place = `${source} ${bucket}`;
          model.set(place, [...(model.get(place) ?? []), hexOf(added)]);
        }
        expect(staged.buckets.map(({ source, bucket, packed }) => [`${source} ${bucket}`, hexesOf(packed)])).toEqual([
          ...model,
        ]);
      }),
    );
  });

  it('are as many as come: the table grows', () => {
    const staged = new StagedDigests();
    const all = Array.from({ length: 20_000 }, (_, n) => numbered(n));
    for (const one of all) staged.add('TASK_EVENT_TOPIC-0', 5, one);
    expect(staged.buckets).toEqual([{ source: 'TASK_EVENT_TOPIC-0', bucket: 5, packed: packDigests(all) }]);
    for (const one of all) expect(staged.bucketOf(one)).toBe(5);
  });

  it('are none when it is cleared, also of so many that the table is not kept', () => {
    const staged = new StagedDigests();
    for (const count of [3, 40_000, 3]) {
      for (let n = 0; n < count; n += 1) staged.add('TASK_EVENT_TOPIC-0', 5, numbered(n));
      expect(staged.size).toBe(count);
      staged.clear();
      expect([staged.size, staged.buckets, staged.bucketOf(numbered(1))]).toEqual([0, [], undefined]);
    }
  });
});
