/** What the index makes of a digest: a hash, and a home in the hash's region. */
import type { Digest } from '../topology/context.js';
import { wordOf } from './digest-bytes.js';
import { HOMES } from './digest-regions.js';

/** The digest's first four bytes as an int32, the first one lowest. */
export function hashOf(digest: Digest): number {
  return wordOf(digest, 0);
}

/** From other bytes than the hash. */
export function homeOf(digest: Digest): number {
  return homeOfBits((digest.charCodeAt(4) << 8) | digest.charCodeAt(5));
}

/** `hashOf` of a digest that lies there. */
export function hashAt(packed: Uint8Array, at: number): number {
  return packed[at]! | (packed[at + 1]! << 8) | (packed[at + 2]! << 16) | (packed[at + 3]! << 24);
}

/** `homeOf` of a digest that lies there. */
export function homeAt(packed: Uint8Array, at: number): number {
  return homeOfBits((packed[at + 4]! << 8) | packed[at + 5]!);
}

function homeOfBits(bits: number): number {
  return (bits * HOMES) >>> 16;
}
