/**
 * Reads private parts of LMDB's file format, as lmdb-js 3.5 has it: the headers of its pages, in file order, which also
 * brings a file into memory as a disk likes it. What LMDB neither checks nor survives is found here: a file of another
 * format, and a page that lies where another belongs, or says that it was written by a transaction that never was.
 *
 *     page    number:8 transaction:8 pad:2 flags:2 …    little-endian
 *     meta    a page's header, then magic:4 version:4 … pageSize:4 at 48 … transaction:8 at 152; pages 0 and 1 are such
 *
 * A page without such a header is one of a value that takes several, or was never written.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export type HeaderVerdict =
  | { readonly kind: 'sound' }
  | { readonly kind: 'damaged'; readonly why: string }
  /** Written by a newer LMDB. */
  | { readonly kind: 'newer'; readonly version: number };

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const META_BYTES = 160;
/** Flags of branch, leaf and overflow pages. */
const FLAGS = new Set([1, 2, 4]);
/** Transactions that LMDB took back after a crash may have written pages since, which are free now. */
const MOST_TAKEN_BACK = 1_000_000;
/** A multiple of every page size. */
const BLOCK_BYTES = 1024 * 1024;

/** `onBlock` is called for each MiB. */
export function checkHeaders(path: string, onBlock: () => void): HeaderVerdict {
  const file = openSync(path, 'r');
  try {
    const metas = [Buffer.alloc(META_BYTES), Buffer.alloc(META_BYTES)] as const;
    readSync(file, metas[0], 0, META_BYTES, 0);
    const [version, pageSize] = [metas[0].readUInt16LE(28), metas[0].readUInt32LE(48)];
    if (metas[0].readUInt32LE(24) !== MAGIC)
      return damaged(`the file of ${fstatSync(file).size} bytes does not begin as an LMDB file does`);
    if (version > DATA_VERSION) return { kind: 'newer', version };
    if (version < DATA_VERSION) return damaged(`it has LMDB's data format ${version}, read is ${DATA_VERSION}`);
    if (pageSize < 512 || BLOCK_BYTES % pageSize !== 0) return damaged(`the page size is ${pageSize}`);
    const isShort = readSync(file, metas[1], 0, META_BYTES, pageSize) < META_BYTES;
    if (isShort || metas[1].readUInt32LE(24) !== MAGIC)
      return damaged('its second page is not as that of an LMDB file');
    const newest = Math.max(...metas.map((meta) => numberAt(meta, 152)));
    const why = strangePage(file, pageSize, newest, onBlock);
    return why === undefined ? { kind: 'sound' } : damaged(why);
  } finally {
    closeSync(file);
  }
}

function strangePage(file: number, pageSize: number, newest: number, onBlock: () => void): string | undefined {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let start = 0; ; start += BLOCK_BYTES) {
    const end = readSync(file, block, 0, BLOCK_BYTES, start);
    if (end === 0) return undefined;
    for (let at = start === 0 ? 2 * pageSize : 0; at + pageSize <= end; at += pageSize) {
      if (block.readUInt16LE(at + 16) !== 0 || !FLAGS.has(block.readUInt16LE(at + 18))) continue;
      const page = (start + at) / pageSize;
      if (numberAt(block, at) !== page) return `page ${page} says that it is page ${numberAt(block, at)}`;
      const transaction = numberAt(block, at + 8);
      if (transaction > newest + MOST_TAKEN_BACK)
        return `page ${page} is of transaction ${transaction}, the newest is ${newest}`;
    }
    onBlock();
  }
}

/** 64 bits; past 2^53 only roughly. */
function numberAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
}

function damaged(why: string): HeaderVerdict {
  return { kind: 'damaged', why };
}
