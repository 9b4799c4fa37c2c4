/** A partition's log as a broker would send it: batches of any producer, codec and kind, written by kafkajs's encoder. */
import { gzipSync } from 'node:zlib';
import { crc32C, encodeRecord, Encoder } from '../cluster/kafkajs-internals.js';

export interface BatchParts {
  readonly records: readonly {
    readonly key?: Buffer | null;
    readonly value?: Buffer | null;
    readonly offset?: number;
  }[];
  readonly producerId?: bigint;
  readonly producerEpoch?: number;
  readonly firstSequence?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
  readonly appendTime?: boolean;
  readonly timestamp?: number;
  /** The last offset, when compaction took the last records of the batch. */
  readonly lastOffset?: number;
  readonly codec?: number;
  readonly compress?: (records: Buffer) => Buffer;
}

const GZIP = 1;
export const ABORT = 0;
export const COMMIT = 1;

/** One record batch in message format 2. */
export function batchAt(baseOffset: number, parts: BatchParts): Buffer {
  const { records, producerId = -1n, timestamp = 1000, codec = parts.compress ? GZIP : 0 } = parts;
  const offsets = records.map(({ offset }, index) => (offset ?? baseOffset + index) - baseOffset);
  const encoded = new Encoder().writeEncoderArray(
    records.map(({ key = null, value = null }, index) =>
      encodeRecord({ key, value, offsetDelta: offsets[index]!, timestampDelta: index }),
    ),
  ).buffer;
  const flags = (parts.appendTime ? 8 : 0) | (parts.transactional ? 16 : 0) | (parts.control ? 32 : 0);
  const checked = Buffer.alloc(40);
  checked.writeInt16BE(codec | flags, 0);
  checked.writeInt32BE((parts.lastOffset ?? baseOffset + records.length - 1) - baseOffset, 2);
  checked.writeBigInt64BE(BigInt(timestamp), 6);
  checked.writeBigInt64BE(BigInt(timestamp + 500), 14);
  checked.writeBigInt64BE(producerId, 22);
  checked.writeInt16BE(parts.producerEpoch ?? 0, 30);
  checked.writeInt32BE(parts.firstSequence ?? 0, 32);
  checked.writeInt32BE(records.length, 36);
  const body = Buffer.concat([checked, parts.compress ? parts.compress(encoded) : encoded]);
  const head = Buffer.alloc(21);
  head.writeBigInt64BE(BigInt(baseOffset), 0);
  head.writeInt32BE(body.length + 9, 8);
  head.writeInt32BE(0, 12);
  head.writeInt8(2, 16);
  head.writeUInt32BE(crc32C(body) >>> 0, 17);
  return Buffer.concat([head, body]);
}

/** The control record that ends a transaction. */
export function markerAt(offset: number, producerId: bigint, type: typeof ABORT | typeof COMMIT): Buffer {
  const key = Buffer.alloc(4);
  key.writeInt16BE(type, 2);
  return batchAt(offset, {
    records: [{ key, value: Buffer.alloc(6) }],
    producerId,
    transactional: true,
    control: true,
  });
}

/** A batch of texts, within a transaction when a producer is given. */
export function textsAt(baseOffset: number, texts: readonly string[], producerId?: bigint): Buffer {
  const records = texts.map((text) => ({ value: Buffer.from(text) }));
  return batchAt(baseOffset, producerId === undefined ? { records } : { records, producerId, transactional: true });
}

export function gzipped(records: Buffer): Buffer {
  return gzipSync(records);
}
