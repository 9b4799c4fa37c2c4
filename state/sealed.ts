/** A value with a checksum behind it: damage that leaves LMDB's pages well formed is seen when the value is read. */
import { crc32 } from '@node-rs/crc32';

const CHECKSUM_BYTES = 4;

export function seal(value: Buffer): Buffer {
  const sealed = Buffer.allocUnsafe(value.length + CHECKSUM_BYTES);
  value.copy(sealed);
  sealed.writeUInt32BE(crc32(value), value.length);
  return sealed;
}

/** Undefined when it is not what was sealed. */
export function unseal(sealed: Buffer): Buffer | undefined {
  const end = sealed.length - CHECKSUM_BYTES;
  if (end < 0) return undefined;
  const value = sealed.subarray(0, end);
  return sealed.readUInt32BE(end) === crc32(value) ? value : undefined;
}
