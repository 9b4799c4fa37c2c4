/**
 * Runs of digests, as a commit has them and the changelog's records hold them, copied into the values that the table
 * takes.
 */
import type { BucketDigests } from './changelog-entry.js';
import { DIGEST_BYTES } from './digest-bytes.js';
import { SEAL_BYTES, sealInPlace } from '../lmdb/sealed.js';

/** Two segments fill a page of LMDB. */
export const SEGMENT_DIGESTS = 120;
/** Digests of a full segment. */
const MOST_BYTES = SEGMENT_DIGESTS * DIGEST_BYTES;
/** The head of a segment's value: source and bucket. */
export const HEAD_BYTES = 8;
/** Runs are worth segments of their own from here on: the last one, which is not full, is a tenth of them at most. */
const LEAST_DIGESTS = 10 * SEGMENT_DIGESTS;

export function writeHead(value: Buffer, source: number, bucket: number): void {
  value.writeUInt32BE(source, 0);
  value.writeUInt32BE(bucket, 4);
}

export function readHead(value: Buffer): { readonly source: number; readonly bucket: number } {
  return { source: value.readUInt32BE(0), bucket: value.readUInt32BE(4) };
}

/** A segment as the table takes it. */
export interface PackedSegment {
  readonly number: number;
  readonly source: number;
  readonly bucket: number;
  /** Sealed. */
  readonly value: Buffer;
}

/** The runs of one write that are of one bucket of one source. */
export class RunGroup {
  readonly source: number;
  readonly bucket: number;
  readonly runs: BucketDigests[] = [];
  #bytes = 0;

  constructor(source: number, bucket: number) {
    this.source = source;
    this.bucket = bucket;
  }

  add(run: BucketDigests): void {
    this.runs.push(run);
    this.#bytes += run.packed.length;
  }

  get isLarge(): boolean {
    return this.#bytes >= LEAST_DIGESTS * DIGEST_BYTES;
  }

  /** What the values of its segments take. */
  get valueBytes(): number {
    return this.#bytes + Math.ceil(this.#bytes / MOST_BYTES) * (HEAD_BYTES + SEAL_BYTES);
  }

  /** Segments of their own for the runs, numbered from `first` on, in `valueBytes` of memory: all full but the last. */
  segments(first: number, values: Buffer): PackedSegment[] {
    const { source, bucket } = this;
    const reader = new RunReader(this.runs);
    const segments: PackedSegment[] = [];
    for (let at = 0, left = this.#bytes; left > 0; left -= MOST_BYTES) {
      const size = Math.min(left, MOST_BYTES);
      const value = values.subarray(at, (at += HEAD_BYTES + size + SEAL_BYTES));
      writeHead(value, source, bucket);
      reader.copyTo(value, HEAD_BYTES, size);
      sealInPlace(value);
      segments.push({ number: first + segments.length, source, bucket, value });
    }
    return segments;
  }
}

/** The runs as one after another. */
class RunReader {
  readonly #runs: readonly BucketDigests[];
  #run = 0;
  #at = 0;

  constructor(runs: readonly BucketDigests[]) {
    this.#runs = runs;
  }

  copyTo(target: Buffer, at: number, bytes: number): void {
    for (let done = 0; done < bytes;) {
      const { packed } = this.#runs[this.#run]!;
      const taken = packed.copy(target, at + done, this.#at, this.#at + bytes - done);
      done += taken;
      this.#at += taken;
      if (this.#at < packed.length) continue;
      this.#run += 1;
      this.#at = 0;
    }
  }
}
