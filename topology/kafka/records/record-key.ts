/** A record's key on its way out: its bytes and its hash, without a buffer of its own. */
import { writeAscii } from '../../../common/bytes.js';
import { keyHash } from './murmur2.js';

const FIRST_BYTES = 512;
/** Bytes of UTF-8 for a UTF-16 unit, at most. */
const BYTES_A_UNIT = 3;

export class RecordKey {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;
  #hash = keyHash(this.#bytes, 0);
  #text = '';

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  /** A key's partition is the remainder of this by the number of partitions. */
  get hash(): number {
    return this.#hash;
  }

  /** Takes another key. The outputs of one event mostly have one key and follow one another: it is looked at once. */
  set(text: string): void {
    if (text === this.#text) return;
    const most = text.length * BYTES_A_UNIT;
    if (most > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(most);
    this.#text = text;
    this.#length = writeAscii(text, this.#bytes, 0) ? text.length : this.#bytes.write(text);
    this.#hash = keyHash(this.#bytes, this.#length);
  }

  /** Gives the position behind it. There must be room. */
  writeTo(buffer: Buffer, at: number): number {
    // Keys are short: for so few bytes a loop is faster than a copy that needs a view first.
    for (let index = 0; index < this.#length; index += 1) buffer[at + index] = this.#bytes[index]!;
    return at + this.#length;
  }
}
