import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeChangelogEntry,
  encodeChangelogEntry,
  type ChangelogEntry,
} from '../../../../state/dedup/changelog-entry.js';
import { packDigests } from '../../../../state/dedup/digest-bytes.js';
import { digestsOf, hexesOf } from '../../../digests.js';
import { FatalError } from '../../../../common/errors.js';
import { SOURCE_TOPICS, sourcePartition } from '../../../../common/record.js';

const offsets = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const position = fc.record({
  nextOffset: offsets,
  streamTime: fc.integer({ min: -1, max: 2 ** 45 }),
  notifyFrom: offsets,
});
const source: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...SOURCE_TOPICS), fc.nat(70))
  .map(([topic, partition]) => sourcePartition(topic, partition).name);
const entries: fc.Arbitrary<ChangelogEntry> = fc.record({
  positions: fc.uniqueArray(fc.tuple(source, position), { selector: ([name]) => name }).map((pairs) => new Map(pairs)),
  buckets: fc.array(
    fc.record({
      source,
      bucket: fc.nat(),
      packed: fc
        .array(fc.uint8Array({ minLength: 16, maxLength: 16 }), { minLength: 1, maxLength: 5 })
        .map((some) => Buffer.concat(some)),
    }),
    { maxLength: 5 },
  ),
});

const POSITIONS = new Map([['TASK_EVENT_TOPIC-0', { nextOffset: 42, streamTime: 1000, notifyFrom: 0 }]]);

describe('a changelog record', () => {
  it('is read back, whatever the commit added', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const [record, ...more] = encodeChangelogEntry(entry);
        expect(more).toEqual([]);
        expect(decodeChangelogEntry(record!, 'changelog-0@7')).toEqual(entry);
      }),
    );
  });

  it('is written for positions alone', () => {
    expect(encodeChangelogEntry({ positions: POSITIONS, buckets: [] })).toHaveLength(1);
  });

  it.each<[string, ChangelogEntry['buckets']]>([
    [
      'one bucket of many digests',
      [{ source: 'TASK_EVENT_TOPIC-0', bucket: 3, packed: packDigests(digestsOf(100_000)) }],
    ],
    [
      'many buckets of one digest',
      digestsOf(40_000).map((one, bucket) => ({
        source: 'NOTIFICATION_REQUEST_TOPIC-12',
        bucket,
        packed: packDigests([one]),
      })),
    ],
  ])('is split at 512 KB, each part with the positions: %s', (_, buckets) => {
    const records = encodeChangelogEntry({ positions: POSITIONS, buckets });
    expect(records.length).toBeGreaterThan(2);
    const parts = records.map((record, i) => decodeChangelogEntry(record, `changelog-0@${i}`));
    for (const record of records) expect(record.length).toBeLessThanOrEqual(512 * 1024);
    for (const part of parts) expect(part.positions).toEqual(POSITIONS);
    const rejoined = parts
      .flatMap((part) => part.buckets)
      .flatMap(({ source: from, bucket, packed }) => hexesOf(packed).map((one) => [from, bucket, one]));
    expect(rejoined).toEqual(
      buckets.flatMap(({ source: from, bucket, packed }) => hexesOf(packed).map((one) => [from, bucket, one])),
    );
  });

  it.each<[string, Buffer | null]>([
    ['a tombstone', null],
    ['empty', Buffer.alloc(0)],
    ['text of another application', Buffer.from('{"offset": 1}')],
  ])('is refused when it is %s', (_, value) => {
    expect(() => decodeChangelogEntry(value, 'changelog-0@7')).toThrow(
      new FatalError('changelog-0@7 is not a changelog record of ours: is the topic used by another application?'),
    );
  });

  it('carries the topic id of each source, and none where the brokers know of none', () => {
    const positions = new Map([
      ['TASK_EVENT_TOPIC-0', { topicId: 'b3wtAT8MTGS0Xz2n3Eqk1A', nextOffset: 42, streamTime: 1000, notifyFrom: 7 }],
      ['CRM_EVENT_TOPIC-0', { topicId: undefined, nextOffset: 5, streamTime: -1, notifyFrom: 0 }],
    ]);
    const [record] = encodeChangelogEntry({ positions, buckets: [] });
    expect(decodeChangelogEntry(record!, 'changelog-0@7').positions).toEqual(positions);
  });

  it.each([
    ['newer', 4, 'run the version that wrote it, or a newer one'],
    ['older', 2, 'run the version that wrote it'],
  ])('is refused when its format is %s', (_, format, wayOut) => {
    const record = encodeChangelogEntry({ positions: POSITIONS, buckets: [] })[0]!;
    record[2] = format;
    const refused = `changelog-0@7 has changelog format ${format}, this version reads 3: ${wayOut}`;
    expect(() => decodeChangelogEntry(record, 'changelog-0@7')).toThrow(new FatalError(refused));
  });

  it('is refused with a way out when it is cut off anywhere, or longer than it says', () => {
    const record = encodeChangelogEntry({ positions: POSITIONS, buckets: [] })[0]!;
    const damaged: Buffer[] = [Buffer.concat([record, Buffer.from([0])])];
    for (let size = 3; size < record.length; size += 1) damaged.push(record.subarray(0, size));
    for (const each of damaged) {
      expect(() => decodeChangelogEntry(each, 'changelog-0@7')).toThrow(FatalError);
      expect(() => decodeChangelogEntry(each, 'changelog-0@7')).toThrow(/changelog-0@7 is damaged .*state reseed/);
    }
  });

  it('is refused when a position is past what a number holds', () => {
    const record = encodeChangelogEntry({
      positions: new Map([['s-0', { nextOffset: 5, streamTime: 1, notifyFrom: 0 }]]),
      buckets: [],
    })[0]!;
    record[record.indexOf(Buffer.from([0, 0, 0, 0, 0, 0, 0, 5]))] = 0x7f;
    expect(() => decodeChangelogEntry(record, 'changelog-0@7')).toThrow(/past 2\^53/);
  });
});
