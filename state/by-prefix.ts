/**
 * Digests in the order of their first two bytes, so that a large write goes through the store's tree page by page.
 * Counted, not compared: two bytes part five million digests into pages, and a sort would cost more than it saves.
 */
import type { Digest } from '../topology/context.js';
import type { BucketEntries } from './changelog-entry.js';

export interface DigestsByPrefix {
  readonly digests: readonly Digest[];
  /** The bucket that each of them is of. */
  readonly buckets: readonly BucketEntries[];
}

const PREFIXES = 0x1_0000;
/** Fewer than these touch a page each in whatever order. */
const WORTH_IT = 4096;

/** A digest that is named twice stays behind the one that was named before it. */
export function digestsByPrefix(lists: readonly BucketEntries[]): DigestsByPrefix {
  const total = lists.reduce((sum, { digests }) => sum + digests.length, 0);
  const place = total < WORTH_IT ? inTurn() : byPrefix(lists);
  const digests = new Array<Digest>(total);
  const buckets = new Array<BucketEntries>(total);
  for (const list of lists) {
    for (const digest of list.digests) {
      const at = place(digest);
      digests[at] = digest;
      buckets[at] = list;
    }
  }
  return { digests, buckets };
}

function inTurn(): (digest: Digest) => number {
  let next = 0;
  return () => next++;
}

function byPrefix(lists: readonly BucketEntries[]): (digest: Digest) => number {
  const next = new Uint32Array(PREFIXES + 1);
  for (const { digests } of lists) for (const digest of digests) next[prefixOf(digest) + 1]! += 1;
  for (let prefix = 1; prefix <= PREFIXES; prefix += 1) next[prefix]! += next[prefix - 1]!;
  return (digest) => next[prefixOf(digest)]!++;
}

function prefixOf(digest: Digest): number {
  return (digest.charCodeAt(0) << 8) | digest.charCodeAt(1);
}
