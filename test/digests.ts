/** Digests for tests, and how they are shown. */
import type { Digest } from '../state/dedup/digest-bytes.js';
import { createHash } from 'node:crypto';
import { DIGEST_BYTES, readDigest } from '../state/dedup/digest-bytes.js';

/** As random as that of an event. */
export function digestOf(name: string | number): Digest {
  return readDigest(createHash('sha256').update(String(name)).digest(), 0);
}

export function digestsOf(count: number, from = 0): Digest[] {
  return Array.from({ length: count }, (_, index) => digestOf(from + index));
}

/** The n-th of many: as random as a hash, and cheaper. */
export function cheapDigest(n: number): Digest {
  return { w0: mixed(n, 0), w1: mixed(n, 1), w2: mixed(n, 2), w3: mixed(n, 3) };
}

/** Those that lie one after another, in hexadecimal. */
export function hexesOf(packed: Buffer): string[] {
  return Array.from({ length: packed.length / DIGEST_BYTES }, (_, index) =>
    packed.toString('hex', index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES),
  );
}

function mixed(n: number, word: number): number {
  let hash = Math.imul((n + 1) ^ (word * 0x9e37_79b9), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x27d4_eb2f);
  return hash ^ (hash >>> 15);
}
