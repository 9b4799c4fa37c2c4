/** The Java client's default partitioner: murmur2 of the key, made positive, modulo the partition count. */

const M = 0x5bd1e995;
const SEED = 0x9747b28c;

/** murmur2 as in org.apache.kafka.common.utils.Utils, as an int32, of the first `length` bytes. */
export function murmur2(data: Uint8Array, length = data.length): number {
  let h = SEED ^ length;
  const body = length & ~3;
  for (let i = 0; i < body; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    k = Math.imul(k, M);
    h = Math.imul(h, M) ^ k;
  }
  const tail = length - body;
  if (tail > 2) h ^= data[body + 2]! << 16;
  if (tail > 1) h ^= data[body + 1]! << 8;
  if (tail > 0) h = Math.imul(h ^ data[body]!, M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}

/** What a key's partition is the remainder of, by the number of partitions. */
export function keyHash(key: Uint8Array, length = key.length): number {
  return murmur2(key, length) & 0x7fffffff;
}

/** The partition that a key goes to. */
export function partitionFor(key: Uint8Array, partitions: number): number {
  return keyHash(key) % partitions;
}
