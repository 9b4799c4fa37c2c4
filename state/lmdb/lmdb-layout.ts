/**
 * How an LMDB data file of lmdb-js 3.5 is laid out, as far as it must be known to tell a sound one from a damaged one
 * without mapping it (mdb.c in node_modules/lmdb/dependencies; little-endian, 64-bit).
 *
 *     page      pgno:8 txnid:8 pad:2 flags:2, then lower:2 upper:2, or pages:4 in the first page of an overflow
 *     meta      in pages 0 and 1, and the flushed one in the second half of page 0: a page's header, then
 *               magic:4 version:4 address:8 mapsize:8 tree[2]:48 lastPage:8 txnid:8 bootId:8
 *     tree      pageSize:4 flags:2 depth:2 branchPages:8 leafPages:8 overflowPages:8 entries:8 root:8
 *     node      lo:2 hi:2 flags:2 keySize:2 key data, at the offsets that follow a page's header
 */
import { readFileSync } from 'node:fs';

export const PAGE_HEADER = 24;
export const NODE_HEADER = 8;
export const TREE_BYTES = 48;
const NO_PAGE = 0xffffffffffffffffn;
export const PAGE_KIND = { branch: 0x01, leaf: 0x02, overflow: 0x04, meta: 0x08 } as const;
export const PAGE_KINDS = 0x6f;
/** Of an entry whose value stands elsewhere: on pages of its own, or as a tree. Duplicates (4) are none of ours. */
export const NODE_FLAG = { overflow: 0x01, tree: 0x02 } as const;
/** Keys are integers in native order, so their bytes are not sorted. */
export const INTEGER_KEYS = 0x08;
export const META_BYTES = PAGE_HEADER + 144;

const MAGIC = 0xbeefc0de;
/** The data format of the lmdb-js that we use. */
export const DATA_VERSION = 2;
/** In a meta page: committed, not known to be on the disk. */
const UNFLUSHED = 0x1000;

export interface Tree {
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** Undefined: the tree is empty. */
  readonly root: number | undefined;
}

export interface Meta {
  readonly version: number;
  readonly pageSize: number;
  readonly free: Tree;
  readonly main: Tree;
  readonly lastPage: number;
  readonly txnId: number;
  readonly bootId: bigint;
  readonly isUnflushed: boolean;
}

/** Undefined when no meta page begins there. The flushed one carries no magic of its own. */
export function readMeta(bytes: Buffer, at: number, magic = true): Meta | undefined {
  const body = at + PAGE_HEADER;
  if (magic && (bytes.readUInt16LE(at + 18) & PAGE_KIND.meta) === 0) return undefined;
  if (magic && bytes.readUInt32LE(body) !== MAGIC) return undefined;
  return {
    version: bytes.readUInt32LE(body + 4) & 0xffff,
    pageSize: bytes.readUInt32LE(body + 24),
    free: readTree(bytes, body + 24),
    main: readTree(bytes, body + 72),
    lastPage: readNumber(bytes, body + 120),
    txnId: readNumber(bytes, body + 128),
    bootId: bytes.readBigInt64LE(body + 136),
    isUnflushed: (bytes.readUInt16LE(body + 28) & UNFLUSHED) !== 0,
  };
}

export function readTree(bytes: Buffer, at: number): Tree {
  return {
    flags: bytes.readUInt16LE(at + 4),
    depth: bytes.readUInt16LE(at + 6),
    branchPages: readNumber(bytes, at + 8),
    leafPages: readNumber(bytes, at + 16),
    overflowPages: readNumber(bytes, at + 24),
    entries: readNumber(bytes, at + 32),
    root: bytes.readBigUInt64LE(at + 40) === NO_PAGE ? undefined : readNumber(bytes, at + 40),
  };
}

/** 64 bits; past 2^53 only roughly, which no page number or count of ours comes near. */
export function readNumber(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
}

/** The state that LMDB opens, as its mdb_pick_meta decides: the newest, unless the machine has stopped since and it may not be on the disk. */
export function pickMeta(first: Meta, second: Meta, flushed: Meta): Meta {
  return pick(pick(first, second), flushed);
}

function pick(a: Meta, b: Meta): Meta {
  if (b.txnId === 0) return a;
  const latest = a.txnId >= b.txnId ? a : b;
  if (isOfThisBoot(latest) || !latest.isUnflushed) return latest;
  return a.txnId > b.txnId ? b : a;
}

function isOfThisBoot({ bootId }: Meta): boolean {
  // Elsewhere the id is not a file's to read: taken as the same, so that at worst a sound store is restored.
  if (process.platform !== 'linux') return true;
  // As LMDB makes it of the kernel's: the hexadecimal digits before the first dash.
  const text = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  return bootId !== 0n && bootId === BigInt(`0x${text.split('-')[0]}`);
}
