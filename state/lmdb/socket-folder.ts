/** Where sockets of a folder are bound and connected to: a socket's path is bounded by the kernel (108 bytes on Linux), a folder's is not. */

/** Bytes; 104 with the byte at its end where it is least. */
const MOST_BYTES = 100;

/** A short path to the folder that `handle` has open; the folder's own where there is none. */
export function socketFolder(folder: string, handle: number): string {
  return process.platform === 'linux' ? `/proc/self/fd/${handle}` : folder;
}

/** A longer one is cut in silence, or refused. */
export function fitsSocket(path: string): boolean {
  return Buffer.byteLength(path) <= MOST_BYTES;
}
