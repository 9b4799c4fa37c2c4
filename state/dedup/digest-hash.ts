/** What the index makes of a digest: a hash, and a slot in the hash's region. */
import type { Digest } from './digest-bytes.js';
import { wordAt } from './digest-bytes.js';
import { SLOTS } from './digest-regions.js';

export function hashOf({ w0 }: Digest): number {
  return w0;
}

/** From other bits than the hash. */
export function slotOf({ w1 }: Digest): number {
  return slotOfBits(w1 & 0xffff);
}

/** `hashOf` of a digest that lies there. */
export function hashAt(packed: Uint8Array, at: number): number {
  return wordAt(packed, at);
}

/** `slotOf` of a digest that lies there. */
export function slotAt(packed: Uint8Array, at: number): number {
  return slotOfBits(packed[at + 4]! | (packed[at + 5]! << 8));
}

function slotOfBits(bits: number): number {
  return (bits * SLOTS) >>> 16;
}
