/** Reading and writing the Kafka protocol's primitive types on one buffer, without an object a value. */

/** A growing buffer that is written front to back. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(initialBytes = 1024) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far, not copied: valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** What is written into, for those who write in place: valid until the next write or `reserve`. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Drops what stands behind a position, or takes in what was written in place up to it. */
  moveTo(position: number): void {
    this.#length = position;
  }

  /** Reserves space for so many bytes behind what is written. */
  reserve(size: number): void {
    const at = this.#grow(size);
    this.#length = at;
  }

  int8(value: number): this {
    const at = this.#grow(1);
    this.#buffer[at] = value & 0xff;
    return this;
  }

  int16(value: number): this {
    const at = this.#grow(2);
    this.#buffer.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#grow(4);
    this.#buffer.writeInt32BE(value, at);
    return this;
  }

  uint32(value: number): this {
    const at = this.#grow(4);
    this.#buffer.writeUInt32BE(value, at);
    return this;
  }

  /** An int64 given as a safe integer. */
  int64(value: number): this {
    const at = this.#grow(8);
    const high = Math.floor(value / 0x1_0000_0000);
    this.#buffer.writeInt32BE(high, at);
    this.#buffer.writeUInt32BE(value - high * 0x1_0000_0000, at + 4);
    return this;
  }

  bigint64(value: bigint): this {
    const at = this.#grow(8);
    this.#buffer.writeBigInt64BE(value, at);
    return this;
  }

  /** Zigzag varint of a safe integer (varlong too: the encoding is the same). */
  varint(value: number): this {
    if (value >= -0x4000_0000 && value < 0x4000_0000) {
      let rest = (value << 1) ^ (value >> 31);
      const at = this.#grow(5);
      let end = at;
      while (rest > 0x7f || rest < 0) {
        this.#buffer[end++] = (rest & 0x7f) | 0x80;
        rest >>>= 7;
      }
      this.#buffer[end++] = rest;
      this.#length = end;
      return this;
    }
    return this.varlong(BigInt(value));
  }

  /** Zigzag varlong of an int64. */
  varlong(value: bigint): this {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    while (rest > 0x7fn) {
      this.int8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    return this.int8(Number(rest));
  }

  /** Unsigned varint, for the flexible versions of the protocol (KIP-482). */
  uvarint(value: number): this {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.int8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.int8(rest);
  }

  raw(bytes: Buffer): this {
    const at = this.#grow(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  utf8(text: string): this {
    const size = Buffer.byteLength(text);
    const at = this.#grow(size);
    this.#buffer.write(text, at, size, 'utf8');
    return this;
  }

  string(text: string): this {
    return this.int16(Buffer.byteLength(text)).utf8(text);
  }

  compactString(text: string): this {
    return this.uvarint(Buffer.byteLength(text) + 1).utf8(text);
  }

  /** Leaves space for what is written later. */
  skip(size: number): this {
    this.#grow(size);
    return this;
  }

  /** Bytes that fit without another allocation. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** Reserves `size` bytes and returns where they start. */
  #grow(size: number): number {
    const at = this.#length;
    const needed = at + size;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, needed));
      larger.set(this.#buffer.subarray(0, at));
      this.#buffer = larger;
    }
    this.#length = needed;
    return at;
  }
}

/** Reads a buffer front to back; throws RangeError past the end. */
export class ByteReader {
  readonly #buffer: Buffer;
  #at: number;

  constructor(buffer: Buffer, at = 0) {
    this.#buffer = buffer;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#buffer.length - this.#at;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#advance(4));
  }

  /** An int64 as a number; exact below 2^53, which offsets and times are. */
  int64(): number {
    const at = this.#advance(8);
    return this.#buffer.readInt32BE(at) * 0x1_0000_0000 + this.#buffer.readUInt32BE(at + 4);
  }

  bigint64(): bigint {
    return this.#buffer.readBigInt64BE(this.#advance(8));
  }

  /** Goes on from there. */
  moveTo(position: number): void {
    this.#advance(position - this.#at);
  }

  /** Passes over so many bytes. */
  skip(size: number): void {
    this.#advance(size);
  }

  /** Zigzag varint or varlong, as a number. */
  varint(): number {
    let shift = 0;
    let low = 0;
    for (;;) {
      const byte = this.#byte();
      if (shift < 28) {
        low |= (byte & 0x7f) << shift;
        shift += 7;
        if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
      } else {
        return this.#longVarint(low, shift, byte);
      }
    }
  }

  uvarint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  }

  raw(size: number): Buffer {
    const at = this.#advance(size);
    return this.#buffer.subarray(at, at + size);
  }

  string(): string {
    return this.raw(this.int16()).toString('utf8');
  }

  nullableString(): string | null {
    const size = this.int16();
    return size < 0 ? null : this.raw(size).toString('utf8');
  }

  compactString(): string {
    return this.raw(this.uvarint() - 1).toString('utf8');
  }

  compactNullableString(): string | null {
    const size = this.uvarint();
    return size === 0 ? null : this.raw(size - 1).toString('utf8');
  }

  /** Skips the tagged fields of a flexible version: none of them is known to us. */
  tags(): void {
    for (let left = this.uvarint(); left > 0; left -= 1) {
      this.uvarint();
      this.raw(this.uvarint());
    }
  }

  #longVarint(low: number, shift: number, first: number): number {
    let value = BigInt(low >>> 0) | (BigInt(first & 0x7f) << BigInt(shift));
    let byte = first;
    let bits = BigInt(shift);
    while (byte >= 0x80) {
      bits += 7n;
      if (bits > 63n) throw new RangeError('varint of more than 10 bytes');
      byte = this.#byte();
      value |= BigInt(byte & 0x7f) << bits;
    }
    return Number((value >> 1n) ^ -(value & 1n));
  }

  #byte(): number {
    return this.#buffer[this.#advance(1)]!;
  }

  #advance(size: number): number {
    const at = this.#at;
    if (size < 0 || at + size > this.#buffer.length) {
      throw new RangeError(`wanted ${size} bytes at ${at} of ${this.#buffer.length}`);
    }
    this.#at = at + size;
    return at;
  }
}

/** False, with anything written, for what is not ASCII. There must be space for it. For a few characters a call takes longer than this loop. */
export function writeAscii(text: string, into: Uint8Array, at: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return false;
    into[at + index] = unit;
  }
  return true;
}
