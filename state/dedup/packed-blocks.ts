/**
 * Numbered blocks of memory of many lengths, packed: blocks of one length lie side by side in pages of their own, and
 * the last of them fills the gap when one goes. Nothing is lost but the ends of pages, however the lengths change.
 *
 * A block's first word is its number, by which it is found again when it has been moved.
 */

/** Words are of four bytes. */
const PAGE_WORDS = 1024;
const CHUNK_BITS = 18;
const CHUNK_WORDS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_WORDS - 1;
const PIECE_BITS = 11;
const PIECE_WORDS = 1 << PIECE_BITS;
const PIECE_MASK = PIECE_WORDS - 1;

/** Pages, allocated together: the same memory as words and as bytes. */
export interface Chunk {
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
}

interface SameLength {
  readonly perPage: number;
  /** Where each page begins. */
  readonly pages: number[];
  blocks: number;
}

export class PackedBlocks {
  readonly #chunks: Chunk[] = [];
  /** Where each block's second word lies, by number, in pieces; 0 for one that is not there. */
  readonly #addresses: Uint32Array[] = [];
  readonly #byLength: (SameLength | undefined)[] = [];
  readonly #freePages: number[] = [];
  /** Chunks in use: those behind them were never touched, and take no memory yet. */
  #pages = 0;

  get bytes(): number {
    return 4 * (this.#pages * PAGE_WORDS + this.#addresses.length * PIECE_WORDS);
  }

  /** 0 when there is no such block. An address holds until the next change of any block's length. */
  addressOf(number: number): number {
    const piece = this.#addresses[number >>> PIECE_BITS];
    return piece === undefined ? 0 : piece[number & PIECE_MASK]!;
  }

  chunkOf(address: number): Chunk {
    return this.#chunks[address >>> CHUNK_BITS]!;
  }

  /** The address's word in its chunk. */
  offsetOf(address: number): number {
    return address & CHUNK_MASK;
  }

  /** Gives a block another length, in words, with its own as the first; 0 is none. What fits stays, new words hold anything. */
  resize(number: number, from: number, to: number): void {
    const old = this.addressOf(number) - 1;
    const piece = (this.#addresses[number >>> PIECE_BITS] ??= new Uint32Array(PIECE_WORDS));
    if (to === 0) {
      piece[number & PIECE_MASK] = 0;
    } else {
      const start = this.#take(to);
      this.#words(start)[start & CHUNK_MASK] = number;
      if (from > 0) this.#copy(old + 1, start + 1, Math.min(from, to) - 1);
      piece[number & PIECE_MASK] = start + 1;
    }
    if (from > 0) this.#release(old, from);
  }

  #take(length: number): number {
    const same = (this.#byLength[length] ??= { perPage: Math.floor(PAGE_WORDS / length), pages: [], blocks: 0 });
    if (same.blocks === same.pages.length * same.perPage) same.pages.push(this.#takePage());
    same.blocks += 1;
    return startOfLast(same, length);
  }

  #release(start: number, length: number): void {
    const same = this.#byLength[length]!;
    const last = startOfLast(same, length);
    if (last !== start) {
      this.#copy(last, start, length);
      const number = this.#words(start)[start & CHUNK_MASK]!;
      this.#addresses[number >>> PIECE_BITS]![number & PIECE_MASK] = start + 1;
    }
    same.blocks -= 1;
    if (same.blocks % same.perPage === 0) this.#freePages.push(same.pages.pop()!);
  }

  #takePage(): number {
    const free = this.#freePages.pop();
    if (free !== undefined) return free;
    const page = this.#pages * PAGE_WORDS;
    if ((page & CHUNK_MASK) === 0) {
      const words = new Uint32Array(CHUNK_WORDS);
      this.#chunks.push({ words, bytes: new Uint8Array(words.buffer) });
    }
    this.#pages += 1;
    return page;
  }

  #copy(from: number, to: number, count: number): void {
    const source = this.#words(from);
    const target = this.#words(to);
    const sourceAt = from & CHUNK_MASK;
    const targetAt = to & CHUNK_MASK;
    if (source === target) source.copyWithin(targetAt, sourceAt, sourceAt + count);
    else target.set(source.subarray(sourceAt, sourceAt + count), targetAt);
  }

  #words(address: number): Uint32Array {
    return this.#chunks[address >>> CHUNK_BITS]!.words;
  }
}

function startOfLast({ perPage, pages, blocks }: SameLength, length: number): number {
  return pages[pages.length - 1]! + ((blocks - 1) % perPage) * length;
}
