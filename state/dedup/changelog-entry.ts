/**
 * The changelog's record: what one commit of one task added to its state, packed.
 *
 * One record a commit (more when it would pass 512 KB), not one an event. Entries are facts: applying one twice, or
 * again after a crash, changes nothing. Layout, integers big-endian, text as int16 length + UTF-8:
 *
 *     'N' 'S' version:int8
 *     sources:int32 { source:text topic-id:text next-offset:int64 stream-time:int64 notify-from:int64 }
 *     buckets:int32 { source:text bucket:int64 digests:int32 { digest:16 bytes } }
 *
 * A source is a partition of a source topic by its logical name: TASK_EVENT_TOPIC-3.
 */
import { ByteReader, ByteWriter } from '../../common/bytes.js';
import { FatalError, messageOf } from '../../common/errors.js';
import type { SourcePosition } from '../../common/source-position.js';
import { DIGEST_BYTES } from './digest-bytes.js';

/** Digests first seen in one bucket of one source's stream time. */
export interface BucketDigests {
  /** The source partition's name. */
  readonly source: string;
  readonly bucket: number;
  /** One after another, as the changelog and the store keep them. */
  readonly packed: Buffer;
}

export interface ChangelogEntry {
  /** By the source partition's name. */
  readonly positions: ReadonlyMap<string, SourcePosition>;
  readonly buckets: readonly BucketDigests[];
}

const VERSION = 3;
const MAX_RECORD_BYTES = 512 * 1024;
/** For digests, however many positions there are. */
const LEAST_BYTES = 64 * 1024;
/** What a bucket takes beside its digests and its source's name. */
const BUCKET_BYTES = 2 + 8 + 4;
const COUNT_BYTES = 4;

/** How many. */
export function countDigests(buckets: readonly BucketDigests[]): number {
  return buckets.reduce((bytes, { packed }) => bytes + packed.length, 0) / DIGEST_BYTES;
}

/** The records for one entry: one, unless it holds more than fits. Each carries the positions. */
export function encodeChangelogEntry({ positions, buckets }: ChangelogEntry): Buffer[] {
  const head = encodePositions(positions);
  return split(buckets, Math.max(LEAST_BYTES, MAX_RECORD_BYTES - head.length)).map((some) => encode(head, some));
}

function encodePositions(positions: ReadonlyMap<string, SourcePosition>): Buffer {
  const out = new ByteWriter(128 * (1 + positions.size));
  out.int8(0x4e).int8(0x53).int8(VERSION).int32(positions.size);
  for (const [source, { topicId, nextOffset, streamTime, notifyFrom }] of positions) {
    out
      .string(source)
      .string(topicId ?? '')
      .int64(nextOffset)
      .int64(streamTime)
      .int64(notifyFrom);
  }
  return out.bytes();
}

function encode(head: Buffer, buckets: readonly BucketDigests[]): Buffer {
  const out = new ByteWriter(head.length + 128 * buckets.length + countDigests(buckets) * DIGEST_BYTES);
  out.raw(head).int32(buckets.length);
  for (const { source, bucket, packed } of buckets) {
    out
      .string(source)
      .int64(bucket)
      .int32(packed.length / DIGEST_BYTES)
      .raw(packed);
  }
  return out.bytes();
}

/** Each part takes up to `bytes`, the count of its buckets included. */
function split(buckets: readonly BucketDigests[], bytes: number): BucketDigests[][] {
  const parts: BucketDigests[][] = [[]];
  let room = bytes - COUNT_BYTES;
  for (const { source, bucket, packed } of buckets) {
    const head = BUCKET_BYTES + Buffer.byteLength(source);
    for (let from = 0; from < packed.length;) {
      if (room < head + DIGEST_BYTES) {
        parts.push([]);
        room = bytes - COUNT_BYTES;
      }
      const taken = packed.subarray(from, from + room - head - ((room - head) % DIGEST_BYTES));
      parts.at(-1)!.push({ source, bucket, packed: taken });
      from += taken.length;
      room -= head + taken.length;
    }
  }
  return parts;
}

/**
 * The digests are the record's own bytes, not copied. Throws FatalError for a record that is not ours or of a newer
 * format: it is never skipped.
 */
export function decodeChangelogEntry(value: Buffer | null, where: string): ChangelogEntry {
  if (!value || value.length < 3 || value[0] !== 0x4e || value[1] !== 0x53) {
    throw new FatalError(`${where} is not a changelog record of ours: is the topic used by another application?`);
  }
  const version = value[2]!;
  if (version !== VERSION) {
    throw new FatalError(
      `${where} has changelog format ${version}, this version reads ${VERSION}: run the version that wrote it${version > VERSION ? ', or a newer one' : ''}`,
    );
  }
  try {
    return readEntry(new ByteReader(value, 3));
  } catch (error) {
    throw new FatalError(
      `${where} is damaged (${messageOf(error)}): empty its partition (kafka-delete-records, offset -1) and run \`notification-streams state reseed\``,
      error,
    );
  }
}

/** Throws RangeError when it is not as long as it says, or says what no task writes. */
function readEntry(reader: ByteReader): ChangelogEntry {
  const positions = new Map<string, SourcePosition>();
  const sources = readCount(reader);
  for (let left = sources; left > 0; left -= 1) {
    const source = reader.string();
    const topicId = reader.string() || undefined;
    const [nextOffset, streamTime, notifyFrom] = [readSafe(reader), readSafe(reader), readSafe(reader)];
    positions.set(source, { topicId, nextOffset, streamTime, notifyFrom });
  }
  if (positions.size !== sources) throw new RangeError('a source stands in it twice');
  const buckets: BucketDigests[] = [];
  for (let left = readCount(reader); left > 0; left -= 1) {
    const source = reader.string();
    const bucket = readSafe(reader);
    buckets.push({ source, bucket, packed: reader.raw(readCount(reader) * DIGEST_BYTES) });
  }
  if (reader.remaining > 0) throw new RangeError(`${reader.remaining} bytes are left behind it`);
  return { positions, buckets };
}

function readCount(reader: ByteReader): number {
  const count = reader.int32();
  if (count < 0) throw new RangeError(`a count of ${count}`);
  return count;
}

function readSafe(reader: ByteReader): number {
  const value = reader.int64();
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is past 2^53`);
  return value;
}
