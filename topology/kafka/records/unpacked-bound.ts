/**
 * How much compressed data can unpack to at most, known from its framing without unpacking it: a few hundred bytes may
 * be gigabytes, and the unpackers allocate before anybody can look.
 */

/** Bytes of a snappy block, as its preamble states them. */
export function snappyBound(block: Buffer): number {
  let size = 0;
  for (let at = 0, factor = 1; at < 5; at += 1, factor *= 128) {
    const byte = block.readUInt8(at);
    size += (byte & 0x7f) * factor;
    if (byte < 0x80) return size;
  }
  throw new RangeError('a snappy block states its size in more than 5 bytes');
}

const LZ4_MAGIC = 0x184d2204;
const LZ4_CONTENT_SIZE = 0x08;
const LZ4_BLOCK_CHECKSUM = 0x10;
const LZ4_CONTENT_CHECKSUM = 0x04;
const LZ4_DICTIONARY = 0x01;

/** Bytes of lz4 frames: each block is full, or as long as it says when it is not compressed. */
export function lz4Bound(packed: Buffer): number {
  let bound = 0;
  for (let at = 0; at < packed.length;) {
    if (packed.readUInt32LE(at) !== LZ4_MAGIC) throw new RangeError(`no lz4 frame begins at byte ${at}`);
    const flags = packed.readUInt8(at + 4);
    const largest = 1 << (2 * ((packed.readUInt8(at + 5) >> 4) & 7) + 8);
    at += 7 + (flags & LZ4_CONTENT_SIZE ? 8 : 0) + (flags & LZ4_DICTIONARY ? 4 : 0);
    for (;;) {
      const block = packed.readUInt32LE(at);
      at += 4;
      if (block === 0) break;
      const size = block & 0x7fff_ffff;
      bound += block > 0x7fff_ffff ? size : largest;
      at += size + (flags & LZ4_BLOCK_CHECKSUM ? 4 : 0);
    }
    at += flags & LZ4_CONTENT_CHECKSUM ? 4 : 0;
  }
  return bound;
}

const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_BLOCK = 128 * 1024;
const ZSTD_RLE = 1;
const ZSTD_COMPRESSED = 2;

/** Bytes of zstd frames, counting the window that each asks for, since that much is allocated. */
export function zstdBound(packed: Buffer): number {
  let bound = 0;
  for (let at = 0; at < packed.length;) {
    const magic = packed.readUInt32LE(at);
    if (magic >>> 4 === 0x184d2a5) {
      at += 8 + packed.readUInt32LE(at + 4); // a skippable frame
      continue;
    }
    if (magic !== ZSTD_MAGIC) throw new RangeError(`no zstd frame begins at byte ${at}`);
    const frame = zstdFrame(packed, at);
    let content = 0;
    at = frame.blocks;
    for (let last = false; !last;) {
      const header = packed.readUIntLE(at, 3);
      const type = (header >> 1) & 3;
      const size = header >> 3;
      last = (header & 1) === 1;
      content += type === ZSTD_COMPRESSED ? ZSTD_BLOCK : size;
      at += 3 + (type === ZSTD_RLE ? 1 : size);
    }
    at += frame.checksum;
    bound += Math.max(content, frame.allocated);
  }
  return bound;
}

interface ZstdFrame {
  /** Where its blocks begin. */
  readonly blocks: number;
  /** Bytes after its blocks. */
  readonly checksum: number;
  /** What its header alone makes an unpacker allocate. */
  readonly allocated: number;
}

/** RFC 8878, section 3.1.1.1. */
function zstdFrame(packed: Buffer, at: number): ZstdFrame {
  const flags = packed.readUInt8(at + 4);
  const isSingle = (flags & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][flags & 3]!;
  const sizeField = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6]!;
  const sizeAt = at + 5 + (isSingle ? 0 : 1) + dictionary;
  const stated = zstdContentSize(packed, sizeAt, sizeField);
  let window = 0;
  if (!isSingle) {
    const descriptor = packed.readUInt8(at + 5);
    const base = 2 ** (10 + (descriptor >> 3));
    window = base + (base / 8) * (descriptor & 7);
  }
  return { blocks: sizeAt + sizeField, checksum: flags & 4 ? 4 : 0, allocated: Math.max(window, stated) };
}

/** What a frame says that it unpacks to, in a field of so many bytes; one of two bytes counts from 256. */
function zstdContentSize(packed: Buffer, at: number, bytes: number): number {
  if (bytes === 0) return 0;
  if (bytes === 8) return Number(packed.readBigUInt64LE(at));
  return packed.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
