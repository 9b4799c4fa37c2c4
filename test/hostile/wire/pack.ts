/** Compresses what an attacker sends: a run of gigabytes costs a few kilobytes, and no memory here either. */
import { gzipSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';

import { bytesOf, type Piece } from './pieces.js';

/** In the order of their numbers in a batch's attributes. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof CODECS)[number];

export function pack(codec: Codec, pieces: readonly Piece[]): Buffer {
  switch (codec) {
    case 'none':
      return bytesOf(pieces);
    case 'gzip':
      return Buffer.concat(pieces.map(gzipMembers));
    case 'snappy':
      return compressSync(bytesOf(pieces));
    case 'lz4':
      return compressFrameSync(bytesOf(pieces));
    case 'zstd':
      return zstd(pieces);
  }
}

/** A gzip file may consist of several, one behind another: a run is the same member again and again. */
const MEMBER_BYTES = 16 * 1024 * 1024;

function gzipMembers(piece: Piece): Buffer {
  if (Buffer.isBuffer(piece)) return gzipSync(piece);
  const whole = Math.floor(piece.count / MEMBER_BYTES);
  const member = whole === 0 ? Buffer.alloc(0) : gzipSync(Buffer.alloc(MEMBER_BYTES, piece.byte), { level: 9 });
  const rest = gzipSync(Buffer.alloc(piece.count % MEMBER_BYTES, piece.byte), { level: 9 });
  return Buffer.concat([...Array.from({ length: whole }, () => member), rest]);
}

/** RFC 8878. A run is blocks of four bytes that each unpack to 128 KB. */
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** Neither a content size nor a checksum; a window of 128 KB. */
const ZSTD_HEADER = Buffer.from([0x00, 0x38]);
const BLOCK_BYTES = 128 * 1024;
const RAW = 0;
const RLE = 1;

function zstd(pieces: readonly Piece[]): Buffer {
  const blocks = pieces.flatMap((piece) => (Buffer.isBuffer(piece) ? rawBlocks(piece) : runBlocks(piece)));
  const last = block(RAW, 0, Buffer.alloc(0), true);
  return Buffer.concat([ZSTD_MAGIC, ZSTD_HEADER, ...blocks, last]);
}

function rawBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const slice = bytes.subarray(at, at + BLOCK_BYTES);
    blocks.push(block(RAW, slice.length, slice));
  }
  return blocks;
}

function runBlocks({ byte, count }: { readonly byte: number; readonly count: number }): Buffer[] {
  const blocks: Buffer[] = [];
  for (let left = count; left > 0; left -= BLOCK_BYTES) {
    blocks.push(block(RLE, Math.min(left, BLOCK_BYTES), Buffer.from([byte])));
  }
  return blocks;
}

function block(type: number, size: number, content: Buffer, isLast = false): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3);
  return Buffer.concat([header, content]);
}
