/** Digests one after another, as the commit, the changelog and the store keep them: no object is kept for each. */

/** The first 16 bytes of a hash over the event's identity, as four int32, little-endian: neither a text nor a buffer is made of each. */
export interface Digest {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

export const DIGEST_BYTES = 16;

export function writeDigest({ w0, w1, w2, w3 }: Digest, into: Uint8Array, at: number): void {
  writeWord(w0, into, at);
  writeWord(w1, into, at + 4);
  writeWord(w2, into, at + 8);
  writeWord(w3, into, at + 12);
}

export function readDigest(packed: Uint8Array, at: number): Digest {
  return {
    w0: wordAt(packed, at),
    w1: wordAt(packed, at + 4),
    w2: wordAt(packed, at + 8),
    w3: wordAt(packed, at + 12),
  };
}

/** Four bytes as an int32, the first one lowest. */
export function wordAt(packed: Uint8Array, at: number): number {
  return packed[at]! | (packed[at + 1]! << 8) | (packed[at + 2]! << 16) | (packed[at + 3]! << 24);
}

/** Whether the digest is one of these. */
export function holdsDigest(packed: Uint8Array, digest: Digest): boolean {
  const first = digest.w0 & 0xff;
  for (let at = 0; at < packed.length; at += DIGEST_BYTES) {
    if (packed[at] === first && isDigestAt(packed, at, digest)) return true;
  }
  return false;
}

function isDigestAt(packed: Uint8Array, at: number, { w0, w1, w2, w3 }: Digest): boolean {
  return (
    wordAt(packed, at) === w0 &&
    wordAt(packed, at + 4) === w1 &&
    wordAt(packed, at + 8) === w2 &&
    wordAt(packed, at + 12) === w3
  );
}

function writeWord(word: number, into: Uint8Array, at: number): void {
  into[at] = word;
  into[at + 1] = word >>> 8;
  into[at + 2] = word >>> 16;
  into[at + 3] = word >>> 24;
}

export function packDigests(digests: readonly Digest[]): Buffer {
  const packed = Buffer.allocUnsafe(digests.length * DIGEST_BYTES);
  for (const [index, digest] of digests.entries()) writeDigest(digest, packed, index * DIGEST_BYTES);
  return packed;
}

/** The digest's bytes in hexadecimal. */
export function hexOf(digest: Digest): string {
  return packDigests([digest]).toString('hex');
}
