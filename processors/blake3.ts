/**
 * BLAKE3 of up to 1,024 bytes, which are one chunk and no tree yet (J. O'Connor, J.-P. Aumasson, S. Neves,
 * Z. Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere", 2020). Every event is hashed, and a hash from
 * `node:crypto` takes three times as long, nearly all of it for the call and for the text that it makes; so do the
 * libraries in JavaScript. They say whether this is right (test/unit/processors/blake3.test.ts).
 */

export const CHUNK_BYTES = 1024;
/** Words of the whole hash. */
export const HASH_WORDS = 8;
const BLOCK_BYTES = 64;
const ROUNDS = 7;

/** What the last word of a block's state says. */
const CHUNK_START = 1;
const CHUNK_END = 2;
const ROOT = 8;

/** The first words of a chunk's chain; the first four begin the second half of each block's state. */
const IV0 = 0x6a09e667;
const IV1 = 0xbb67ae85 | 0;
const IV2 = 0x3c6ef372;
const IV3 = 0xa54ff53a | 0;
const IV = Int32Array.of(IV0, IV1, IV2, IV3, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);

/**
 * Hashes the first `bytes` of the input into `hash`: eight words, of which the bytes are little-endian. The input has
 * space for whole blocks of 64 bytes; what stands behind `bytes` in the last one is overwritten. Throws RangeError for
 * more than a chunk.
 */
export function blake3(input: DataView, bytes: number, hash: Int32Array): void {
  if (bytes > CHUNK_BYTES) throw new RangeError(`cannot hash ${bytes} bytes: expected at most ${CHUNK_BYTES}`);
  hash.set(IV);
  let at = 0;
  for (; bytes - at > BLOCK_BYTES; at += BLOCK_BYTES)
    compress(hash, input, at, BLOCK_BYTES, at === 0 ? CHUNK_START : 0);
  for (let end = bytes; end < at + BLOCK_BYTES; end += 1) input.setUint8(end, 0);
  compress(hash, input, at, bytes - at, (at === 0 ? CHUNK_START : 0) | CHUNK_END | ROOT);
}

/** Takes a block into the chain. State and message are variables, not arrays: with arrays it takes three times as long. */
// prettier-ignore
function compress(chain: Int32Array, input: DataView, at: number, bytes: number, flags: number): void {
  let v0 = chain[0]!, v1 = chain[1]!, v2 = chain[2]!, v3 = chain[3]!;
  let v4 = chain[4]!, v5 = chain[5]!, v6 = chain[6]!, v7 = chain[7]!;
  let v8 = IV0, v9 = IV1, v10 = IV2, v11 = IV3;
  let v12 = 0, v13 = 0, v14 = bytes, v15 = flags; // the chunk's number is 0
  let m0 = input.getInt32(at + 0, true); let m1 = input.getInt32(at + 4, true);
  let m2 = input.getInt32(at + 8, true); let m3 = input.getInt32(at + 12, true);
  let m4 = input.getInt32(at + 16, true); let m5 = input.getInt32(at + 20, true);
  let m6 = input.getInt32(at + 24, true); let m7 = input.getInt32(at + 28, true);
  let m8 = input.getInt32(at + 32, true); let m9 = input.getInt32(at + 36, true);
  let m10 = input.getInt32(at + 40, true); let m11 = input.getInt32(at + 44, true);
  let m12 = input.getInt32(at + 48, true); let m13 = input.getInt32(at + 52, true);
  let m14 = input.getInt32(at + 56, true); let m15 = input.getInt32(at + 60, true);
  for (let round = 1; ; round += 1) {
    // the columns
    v0 = (v0 + v4 + m0) | 0; v12 ^= v0; v12 = (v12 >>> 16) | (v12 << 16); v8 = (v8 + v12) | 0; v4 ^= v8; v4 = (v4 >>> 12) | (v4 << 20);
    v0 = (v0 + v4 + m1) | 0; v12 ^= v0; v12 = (v12 >>> 8) | (v12 << 24); v8 = (v8 + v12) | 0; v4 ^= v8; v4 = (v4 >>> 7) | (v4 << 25);
    v1 = (v1 + v5 + m2) | 0; v13 ^= v1; v13 = (v13 >>> 16) | (v13 << 16); v9 = (v9 + v13) | 0; v5 ^= v9; v5 = (v5 >>> 12) | (v5 << 20);
    v1 = (v1 + v5 + m3) | 0; v13 ^= v1; v13 = (v13 >>> 8) | (v13 << 24); v9 = (v9 + v13) | 0; v5 ^= v9; v5 = (v5 >>> 7) | (v5 << 25);
    v2 = (v2 + v6 + m4) | 0; v14 ^= v2; v14 = (v14 >>> 16) | (v14 << 16); v10 = (v10 + v14) | 0; v6 ^= v10; v6 = (v6 >>> 12) | (v6 << 20);
    v2 = (v2 + v6 + m5) | 0; v14 ^= v2; v14 = (v14 >>> 8) | (v14 << 24); v10 = (v10 + v14) | 0; v6 ^= v10; v6 = (v6 >>> 7) | (v6 << 25);
    v3 = (v3 + v7 + m6) | 0; v15 ^= v3; v15 = (v15 >>> 16) | (v15 << 16); v11 = (v11 + v15) | 0; v7 ^= v11; v7 = (v7 >>> 12) | (v7 << 20);
    v3 = (v3 + v7 + m7) | 0; v15 ^= v3; v15 = (v15 >>> 8) | (v15 << 24); v11 = (v11 + v15) | 0; v7 ^= v11; v7 = (v7 >>> 7) | (v7 << 25);
    // the diagonals
    v0 = (v0 + v5 + m8) | 0; v15 ^= v0; v15 = (v15 >>> 16) | (v15 << 16); v10 = (v10 + v15) | 0; v5 ^= v10; v5 = (v5 >>> 12) | (v5 << 20);
    v0 = (v0 + v5 + m9) | 0; v15 ^= v0; v15 = (v15 >>> 8) | (v15 << 24); v10 = (v10 + v15) | 0; v5 ^= v10; v5 = (v5 >>> 7) | (v5 << 25);
    v1 = (v1 + v6 + m10) | 0; v12 ^= v1; v12 = (v12 >>> 16) | (v12 << 16); v11 = (v11 + v12) | 0; v6 ^= v11; v6 = (v6 >>> 12) | (v6 << 20);
    v1 = (v1 + v6 + m11) | 0; v12 ^= v1; v12 = (v12 >>> 8) | (v12 << 24); v11 = (v11 + v12) | 0; v6 ^= v11; v6 = (v6 >>> 7) | (v6 << 25);
    v2 = (v2 + v7 + m12) | 0; v13 ^= v2; v13 = (v13 >>> 16) | (v13 << 16); v8 = (v8 + v13) | 0; v7 ^= v8; v7 = (v7 >>> 12) | (v7 << 20);
    v2 = (v2 + v7 + m13) | 0; v13 ^= v2; v13 = (v13 >>> 8) | (v13 << 24); v8 = (v8 + v13) | 0; v7 ^= v8; v7 = (v7 >>> 7) | (v7 << 25);
    v3 = (v3 + v4 + m14) | 0; v14 ^= v3; v14 = (v14 >>> 16) | (v14 << 16); v9 = (v9 + v14) | 0; v4 ^= v9; v4 = (v4 >>> 12) | (v4 << 20);
    v3 = (v3 + v4 + m15) | 0; v14 ^= v3; v14 = (v14 >>> 8) | (v14 << 24); v9 = (v9 + v14) | 0; v4 ^= v9; v4 = (v4 >>> 7) | (v4 << 25);
    if (round === ROUNDS) break;
    // the message's words in another order
    const n0 = m2; const n1 = m6; const n2 = m3; const n3 = m10; const n4 = m7; const n5 = m0; const n6 = m4; const n7 = m13;
    const n8 = m1; const n9 = m11; const n10 = m12; const n11 = m5; const n12 = m9; const n13 = m14; const n14 = m15; const n15 = m8;
    m0 = n0; m1 = n1; m2 = n2; m3 = n3; m4 = n4; m5 = n5; m6 = n6; m7 = n7;
    m8 = n8; m9 = n9; m10 = n10; m11 = n11; m12 = n12; m13 = n13; m14 = n14; m15 = n15;
  }
  chain[0] = v0 ^ v8; chain[1] = v1 ^ v9; chain[2] = v2 ^ v10; chain[3] = v3 ^ v11;
  chain[4] = v4 ^ v12; chain[5] = v5 ^ v13; chain[6] = v6 ^ v14; chain[7] = v7 ^ v15;
}
