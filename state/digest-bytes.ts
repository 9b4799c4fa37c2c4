/** Digests one after another, as the commit, the changelog and the store keep them: no object is kept for each. */
import type { Digest } from '../topology/context.js';

export const DIGEST_BYTES = 16;

export function writeDigest(digest: Digest, into: Uint8Array, at: number): void {
  for (let nth = 0; nth < DIGEST_BYTES; nth += 1) into[at + nth] = digest.charCodeAt(nth);
}

export function readDigest(packed: Buffer, at: number): Digest {
  return packed.toString('latin1', at, at + DIGEST_BYTES);
}

/** Four bytes of the digest as an int32, the first one lowest. */
export function wordOf(digest: Digest, at: number): number {
  return (
    digest.charCodeAt(at) |
    (digest.charCodeAt(at + 1) << 8) |
    (digest.charCodeAt(at + 2) << 16) |
    (digest.charCodeAt(at + 3) << 24)
  );
}

/** Whether the digest is one of these. */
export function holdsDigest(packed: Uint8Array, digest: Digest): boolean {
  const first = digest.charCodeAt(0);
  for (let at = 0; at < packed.length; at += DIGEST_BYTES) {
    if (packed[at] === first && isDigestAt(packed, at, digest)) return true;
  }
  return false;
}

function isDigestAt(packed: Uint8Array, at: number, digest: Digest): boolean {
  for (let nth = 1; nth < DIGEST_BYTES; nth += 1) if (packed[at + nth] !== digest.charCodeAt(nth)) return false;
  return true;
}

export function packDigests(digests: readonly Digest[]): Buffer {
  return Buffer.from(digests.join(''), 'latin1');
}

export function unpackDigests(packed: Buffer): Digest[] {
  const digests: Digest[] = [];
  for (let at = 0; at < packed.length; at += DIGEST_BYTES) digests.push(readDigest(packed, at));
  return digests;
}
