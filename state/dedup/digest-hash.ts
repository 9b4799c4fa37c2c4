/** What the index makes of a digest: a hash, and a home in the hash's region. */
import type { Digest } from './digest-bytes.js';
import { wordAt } from './digest-bytes.js';
import { HOMES } from './digest-regions.js';

export function hashOf({ w0 }: Digest): number {
  return w0;
}

/** From other bits than the hash. */
export function homeOf({ w1 }: Digest): number {
  return homeOfBits(w1 & 0xffff);
}

/** `hashOf` of a digest that lies there. */
export function hashAt(packed: Uint8Array, at: number): number {
  return wordAt(packed, at);
}

/** `homeOf` of a digest that lies there. */
export function homeAt(packed: Uint8Array, at: number): number {
  return homeOfBits(packed[at + 4]! | (packed[at + 5]! << 8));
}

function homeOfBits(bits: number): number {
  return (bits * HOMES) >>> 16;
}
