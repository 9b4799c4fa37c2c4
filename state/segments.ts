/**
 * One task's digests, on disk in segments of up to 120, in the order in which they came, and in memory as an index of
 * where each may lie. Nothing is sorted on the disk and nothing is changed there but the last segment of each source:
 * a write costs what it adds, however much there is already.
 *
 * Keys: [2][number]. Values, with a checksum: [source number][bucket][digest]...
 */
import type { Digest } from '../topology/context.js';
import { FatalError } from '../topology/errors.js';
import { parseSourceName, SOURCE_TOPICS, sourcePartition } from '../topology/record.js';
import { DIGEST_BYTES, packDigests, unpackDigests, type BucketEntries } from './changelog-entry.js';
import { DigestIndex } from './digest-index.js';
import { seal, unseal } from './sealed.js';
import type { Batch, Table } from './table.js';

/** Two segments fill a page of LMDB. */
const SEGMENT_DIGESTS = 120;
const KEY_PREFIX = 2;
/** Of a value: source and bucket. */
const HEAD_BYTES = 8;
/** Of a source's number: its partition, beside the topic's place in SOURCE_TOPICS. */
const PARTITION_BITS = 24;
const PARTITION_MASK = (1 << PARTITION_BITS) - 1;
/** Finished segments that are kept in memory: most repeats come soon after the first. */
const RECENT_SEGMENTS = 64;
/** Between two turns of the event loop while a store is loaded. */
const LOADED_PER_TURN = 128;

/** Digests of one bucket of one source. */
interface Segment {
  readonly number: number;
  readonly source: number;
  readonly bucket: number;
  readonly place: number;
}

/** The last segment of a source, which may take more. */
interface LastSegment extends Segment {
  readonly digests: readonly Digest[];
}

/** A segment as a write will leave it. */
interface Draft {
  readonly number: number;
  readonly source: number;
  readonly bucket: number;
  readonly digests: Digest[];
  /** Those before this one are there already, in `last`. */
  readonly from: number;
  readonly last: LastSegment | undefined;
}

/** What one write does to the segments: put into its batch first, and said to have happened when it has. */
export interface SegmentChange {
  readonly drafts: readonly Draft[];
  /** Places. */
  readonly expired: readonly number[];
}

export class Segments {
  readonly #table: Table;
  readonly #damaged: (why: string) => Error;
  #index = new DigestIndex();
  /** By place. */
  #segments: (Segment | undefined)[] = [];
  /** By source. */
  readonly #lasts = new Map<number, LastSegment>();
  /** Digests of the segments that were finished last, by number. */
  readonly #recent = new Map<number, readonly Digest[]>();
  /** Places by source and bucket. */
  readonly #buckets = new Map<number, Map<number, Set<number>>>();
  #next = 0;
  #expected = 0;

  /** `damaged` makes the error to throw for what is wrong on the disk. */
  constructor(table: Table, damaged: (why: string) => Error) {
    this.#table = table;
    this.#damaged = damaged;
  }

  /** Digests that are there. */
  get size(): number {
    return this.#index.size;
  }

  /** About how many digests there will be. */
  expect(digests: number): void {
    this.#expected = digests;
    this.#index.expect(digests);
  }

  /** Reads what is on the disk; the event loop goes on meanwhile. To be done before anything else, once. */
  async load(): Promise<void> {
    const numbers = this.#numbers();
    this.#index = new DigestIndex(numbers.length * SEGMENT_DIGESTS);
    this.#index.expect(this.#expected);
    for (const [at, number] of numbers.entries()) {
      const { source, bucket, digests } = this.#read(number);
      this.#next = number + 1;
      this.#register({ number, source, bucket, place: this.#index.open() }, digests, 0);
      if (at % LOADED_PER_TURN === 0) await new Promise(setImmediate);
    }
  }

  /** The bucket in which the digest was seen last; undefined when it is not there. */
  bucketOf(digest: Digest): number | undefined {
    let newest: number | undefined;
    this.#index.lookUp(digest, (place) => {
      const segment = this.#segments[place]!;
      if (segment.bucket > (newest ?? -1) && this.#holds(segment, digest)) newest = segment.bucket;
    });
    return newest;
  }

  /** Every segment on the disk, read one after another. */
  *entries(): Generator<BucketEntries> {
    for (const number of this.#numbers()) {
      const { source, bucket, digests } = this.#read(number);
      yield { source: sourceName(source), bucket, digests };
    }
  }

  /**
   * What adding these takes, and expiring whole buckets: those before each source's first live one, up to `limit` digests.
   * What is there already, in the same bucket or a later one, or has expired, is not added; with `areNew` nobody looks
   * whether it is there.
   */
  change(
    lists: readonly BucketEntries[],
    firstLive: ReadonlyMap<number, number>,
    limit: number,
    areNew: boolean,
  ): SegmentChange {
    const drafts: Draft[] = [];
    const open = new Map<number, Draft>();
    let next = this.#next;
    for (const { source: name, bucket, digests } of lists) {
      const source = sourceNumber(name);
      if (bucket < (firstLive.get(source) ?? 0)) continue;
      for (const digest of digests) {
        if (!areNew && (this.bucketOf(digest) ?? -1) >= bucket) continue;
        let draft = open.get(source) ?? this.#continued(source);
        if (draft?.bucket !== bucket || draft.digests.length === SEGMENT_DIGESTS) {
          draft = { number: next, source, bucket, digests: [], from: 0, last: undefined };
          next += 1;
        }
        if (draft.digests.length === draft.from) {
          open.set(source, draft);
          drafts.push(draft);
        }
        draft.digests.push(digest);
      }
    }
    return { drafts, expired: this.#expired(firstLive, limit) };
  }

  /** Puts the change into a batch. */
  write({ drafts, expired }: SegmentChange, batch: Batch): void {
    for (const place of expired) batch.remove(keyOf(this.#segments[place]!.number));
    for (const draft of drafts) batch.put(keyOf(draft.number), valueOf(draft));
  }

  /** The change is on the disk. */
  changed({ drafts, expired }: SegmentChange): void {
    for (const place of expired) this.#forget(place);
    for (const { number, source, bucket, digests, from, last } of drafts) {
      this.#next = Math.max(this.#next, number + 1);
      this.#register({ number, source, bucket, place: last?.place ?? this.#index.open() }, digests, from);
    }
  }

  /** Everything on the disk is gone. */
  cleared(): void {
    this.#index = new DigestIndex();
    this.#segments = [];
    this.#lasts.clear();
    this.#recent.clear();
    this.#buckets.clear();
    this.#next = 0;
  }

  #continued(source: number): Draft | undefined {
    const last = this.#lasts.get(source);
    return last && { ...last, digests: [...last.digests], from: last.digests.length, last };
  }

  /** Those of the digests from one on are new to the index. */
  #register(segment: Segment, digests: readonly Digest[], from: number): void {
    const { place, source, bucket } = segment;
    this.#segments[place] = segment;
    const before = this.#lasts.get(source);
    if (before && before.number !== segment.number) this.#keep(before);
    this.#lasts.set(source, { ...segment, digests });
    const ofSource = getOrMake(this.#buckets, source, () => new Map<number, Set<number>>());
    getOrMake(ofSource, bucket, () => new Set<number>()).add(place);
    for (let at = from; at < digests.length; at += 1) this.#index.add(digests[at]!, place);
  }

  #keep({ number, digests }: LastSegment): void {
    this.#recent.set(number, digests);
    if (this.#recent.size <= RECENT_SEGMENTS) return;
    const [oldest] = this.#recent.keys();
    this.#recent.delete(oldest!);
  }

  #expired(firstLive: ReadonlyMap<number, number>, limit: number): number[] {
    const most = Math.ceil(limit / SEGMENT_DIGESTS);
    const places: number[] = [];
    for (const [source, live] of firstLive) {
      for (const [bucket, ofBucket] of this.#buckets.get(source) ?? []) {
        if (bucket >= live) continue;
        for (const place of ofBucket) {
          if (places.length === most) return places;
          places.push(place);
        }
      }
    }
    return places;
  }

  #forget(place: number): void {
    const { source, bucket, number } = this.#segments[place]!;
    this.#index.giveUp(place);
    this.#segments[place] = undefined;
    this.#recent.delete(number);
    if (this.#lasts.get(source)?.number === number) this.#lasts.delete(source);
    const ofSource = this.#buckets.get(source)!;
    const ofBucket = ofSource.get(bucket)!;
    ofBucket.delete(place);
    if (ofBucket.size === 0) ofSource.delete(bucket);
  }

  #holds(segment: Segment, digest: Digest): boolean {
    const held = this.#inMemory(segment);
    if (held) return held.includes(digest);
    const value = this.#value(segment.number);
    let at = value.indexOf(digest, HEAD_BYTES, 'latin1');
    while (at >= 0 && (at - HEAD_BYTES) % DIGEST_BYTES !== 0) at = value.indexOf(digest, at + 1, 'latin1');
    return at >= 0;
  }

  #inMemory({ source, number }: Segment): readonly Digest[] | undefined {
    const last = this.#lasts.get(source);
    return last?.number === number ? last.digests : this.#recent.get(number);
  }

  #numbers(): number[] {
    return this.#table
      .keys()
      .filter((key) => key[0] === KEY_PREFIX)
      .map((key) => key.readUInt32BE(1));
  }

  #read(number: number): { source: number; bucket: number; digests: Digest[] } {
    const value = this.#value(number);
    return {
      source: value.readUInt32BE(0),
      bucket: value.readUInt32BE(4),
      digests: unpackDigests(value.subarray(HEAD_BYTES)),
    };
  }

  #value(number: number): Buffer {
    const stored = this.#table.get(keyOf(number));
    const value = stored && unseal(stored);
    if (!value)
      throw this.#damaged(`segment ${number} of its digests ${stored ? 'has a wrong checksum' : 'is missing'}`);
    return value;
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function keyOf(number: number): Buffer {
  const key = Buffer.allocUnsafe(5);
  key[0] = KEY_PREFIX;
  key.writeUInt32BE(number, 1);
  return key;
}

function valueOf({ source, bucket, digests }: Draft): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32BE(source, 0);
  head.writeUInt32BE(bucket, 4);
  return seal(Buffer.concat([head, packDigests(digests)]));
}

/** A source partition as the segments name it: by its topic's place in SOURCE_TOPICS, which is why that list is only ever appended to. */
export function sourceNumber(name: string): number {
  let number = NUMBERS.get(name);
  if (number === undefined) NUMBERS.set(name, (number = numberOf(name)));
  return number;
}

const NUMBERS = new Map<string, number>();

function numberOf(name: string): number {
  const source = parseSourceName(name);
  if (!source) throw new FatalError(`the changelog names a source ${name} that this version does not know`);
  return SOURCE_TOPICS.indexOf(source.topic) * (PARTITION_MASK + 1) + source.partition;
}

function sourceName(number: number): string {
  return sourcePartition(SOURCE_TOPICS[number >>> PARTITION_BITS]!, number & PARTITION_MASK).name;
}
