/**
 * One task's digests, on disk in segments of up to 120, in the order in which they came, and in memory as an index of
 * where each may lie. Nothing is sorted on the disk and nothing is changed there but the last segment of each source:
 * a write costs what it adds, however much there is already.
 *
 * Keys: [2][number]. Values, with a checksum: [source number][bucket][digest]...
 */
import { getOrMake } from '../../common/get-or-make.js';
import type { Digest } from './digest-bytes.js';
import type { BucketDigests } from './changelog-entry.js';
import { DIGEST_BYTES, holdsDigest, readDigest } from './digest-bytes.js';
import { DigestIndex } from './digest-index.js';
import { HEAD_BYTES, readHead, RunGroup, SEGMENT_DIGESTS, writeHead, type PackedSegment } from './packed-segments.js';
import { SEAL_BYTES, sealInPlace, unseal } from '../lmdb/sealed.js';
import type { SourceNumbers } from './source-numbers.js';
import type { Batch, Table } from '../lmdb/table.js';

const KEY_PREFIX = 2;
/** Where the digests of a full segment end. */
const DRAFT_END = HEAD_BYTES + SEGMENT_DIGESTS * DIGEST_BYTES;
/** Finished segments that are kept in memory: most repeats come soon after the first. */
const RECENT_SEGMENTS = 64;
/** Between two turns of the event loop while a store is loaded. */
const LOADED_PER_TURN = 128;
/** Segments that come into the index in one turn of the event loop: some milliseconds. */
const INDEXED_PER_TURN = 64;
/** Regions of the index that are swept for what expired: beside each write, and for each segment in it. While as much goes as comes, an eighth of what went waits. */
const SWEPT_PER_WRITE = 64;
const SWEPT_PER_SEGMENT = 16;
const NO_MEMORY = Buffer.alloc(0);

/** Digests of one bucket of one source. */
interface Segment {
  readonly number: number;
  readonly source: number;
  readonly bucket: number;
  readonly place: number;
}

/** The last segment of a source, which may take more. */
interface LastSegment extends Segment {
  /** Its digests. */
  readonly packed: Buffer;
}

/** A segment as a write will leave it. */
interface Draft {
  readonly number: number;
  readonly source: number;
  readonly bucket: number;
  /** With room for a whole segment: the head, then the digests, up to `end`. */
  readonly value: Buffer;
  end: number;
  /** The digests before this are there already, in `last`. */
  readonly from: number;
  readonly last: LastSegment | undefined;
}

/** Digests that a write is to add. */
interface Addition extends BucketDigests {
  /** Nobody needs to look whether they are there. */
  readonly areNew: boolean;
}

/** What one write does to the segments: put into its batch first, and said to have happened when it has. */
export interface SegmentChange {
  readonly drafts: readonly Draft[];
  readonly packed: readonly PackedSegment[];
  /** Places. */
  readonly expired: readonly number[];
}

export class Segments {
  readonly #table: Table;
  readonly #sources: SourceNumbers;
  readonly #damaged: (why: string) => Error;
  #index = new DigestIndex();
  /** By place. */
  #segments: (Segment | undefined)[] = [];
  /** By source. */
  readonly #lasts = new Map<number, LastSegment>();
  /** Digests of the segments that were finished last, by number. */
  readonly #recent = new Map<number, Buffer>();
  /** Places by source and bucket. */
  readonly #buckets = new Map<number, Map<number, Set<number>>>();
  /** On the disk, and not in the index yet. */
  readonly #unindexed: PackedSegment[] = [];
  /** The last two writes that packed segments: those of the earlier one are in the index by the end of the later. */
  #memory: readonly [Buffer, Buffer] = [NO_MEMORY, NO_MEMORY];
  #next = 0;
  #expected = 0;

  /** `damaged` makes the error to throw for what is wrong on the disk. */
  constructor(table: Table, sources: SourceNumbers, damaged: (why: string) => Error) {
    this.#table = table;
    this.#sources = sources;
    this.#damaged = damaged;
  }

  /** Digests that are there. */
  get size(): number {
    return this.#unindexed.reduce((sum, { value }) => sum + digestsIn(value), this.#index.size);
  }

  /** About how many digests there will be. */
  expect(digests: number): void {
    this.#expected = digests;
    this.#index.expect(digests);
  }

  /** Reads what is on the disk; the event loop goes on meanwhile. To be done before anything else, once. */
  async load(): Promise<void> {
    const numbers = this.#numbers();
    this.#index = new DigestIndex(Math.max(numbers.length * SEGMENT_DIGESTS, this.#expected));
    const last = new Map<number, Segment>();
    for (const [at, number] of numbers.entries()) {
      const value = this.#value(number);
      const segment = { number, ...readHead(value), place: this.#index.open() };
      this.#next = number + 1;
      if (at < numbers.length - RECENT_SEGMENTS) this.#takeIn(segment, value.subarray(HEAD_BYTES));
      else this.#register(segment, value.subarray(HEAD_BYTES), 0);
      last.set(segment.source, segment);
      if (at % LOADED_PER_TURN === 0) await new Promise(setImmediate);
    }
    await this.settle();
    for (const [source, segment] of last)
      if (!this.#lasts.has(source))
        this.#lasts.set(source, { ...segment, packed: this.#value(segment.number).subarray(HEAD_BYTES) });
  }

  /** The bucket in which the digest was seen last; undefined when it is not there. */
  bucketOf(digest: Digest): number | undefined {
    this.settleNow();
    return this.#newestOf(digest);
  }

  #newestOf(digest: Digest): number | undefined {
    let newest: number | undefined;
    this.#index.lookUp(digest, (place) => {
      const segment = this.#segments[place]!;
      if (segment.bucket > (newest ?? -1) && this.#holds(segment, digest)) newest = segment.bucket;
    });
    return newest;
  }

  /** Every segment on the disk, read one after another. */
  *entries(): Generator<BucketDigests> {
    for (const number of this.#numbers()) {
      const value = this.#value(number);
      const { source, bucket } = readHead(value);
      yield { source: this.#sources.nameOf(source), bucket, packed: value.subarray(HEAD_BYTES) };
    }
  }

  /**
   * What adding these takes, and expiring whole buckets: those before each source's first live one, up to `limit` digests.
   * What is there already, in the same bucket or a later one, or has expired, is not added; with `areNew` nobody looks
   * whether it is there.
   */
  change(
    lists: readonly BucketDigests[],
    firstLive: ReadonlyMap<number, number>,
    limit: number,
    areNew: boolean,
  ): SegmentChange {
    const drafts = this.#drafts(
      lists.map((list) => ({ ...list, areNew })),
      firstLive,
    );
    return { drafts, packed: [], expired: this.#expired(firstLive, limit) };
  }

  #drafts(lists: readonly Addition[], firstLive: ReadonlyMap<number, number>): Draft[] {
    const drafts: Draft[] = [];
    const open = new Map<number, Draft>();
    let next = this.#next;
    for (const { source: name, bucket, packed, areNew } of lists) {
      const source = this.#sources.numberOf(name);
      if (bucket < (firstLive.get(source) ?? 0)) continue;
      for (let at = 0; at < packed.length;) {
        if (!areNew && (this.bucketOf(readDigest(packed, at)) ?? -1) >= bucket) {
          at += DIGEST_BYTES;
          continue;
        }
        let draft = open.get(source) ?? this.#continued(source);
        if (draft?.bucket !== bucket || draft.end === DRAFT_END) {
          draft = draftOf({ number: next, source, bucket });
          next += 1;
        }
        if (draft.end === HEAD_BYTES + draft.from) {
          open.set(source, draft);
          drafts.push(draft);
        }
        const most = Math.min(packed.length - at, DRAFT_END - draft.end);
        const taken = packed.copy(draft.value, draft.end, at, at + (areNew ? most : DIGEST_BYTES));
        draft.end += taken;
        at += taken;
      }
    }
    return drafts;
  }

  /**
   * As `change`, of what the changelog's records hold. One digest of each run is looked for, the first. Writes take runs
   * in the changelog's order and whole or from their beginning on, so a run whose first digest is not there was never
   * applied. What is there all the same, since the changelog says it twice, may be there twice then, which costs room
   * until its bucket expires, and changes no answer.
   */
  replay(runs: readonly BucketDigests[], firstLive: ReadonlyMap<number, number>, limit: number): SegmentChange {
    const groups = new Map<string, RunGroup>();
    const singly: Addition[] = [];
    for (const run of runs) {
      const source = this.#sources.numberOf(run.source);
      if (run.packed.length === 0 || run.bucket < (firstLive.get(source) ?? 0)) continue;
      const first = readDigest(run.packed, 0);
      if ((this.#newestOf(first) ?? -1) >= run.bucket) singly.push({ ...run, areNew: false });
      else getOrMake(groups, `${source}/${run.bucket}`, () => new RunGroup(source, run.bucket)).add(run);
    }
    const large: RunGroup[] = [];
    for (const group of groups.values()) {
      if (group.isLarge) large.push(group);
      else singly.push(...group.runs.map((run) => ({ ...run, areNew: true })));
    }
    const drafts = this.#drafts(singly, firstLive);
    const packed: PackedSegment[] = [];
    const next = drafts.reduce((most, { number }) => Math.max(most, number + 1), this.#next);
    const memory = large.length > 0 ? this.#memoryOf(large) : NO_MEMORY;
    let at = 0;
    for (const group of large) {
      const values = memory.subarray(at, (at += group.valueBytes));
      packed.push(...group.segments(next + packed.length, values));
    }
    return { drafts, packed, expired: this.#expired(firstLive, limit) };
  }

  /** One piece of memory for all values of a write: lmdb-js asks for the address of each piece that it meets. */
  #memoryOf(groups: readonly RunGroup[]): Buffer {
    const bytes = groups.reduce((sum, { valueBytes }) => sum + valueBytes, 0);
    const [before, last] = this.#memory;
    const memory = before.length >= bytes ? before : Buffer.allocUnsafeSlow(bytes);
    this.#memory = [last, memory];
    return memory;
  }

  /** Puts the change into a batch. */
  write({ drafts, packed, expired }: SegmentChange, batch: Batch): void {
    for (const place of expired) batch.remove(keyOf(this.#segments[place]!.number));
    for (const draft of drafts) batch.put(keyOf(draft.number), sealed(draft));
    for (const { number, value } of packed) batch.put(keyOf(number), value);
  }

  /** The change is on the disk. */
  changed({ drafts, packed, expired }: SegmentChange): void {
    for (const place of expired) this.#forget(place);
    for (const { number, source, bucket, value, end, from, last } of drafts) {
      this.#next = Math.max(this.#next, number + 1);
      const segment = { number, source, bucket, place: last?.place ?? this.#index.open() };
      this.#register(segment, value.subarray(HEAD_BYTES, end), from);
    }
    if (packed.length === 0) return;
    this.#next = packed.at(-1)!.number + 1;
    this.#unindexed.push(...packed);
  }

  /**
   * What earlier writes have left to do in the index is done while the disk takes this one, which lmdb-js begins in a
   * moment: what a replay has brought comes in (and is found when the replay is over, and `settle` was called), and some
   * of what expired is swept out.
   */
  async tidyDuring(written: Promise<void>, { drafts, packed }: SegmentChange): Promise<void> {
    if (this.#unindexed.length === 0 && !this.#index.isToBeSwept) return;
    written.catch(() => undefined); // whoever waits for it hears of it
    do await new Promise(setImmediate);
    while (this.#indexSome(INDEXED_PER_TURN));
    this.#index.sweep(SWEPT_PER_WRITE + SWEPT_PER_SEGMENT * (drafts.length + packed.length));
  }

  /** Takes up to so many segments into the index that are not; whether there are more. */
  #indexSome(most: number): boolean {
    for (const { number, source, bucket, value } of this.#unindexed.splice(0, most)) {
      const segment = { number, source, bucket, place: this.#index.open() };
      this.#takeIn(segment, value.subarray(HEAD_BYTES, value.length - SEAL_BYTES));
    }
    return this.#unindexed.length > 0;
  }

  /** Everything is in the index from here on; the event loop goes on meanwhile. */
  async settle(): Promise<void> {
    while (this.#indexSome(INDEXED_PER_TURN) || !this.#index.isSettled) {
      this.#index.settle(1);
      await new Promise(setImmediate);
    }
    this.#memory = [NO_MEMORY, NO_MEMORY];
  }

  /** The same at once. */
  settleNow(): void {
    if (this.#unindexed.length > 0) this.#indexSome(Infinity);
    this.#index.settle();
  }

  /** Everything on the disk is gone. */
  cleared(): void {
    this.#index = new DigestIndex();
    this.#segments = [];
    this.#lasts.clear();
    this.#recent.clear();
    this.#buckets.clear();
    this.#unindexed.length = 0;
    this.#memory = [NO_MEMORY, NO_MEMORY];
    this.#next = 0;
  }

  #continued(source: number): Draft | undefined {
    const last = this.#lasts.get(source);
    return last && draftOf(last, last);
  }

  /** The digests from there on are new to the index. */
  #register(segment: Segment, packed: Buffer, from: number): void {
    const { place, source } = segment;
    this.#place(segment);
    const before = this.#lasts.get(source);
    if (before && before.number !== segment.number) this.#keep(before);
    this.#lasts.set(source, { ...segment, packed });
    this.#index.add(packed.subarray(from), place);
  }

  /** As `#register`, of a segment that stays on the disk alone. */
  #takeIn(segment: Segment, packed: Buffer): void {
    this.#place(segment);
    this.#index.addAll(packed, segment.place);
  }

  #place(segment: Segment): void {
    const { place, source, bucket } = segment;
    this.#segments[place] = segment;
    const ofSource = getOrMake(this.#buckets, source, () => new Map<number, Set<number>>());
    getOrMake(ofSource, bucket, () => new Set<number>()).add(place);
  }

  #keep({ number, packed }: LastSegment): void {
    this.#recent.set(number, packed);
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
    return holdsDigest(this.#inMemory(segment) ?? this.#value(segment.number).subarray(HEAD_BYTES), digest);
  }

  #inMemory({ source, number }: Segment): Buffer | undefined {
    const last = this.#lasts.get(source);
    return last?.number === number ? last.packed : this.#recent.get(number);
  }

  #numbers(): number[] {
    return this.#table
      .keys()
      .filter((key) => key[0] === KEY_PREFIX)
      .map((key) => key.readUInt32BE(1));
  }

  #value(number: number): Buffer {
    const stored = this.#table.get(keyOf(number));
    const value = stored && unseal(stored);
    if (!value)
      throw this.#damaged(`segment ${number} of its digests ${stored ? 'has a wrong checksum' : 'is missing'}`);
    return value;
  }
}

/** How many a sealed value holds. */
function digestsIn(value: Buffer): number {
  return (value.length - HEAD_BYTES - SEAL_BYTES) / DIGEST_BYTES;
}

function keyOf(number: number): Buffer {
  const key = Buffer.allocUnsafe(5);
  key[0] = KEY_PREFIX;
  key.writeUInt32BE(number, 1);
  return key;
}

/** Begins with what `last` holds. */
function draftOf({ number, source, bucket }: Omit<Segment, 'place'>, last?: LastSegment): Draft {
  const value = Buffer.allocUnsafe(DRAFT_END + SEAL_BYTES);
  writeHead(value, source, bucket);
  const from = last?.packed.copy(value, HEAD_BYTES) ?? 0;
  return { number, source, bucket, value, end: HEAD_BYTES + from, from, last };
}

function sealed({ value, end }: Draft): Buffer {
  const whole = value.subarray(0, end + SEAL_BYTES);
  sealInPlace(whole);
  return whole;
}
