/** Digests for tests, and how they are shown. */
import { createHash } from 'node:crypto';
import { DIGEST_BYTES, readDigest } from '../state/digest-bytes.js';
import type { Digest } from '../topology/context.js';

/** As random as that of an event. */
export function digestOf(name: string | number): Digest {
  return readDigest(createHash('sha256').update(String(name)).digest(), 0);
}

export function digestsOf(count: number, from = 0): Digest[] {
  return Array.from({ length: count }, (_, nth) => digestOf(from + nth));
}

/** Those that lie one after another, in hexadecimal. */
export function hexesOf(packed: Buffer): string[] {
  return Array.from({ length: packed.length / DIGEST_BYTES }, (_, nth) =>
    packed.toString('hex', nth * DIGEST_BYTES, (nth + 1) * DIGEST_BYTES),
  );
}
