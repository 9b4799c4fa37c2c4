/** What LMDB's and the system's error numbers mean for a store. */
import { constants } from 'node:os';

/**
 * LMDB: a page is missing or of the wrong kind, a wrong version, no LMDB file; and what a write comes to on pages that do
 * not fit together: a tree too deep, a page too full, a free list with bad entries, a transaction that must abort.
 */
const DAMAGE = new Set([-30797, -30796, -30794, -30793, -30787, -30786, -30782, -30779]);

const { ENOSPC, EDQUOT, EFBIG, EIO, EROFS } = constants.errno;
/** What waiting may cure. LMDB calls a write that the full disk cut short EIO; -30792 is its own map that cannot grow. */
const FULL = new Set<unknown>([ENOSPC, EDQUOT, EFBIG, EIO, EROFS, -30792]);
const FULL_NAMES = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS']);

/** The store is not what it was written as. */
export function isDamage(error: unknown): boolean {
  return DAMAGE.has((error as { code?: number } | undefined)?.code ?? 0);
}

/** The disk takes no more. */
export function isFull(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return FULL.has(code) || FULL_NAMES.has(code);
}
