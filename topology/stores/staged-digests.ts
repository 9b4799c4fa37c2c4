/**
 * The digests of a commit: what it adds to each bucket, and a hash table that finds them. Both are bytes in a few
 * buffers: strings in a Map would outlive the young generation, commit after commit, and be copied and marked by the
 * collector though they are gone a moment later.
 */
import type { Digest } from '../../state/dedup/digest-bytes.js';
import { randomInt } from 'node:crypto';
import type { BucketDigests } from '../../state/dedup/changelog-entry.js';
import { DIGEST_BYTES, writeDigest } from '../../state/dedup/digest-bytes.js';
import { ByteWriter } from '../../common/bytes.js';

/** What a bucket is to get, as it comes. */
interface GrowingBucket {
  readonly source: string;
  readonly bucket: number;
  readonly out: ByteWriter;
}

/** A slot's words: the digest's four, and its bucket's number among ours, from 1 on; 0 when the slot is empty. */
const SLOT_WORDS = 5;
const LEAST_SLOT_BITS = 10;
/** A table that is larger than 1.3 MB is not kept for the next commit. */
const KEPT_SLOT_BITS = 16;
/** At most half of the slots are taken. */
const SLOTS_A_DIGEST = 2;
/** Odd, and known to nobody: whoever chooses event ids cannot choose the slots of their digests (multiply-shift hashing, Dietzfelbinger et al. 1997). */
const MULTIPLIER = randomInt(2 ** 31) * 2 + 1;

export class StagedDigests {
  #slots = new Int32Array(SLOT_WORDS << LEAST_SLOT_BITS);
  #slotBits = LEAST_SLOT_BITS;
  #size = 0;
  #buckets: GrowingBucket[] = [];
  /** The bucket that took the last digest: most events of a commit go where the one before went. */
  #last = 0;

  get size(): number {
    return this.#size;
  }

  /** In the order in which they were begun; valid until the next change. */
  get buckets(): BucketDigests[] {
    return this.#buckets.map(({ source, bucket, out }) => ({ source, bucket, packed: out.bytes() }));
  }

  /** The bucket that the digest was added to; undefined when it was not. */
  bucketOf(digest: Digest): number | undefined {
    const number = this.#slots[this.#slotOf(digest) + 4]!;
    return number === 0 ? undefined : this.#buckets[number - 1]!.bucket;
  }

  /** For a digest that comes again, `bucketOf` gives the last bucket. */
  add(source: string, bucket: number, digest: Digest): void {
    if (SLOTS_A_DIGEST * (this.#size + 1) > 1 << this.#slotBits) this.#grow();
    const { out } = this.#bucket(source, bucket);
    const at = out.length;
    out.skip(DIGEST_BYTES);
    writeDigest(digest, out.buffer, at);
    const slots = this.#slots;
    const slot = this.#slotOf(digest);
    if (slots[slot + 4] === 0) this.#size += 1;
    slots[slot] = digest.w0;
    slots[slot + 1] = digest.w1;
    slots[slot + 2] = digest.w2;
    slots[slot + 3] = digest.w3;
    slots[slot + 4] = this.#last + 1;
  }

  /** Empty again, with its table. */
  clear(): void {
    if (this.#slotBits > KEPT_SLOT_BITS) {
      this.#slotBits = LEAST_SLOT_BITS;
      this.#slots = new Int32Array(SLOT_WORDS << LEAST_SLOT_BITS);
    } else {
      this.#slots.fill(0);
    }
    this.#size = 0;
    this.#buckets = [];
    this.#last = 0;
  }

  #bucket(source: string, bucket: number): GrowingBucket {
    const isOf = (one: GrowingBucket | undefined): boolean => one?.bucket === bucket && one.source === source;
    if (!isOf(this.#buckets[this.#last])) {
      this.#last = this.#buckets.findIndex(isOf);
      if (this.#last < 0) this.#last = this.#buckets.push({ source, bucket, out: new ByteWriter() }) - 1;
    }
    return this.#buckets[this.#last]!;
  }

  /** Where the digest's slot begins, or the empty one that it would take. */
  #slotOf(digest: Digest): number {
    const slots = this.#slots;
    const first = digest.w0;
    let slot = this.#firstSlot(first);
    while (slots[slot + 4] !== 0 && !(slots[slot] === first && isRestAt(slots, slot, digest))) {
      slot = slotAfter(slots, slot);
    }
    return slot;
  }

  /** The slot that a digest with this first word takes, unless another has it. */
  #firstSlot(word: number): number {
    return SLOT_WORDS * (Math.imul(word, MULTIPLIER) >>> (32 - this.#slotBits));
  }

  #grow(): void {
    const old = this.#slots;
    this.#slotBits += 1;
    const slots = (this.#slots = new Int32Array(SLOT_WORDS << this.#slotBits));
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + 4] === 0) continue;
      let slot = this.#firstSlot(old[from]!);
      while (slots[slot + 4] !== 0) slot = slotAfter(slots, slot);
      for (let word = 0; word < SLOT_WORDS; word += 1) slots[slot + word] = old[from + word]!;
    }
  }
}

function slotAfter(slots: Int32Array, slot: number): number {
  return slot + SLOT_WORDS === slots.length ? 0 : slot + SLOT_WORDS;
}

function isRestAt(slots: Int32Array, slot: number, { w1, w2, w3 }: Digest): boolean {
  return slots[slot + 1] === w1 && slots[slot + 2] === w2 && slots[slot + 3] === w3;
}
