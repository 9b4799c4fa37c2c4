/** A value with a checksum behind it: damage that leaves LMDB's pages well formed is seen when the value is read. */
import { crc32 } from '@node-rs/crc32';

/** What the checksum takes behind a value. */
export const SEAL_BYTES = 4;

export function seal(value: Buffer): Buffer {
  const sealed = Buffer.allocUnsafe(value.length + SEAL_BYTES);
  value.copy(sealed);
  sealInPlace(sealed);
  return sealed;
}

/** Writes the checksum into the last four bytes, which were left for it. */
export function sealInPlace(sealed: Buffer): void {
  const end = sealed.length - SEAL_BYTES;
  sealed.writeUInt32BE(crc32(sealed.subarray(0, end)), end);
}

/** Undefined when it is not what was sealed. */
export function unseal(sealed: Buffer): Buffer | undefined {
  const end = sealed.length - SEAL_BYTES;
  if (end < 0) return undefined;
  const value = sealed.subarray(0, end);
  return sealed.readUInt32BE(end) === crc32(value) ? value : undefined;
}
