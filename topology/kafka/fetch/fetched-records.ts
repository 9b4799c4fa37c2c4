/**
 * Reads the record batches of one fetched partition, and keeps what was committed.
 *
 * kafkajs's own filter lets aborted records through in three ways (docs/kafkajs.md); this one follows the Java client:
 * aborted transactions sorted by their first offset, all that begin before the batch's end taken in, and only a
 * control record ends one.
 */
import { crc32c } from '@node-rs/crc32';
import { ByteReader } from '../../../common/bytes.js';
import { messageOf } from '../../../common/errors.js';
import { CODECS, decompress, MAX_UNPACKED_BYTES } from '../records/compression.js';
import { RecordList, type FetchedRecords, type RecordBase } from '../records/record-list.js';

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly records: FetchedRecords;
  /** Where to fetch next: past the last batch, also when all of it was control records or aborted. */
  readonly nextOffset: number;
  /** Bytes of `records`. */
  readonly bytes: number;
  /** How many of `records` are not there whole. Default: none. */
  readonly defects?: number;
  /** Bytes that the batches were unpacked to, those of records that are not held included. Default: `bytes`. */
  readonly unpackedBytes?: number;
}

export interface ReadBounds {
  /** A record with more bytes is kept as its beginning alone, with a defect that says so. */
  readonly maxRecordBytes: number;
  /** When so many bytes were unpacked, no further batch is read: the next fetch begins with it. One batch is read in any case. */
  readonly maxUnpackedBytes: number;
}

const UNBOUNDED: ReadBounds = { maxRecordBytes: Infinity, maxUnpackedBytes: Infinity };
const BATCH_HEADER = 12;
const CODEC_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const ABORT_MARKER = 0;

/**
 * Throws RangeError when the first batch is damaged: its bytes are not those of its checksum. A later one is left for
 * the next fetch, which then begins with it: what is before it is good. So is a batch that is cut off at the end of the
 * data. A batch that is as its producer sent it and cannot be unpacked becomes one record with a defect.
 */
export function readCommitted(
  data: Buffer,
  fetchOffset: number,
  aborted: readonly AbortedTransaction[],
  bounds = UNBOUNDED,
): FetchedPartition {
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  const records = new RecordList(bounds.maxRecordBytes);
  let unpackedBytes = 0;
  let nextPending = 0;
  let nextOffset = fetchOffset;
  let at = 0;
  while (data.length - at >= BATCH_HEADER && unpackedBytes < bounds.maxUnpackedBytes) {
    const end = at + BATCH_HEADER + data.readInt32BE(at + 8);
    if (end > data.length) break;
    let batch: BatchView;
    try {
      batch = readBatchHeader(data.subarray(at, end));
    } catch (error) {
      if (nextOffset > fetchOffset) break;
      throw error;
    }
    const lastOffset = batch.baseOffset + batch.lastOffsetDelta;
    while (nextPending < pending.length && pending[nextPending]!.firstOffset <= lastOffset) {
      open.add(pending[nextPending]!.producerId);
      nextPending += 1;
    }
    if (batch.control) {
      if (controlType(batch) === ABORT_MARKER) open.delete(batch.producerId);
    } else if (lastOffset >= fetchOffset && !(batch.transactional && open.has(batch.producerId))) {
      unpackedBytes += addRecords(records, batch, fetchOffset);
    }
    nextOffset = Math.max(nextOffset, lastOffset + 1);
    at = end;
  }
  return { records, nextOffset, bytes: records.bytes, unpackedBytes, defects: records.defects };
}

/** The bytes that were unpacked. */
function addRecords(records: RecordList, batch: BatchView, fetchOffset: number): number {
  try {
    const body = decompress(batch.codec, batch.body);
    records.add(batch, body, fetchOffset);
    return body.length;
  } catch (error) {
    // Its checksum is right: so it was produced, and so it will be at each fetch.
    const { baseOffset, lastOffsetDelta } = batch;
    const defect = {
      lastOffset: baseOffset + lastOffsetDelta,
      codec: CODECS[batch.codec] ?? `codec ${batch.codec}`,
      bytes: batch.bytes,
      message: messageOf(error),
    };
    records.addUnreadable(batch, defect, fetchOffset);
    return MAX_UNPACKED_BYTES;
  }
}

interface BatchView extends RecordBase {
  readonly bytes: number;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly producerId: bigint;
  readonly codec: number;
  readonly body: Buffer;
}

function readBatchHeader(batch: Buffer): BatchView {
  const reader = new ByteReader(batch);
  const baseOffset = reader.int64();
  reader.int32(); // length
  reader.int32(); // partition leader epoch
  const magic = reader.int8();
  if (magic !== 2) throw new RangeError(`record batch at offset ${baseOffset} has message format ${magic}, expected 2`);
  const crc = reader.uint32();
  if (crc32c(batch.subarray(reader.position)) !== crc) {
    throw new RangeError(`record batch at offset ${baseOffset} is corrupt: its CRC32C does not match`);
  }
  const attributes = reader.int16();
  const lastOffsetDelta = reader.int32();
  if (lastOffsetDelta < 0) throw new RangeError(`record batch at offset ${baseOffset} ends before it begins`);
  if (baseOffset < 0 || !Number.isSafeInteger(baseOffset + lastOffsetDelta))
    throw new RangeError(`record batch at offset ${baseOffset}, where none can be`);
  const baseTimestamp = reader.int64();
  const maxTimestamp = reader.int64();
  const producerId = reader.bigint64();
  reader.int16(); // producer epoch
  reader.int32(); // first sequence
  const count = reader.int32();
  return {
    bytes: batch.length,
    baseOffset,
    lastOffsetDelta,
    baseTimestamp,
    maxTimestamp,
    appendTime: (attributes & LOG_APPEND_TIME) !== 0,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    producerId,
    count,
    codec: attributes & CODEC_MASK,
    body: batch.subarray(reader.position),
  };
}

/** A control record's key is (version, type). */
function controlType(batch: BatchView): number {
  const records = new RecordList();
  records.add(batch, decompress(batch.codec, batch.body), 0);
  return records.at(0)?.key?.readInt16BE(2) ?? -1;
}
