/** Writes record batches (message format v2) as an attacker would: any size, any header, any codec. */
import { crc32c } from '@node-rs/crc32';

import { pack, CODECS, type Codec } from './pack.js';
import { lengthOf, piecesOf, type Content, type Piece } from './pieces.js';

/** Headers as they go over the wire: how many, and their bytes. */
export interface RawHeaders {
  readonly count: number;
  readonly bytes: readonly Piece[];
  /** What they are, where somebody is to look. */
  readonly pairs?: readonly HeaderPair[];
}

export type HeaderPair = readonly [name: string | Buffer, value: string | Buffer | null];

export interface RawRecord {
  readonly key: Content | null;
  readonly value: Content | null;
  readonly headers?: RawHeaders;
}

const NO_HEADERS: RawHeaders = { count: 0, bytes: [] };
const HEADER_BYTES = 61;
const CHECKED_FROM = 21;

/** Pairs as the wire has them; a null value is none, a name may be any bytes. */
export function headersOf(pairs: readonly HeaderPair[]): RawHeaders {
  const bytes = pairs.flatMap(([name, value]) => [...sized(name), ...sized(value)]);
  return { count: pairs.length, bytes: [Buffer.concat(bytes as Buffer[])], pairs };
}

/** One batch, ready to be sent. `now`: ms since the epoch, of every record. */
export function encodeBatch(codec: Codec, records: readonly RawRecord[], now = Date.now()): Buffer {
  const body = pack(codec, merged(records.flatMap(encodeRecord)));
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), body]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(-1, 12); // leader epoch: unknown
  bytes[16] = 2; // magic
  bytes.writeInt16BE(CODECS.indexOf(codec), 21);
  bytes.writeInt32BE(records.length - 1, 23);
  bytes.writeBigInt64BE(BigInt(now), 27);
  bytes.writeBigInt64BE(BigInt(now), 35);
  bytes.writeBigInt64BE(-1n, 43); // no producer id
  bytes.writeInt16BE(-1, 51);
  bytes.writeInt32BE(-1, 53);
  bytes.writeInt32BE(records.length, 57);
  bytes.writeUInt32BE(crc32c(bytes.subarray(CHECKED_FROM)), 17);
  return bytes;
}

function encodeRecord({ key, value, headers = NO_HEADERS }: RawRecord, index: number): Piece[] {
  const rest: Piece[] = [
    Buffer.concat([Buffer.from([0, 0]), varint(index)]), // attributes, timestamp delta, offset delta
    ...sized(key),
    ...sized(value),
    varint(headers.count),
    ...headers.bytes,
  ];
  return [varint(lengthOf(rest)), ...rest];
}

function sized(content: Content | null): Piece[] {
  return content === null ? [varint(-1)] : [varint(lengthOf(content)), ...piecesOf(content)];
}

/** Neighbours that are buffers become one, so that a codec is not asked for each of a thousand small pieces. */
function merged(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  let small: Buffer[] = [];
  const flush = (): void => {
    if (small.length > 0) result.push(Buffer.concat(small));
    small = [];
  };
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) {
      small.push(piece);
    } else {
      flush();
      result.push(piece);
    }
  }
  flush();
  return result;
}

/** Zigzag, of an int32. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
