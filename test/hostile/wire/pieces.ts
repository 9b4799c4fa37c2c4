/** Bytes that may be far more than anybody wants to hold: a run is written down as one byte and how often it comes. */
import { createHash } from 'node:crypto';

export interface Run {
  readonly byte: number;
  readonly count: number;
}

export type Piece = Buffer | Run;
/** What a key, a value or a batch consists of. */
export type Content = Buffer | string | readonly Piece[];

/** A run is never held whole; this much of it is. */
const SLICE_BYTES = 1024 * 1024;

export function run(byte: number | string, count: number): Run {
  return { byte: typeof byte === 'string' ? byte.charCodeAt(0) : byte, count };
}

export function piecesOf(content: Content): readonly Piece[] {
  if (typeof content === 'string') return [Buffer.from(content)];
  return Buffer.isBuffer(content) ? [content] : content;
}

export function lengthOf(content: Content): number {
  return piecesOf(content).reduce((sum, piece) => sum + (Buffer.isBuffer(piece) ? piece.length : piece.count), 0);
}

/** All of it, in one buffer: for what fits into memory. */
export function bytesOf(content: Content): Buffer {
  return Buffer.concat(
    piecesOf(content).map((piece) => (Buffer.isBuffer(piece) ? piece : Buffer.alloc(piece.count, piece.byte))),
  );
}

/** The first bytes of it. */
export function headOf(content: Content, length: number): Buffer {
  const head: Buffer[] = [];
  let left = length;
  for (const piece of piecesOf(content)) {
    if (left <= 0) break;
    const bytes = Buffer.isBuffer(piece)
      ? piece.subarray(0, left)
      : Buffer.alloc(Math.min(left, piece.count), piece.byte);
    head.push(bytes);
    left -= bytes.length;
  }
  return Buffer.concat(head);
}

/** In hex, without holding it whole. */
export function sha256Of(content: Content): string {
  const hash = createHash('sha256');
  for (const piece of piecesOf(content)) {
    if (Buffer.isBuffer(piece)) {
      hash.update(piece);
      continue;
    }
    const slice = Buffer.alloc(Math.min(SLICE_BYTES, piece.count), piece.byte);
    for (let left = piece.count; left > 0; left -= slice.length) hash.update(slice.subarray(0, left));
  }
  return hash.digest('hex');
}
