/**
 * Whether LMDB's data file is sound, found out by reading it: LMDB maps the file and trusts it, so that a damaged or
 * truncated one ends the process with a signal that nothing can catch.
 *
 * Every page that is reachable from the state that LMDB would open must be in the file, be what its parent takes it
 * for, be reachable once, and hold its keys in order; what was counted must be what the trees say of themselves.
 * Damage inside of a value that leaves all this as it is goes unseen.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  DATA_VERSION,
  META_BYTES,
  PAGE_HEADER,
  PAGE_KIND,
  PAGE_KINDS,
  pickMeta,
  readMeta,
  readNumber,
  type Meta,
  type Tree,
} from './lmdb-layout.js';
import { checkPage, DamageError, FoundTree, type PageOf } from './lmdb-page.js';

export type DataFileVerdict =
  | { readonly kind: 'absent' }
  | { readonly kind: 'sound'; readonly pages: number }
  | { readonly kind: 'damaged'; readonly why: string }
  /** Written by a newer LMDB. */
  | { readonly kind: 'newer'; readonly version: number };

const READ_AHEAD_BYTES = 1024 * 1024;
/** Pages between two turns of the event loop. */
const PAGES_A_TURN = 4096;

export async function checkDataFile(path: string): Promise<DataFileVerdict> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' };
    throw error;
  }
  try {
    const size = fstatSync(fd).size;
    const meta = newestMeta(fd, size);
    if (meta.version > DATA_VERSION) return { kind: 'newer', version: meta.version };
    await readAhead(fd, size);
    return { kind: 'sound', pages: await new PageWalk(fd, size, meta).run() };
  } catch (error) {
    if (error instanceof DamageError) return { kind: 'damaged', why: error.message };
    throw error;
  } finally {
    closeSync(fd);
  }
}

function newestMeta(fd: number, size: number): Meta {
  const head = Buffer.alloc(META_BYTES);
  if (readSync(fd, head, 0, META_BYTES, 0) < META_BYTES) {
    throw new DamageError(`the file has ${size} bytes, fewer than a header`);
  }
  const first = readMeta(head, 0);
  if (!first) throw new DamageError('the file does not begin as an LMDB file does');
  const { pageSize, version } = first;
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) {
    throw new DamageError(`the page size is ${pageSize}`);
  }
  const pages = Buffer.alloc(2 * pageSize);
  if (readSync(fd, pages, 0, pages.length, 0) < pages.length) {
    throw new DamageError(`the file has ${size} bytes, fewer than its two meta pages`);
  }
  const second = readMeta(pages, pageSize);
  if (!second) throw new DamageError('the second meta page is none');
  if (second.version !== version) throw new DamageError(`its meta pages name formats ${version} and ${second.version}`);
  if (version > DATA_VERSION) return first;
  if (version < DATA_VERSION) throw new DamageError(`it has LMDB's data format ${version}, read is ${DATA_VERSION}`);
  return pickMeta(first, second, readMeta(pages, pageSize / 2, false)!);
}

/** In file order, which is what a disk is fast at; the walk then finds the pages in memory. */
async function readAhead(fd: number, size: number): Promise<void> {
  const block = Buffer.allocUnsafe(READ_AHEAD_BYTES);
  for (let at = 0; at < size; at += block.length) {
    readSync(fd, block, 0, block.length, at);
    await nextTurn();
  }
}

/** Goes through every page in use, and remembers which they are. */
class PageWalk {
  readonly #fd: number;
  readonly #meta: Meta;
  readonly #filePages: number;
  readonly #seen: Uint8Array;
  readonly #waiting: PageOf[] = [];
  readonly #trees: FoundTree[] = [];
  readonly #head = Buffer.allocUnsafe(PAGE_HEADER);

  constructor(fd: number, size: number, meta: Meta) {
    this.#fd = fd;
    this.#meta = meta;
    this.#filePages = Math.floor(size / meta.pageSize);
    this.#seen = new Uint8Array(this.#filePages);
  }

  /** The number of tree pages. Rejects with DamageError. */
  async run(): Promise<number> {
    const page = Buffer.allocUnsafe(this.#meta.pageSize);
    let walked = 0;
    this.#enter('the free list', this.#meta.free);
    this.#enter('the list of tables', this.#meta.main);
    for (let next = this.#waiting.pop(); next; next = this.#waiting.pop()) {
      const { number, level, tree } = next;
      this.#use(number, 1, tree);
      this.#read(number, page);
      checkPage(page, next, {
        child: (child) => this.#waiting.push({ number: child, level: level + 1, tree }),
        table: (name, said) => this.#enter(`table ${name}`, said),
        overflow: (first, pages) => this.#overflow(first, pages, tree),
      });
      walked += 1;
      if (walked % PAGES_A_TURN === 0) await nextTurn();
    }
    for (const tree of this.#trees) tree.settle();
    return walked;
  }

  #enter(name: string, said: Tree): void {
    const tree = new FoundTree(name, said);
    this.#trees.push(tree);
    if (said.root !== undefined) this.#waiting.push({ number: said.root, level: 1, tree });
  }

  #overflow(first: number, pages: number, tree: FoundTree): void {
    this.#use(first, pages, tree);
    this.#read(first, this.#head);
    const kind = this.#head.readUInt16LE(18) & PAGE_KINDS;
    if (readNumber(this.#head, 0) !== first || kind !== PAGE_KIND.overflow || this.#head.readUInt32LE(20) !== pages) {
      throw new DamageError(`page ${first} is not the value that ${tree.name} takes it for`);
    }
  }

  #use(first: number, pages: number, { name }: FoundTree): void {
    const end = first + pages;
    if (first < 2 || end > this.#meta.lastPage + 1) {
      throw new DamageError(`${name} refers to page ${end - 1}, the last one is ${this.#meta.lastPage}`);
    }
    if (end > this.#filePages) {
      throw new DamageError(
        `${name} refers to page ${end - 1}, the file was cut off after page ${this.#filePages - 1}`,
      );
    }
    for (let page = first; page < end; page += 1) {
      if (this.#seen[page] !== 0) throw new DamageError(`page ${page} is in use twice`);
      this.#seen[page] = 1;
    }
  }

  #read(page: number, into: Buffer): void {
    if (readSync(this.#fd, into, 0, into.length, page * this.#meta.pageSize) < into.length) {
      throw new DamageError(`page ${page} can not be read whole`);
    }
  }
}
