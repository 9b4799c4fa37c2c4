/** One page of an LMDB file: whether it is what its parent takes it for, and what it refers to. */
import {
  INTEGER_KEYS,
  NODE_FLAG,
  NODE_HEADER,
  PAGE_HEADER,
  PAGE_KIND,
  PAGE_KINDS,
  readNumber,
  readTree,
  TREE_BYTES,
  type Tree,
} from './lmdb-layout.js';

/** What is wrong with a file, in words that stand after its name. */
export class DamageError extends Error {}

/** A tree, with what was found in it so far. */
export class FoundTree {
  readonly name: string;
  readonly said: Tree;
  branchPages = 0;
  leafPages = 0;
  overflowPages = 0;
  entries = 0;

  constructor(name: string, said: Tree) {
    this.name = name;
    this.said = said;
  }

  /** Once all of its pages were seen. */
  settle(): void {
    const { said } = this;
    for (const count of ['branchPages', 'leafPages', 'overflowPages', 'entries'] as const) {
      if (this[count] === said[count]) continue;
      throw new DamageError(`${this.name} says that it has ${said[count]} ${WORDS[count]}, and has ${this[count]}`);
    }
  }
}

const WORDS = {
  branchPages: 'branch pages',
  leafPages: 'leaf pages',
  overflowPages: 'overflow pages',
  entries: 'entries',
} as const;

export interface PageOf {
  readonly number: number;
  /** 1 at the root. */
  readonly level: number;
  readonly tree: FoundTree;
}

export interface References {
  child(number: number): void;
  table(name: string, tree: Tree): void;
  overflow(number: number, pages: number): void;
}

/** Throws DamageError. */
export function checkPage(page: Buffer, { number, level, tree }: PageOf, refer: References): void {
  const isLeaf = level === tree.said.depth;
  const kind = page.readUInt16LE(18) & PAGE_KINDS;
  const lower = page.readUInt16LE(20);
  const upper = page.readUInt16LE(22);
  const wanted = isLeaf ? PAGE_KIND.leaf : PAGE_KIND.branch;
  if (readNumber(page, 0) !== number || kind !== wanted) {
    throw new DamageError(
      `page ${number} is not the ${isLeaf ? 'leaf' : 'branch'} page that ${tree.name} takes it for`,
    );
  }
  const nodes = lower >> 1;
  if (nodes === 0 || lower > upper || upper > page.length - PAGE_HEADER) {
    throw new DamageError(`page ${number} of ${tree.name} has no sound list of nodes`);
  }
  const isOrdered = (tree.said.flags & INTEGER_KEYS) === 0;
  if (isLeaf) {
    tree.leafPages += 1;
    tree.entries += nodes;
  } else tree.branchPages += 1;
  let previous = 0;
  let previousEnd = 0;
  for (let node = 0; node < nodes; node += 1) {
    const at = page.readUInt16LE(PAGE_HEADER + 2 * node) + PAGE_HEADER;
    if (at < upper + PAGE_HEADER || at + NODE_HEADER > page.length) throw badNode(number, node, tree);
    const key = at + NODE_HEADER;
    const end = key + page.readUInt16LE(at + 6);
    if (end > page.length) throw badNode(number, node, tree);
    // The first key of a branch page is left out.
    if (isOrdered && node > (isLeaf ? 0 : 1) && !isBefore(page, previous, previousEnd, key, end)) {
      throw new DamageError(`the keys on page ${number} of ${tree.name} are not in order`);
    }
    previous = key;
    previousEnd = end;
    if (isLeaf) checkLeafNode(page, at, end, number, node, tree, refer);
    else
      refer.child(page.readUInt16LE(at) + page.readUInt16LE(at + 2) * 0x1_0000 + page.readUInt16LE(at + 4) * 2 ** 32);
  }
}

function checkLeafNode(
  page: Buffer,
  at: number,
  value: number,
  number: number,
  node: number,
  tree: FoundTree,
  refer: References,
): void {
  const size = page.readUInt16LE(at) + page.readUInt16LE(at + 2) * 0x1_0000;
  const flags = page.readUInt16LE(at + 4);
  if (flags === 0) {
    if (value + size > page.length) throw badNode(number, node, tree);
  } else if (flags === NODE_FLAG.overflow && value + 24 <= page.length) {
    const pages = readNumber(page, value + 16);
    if (pages * page.length - PAGE_HEADER < size) throw badNode(number, node, tree);
    tree.overflowPages += pages;
    refer.overflow(readNumber(page, value), pages);
  } else if (flags === NODE_FLAG.tree && size === TREE_BYTES && value + size <= page.length) {
    refer.table(page.toString('utf8', at + NODE_HEADER, value), readTree(page, value));
  } else throw badNode(number, node, tree);
}

/** Byte by byte, the shorter first. By hand: neighbours differ early, and a call into Buffer costs more than that. */
function isBefore(page: Buffer, a: number, aEnd: number, b: number, bEnd: number): boolean {
  let [left, right] = [a, b];
  while (left < aEnd && right < bEnd && page[left] === page[right]) {
    left += 1;
    right += 1;
  }
  if (left === aEnd) return right < bEnd;
  return right < bEnd && page[left]! < page[right]!;
}

function badNode(number: number, node: number, tree: FoundTree): DamageError {
  return new DamageError(`entry ${node} of page ${number} of ${tree.name} is not well formed`);
}
