import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { decompress, MAX_UNPACKED_BYTES } from '../../../../../topology/kafka/records/compression.js';
import { lz4Bound, snappyBound, zstdBound } from '../../../../../topology/kafka/records/unpacked-bound.js';
import { readCommitted } from '../../../../../topology/kafka/fetch/fetched-records.js';
import { batchAt } from './log-segment.js';

const GZIP = 1;
const SNAPPY = 2;
const LZ4 = 3;
const ZSTD = 4;

/** As the Java client frames it: blocks of 32 KB, each with its length before it. */
function xerial(data: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])];
  for (let at = 0; at < data.length; at += 32 * 1024) {
    const block = compressSync(data.subarray(at, at + 32 * 1024));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** A zstd frame of stored and of repeated bytes: as valid as any, and needs no compressor. */
function zstd(
  blocks: readonly (Buffer | { readonly byte: number; readonly times: number })[],
  descriptor = 0x58,
): Buffer {
  const parts: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, descriptor])];
  blocks.forEach((block, index) => {
    const isRaw = Buffer.isBuffer(block);
    const size = isRaw ? block.length : block.times;
    const header = Buffer.alloc(3);
    header.writeUIntLE((size << 3) | ((isRaw ? 0 : 1) << 1) | (index === blocks.length - 1 ? 1 : 0), 0, 3);
    parts.push(header, isRaw ? block : Buffer.from([block.byte]));
  });
  return Buffer.concat(parts);
}

const stored = (data: Buffer): Buffer => zstd([data]);
const lz4 = (data: Buffer): Buffer => compressFrameSync(data);
const snappy = (data: Buffer): Buffer => compressSync(data);

describe('decompress', () => {
  it.each<[string, number, (data: Buffer) => Buffer]>([
    ['gzip', GZIP, (data) => gzipSync(data)],
    ['snappy, one raw block', SNAPPY, snappy],
    ['snappy, framed as the Java client does', SNAPPY, xerial],
    ['lz4', LZ4, lz4],
  ])('gives back what was compressed: %s', (_, codec, compress) => {
    for (const data of [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(200_000, 7), randomBytes(100_000)]) {
      expect(decompress(codec, compress(data)).equals(data)).toBe(true);
    }
  });

  it('reads stored and repeated zstd blocks, and frames one after another', () => {
    const frame = zstd([Buffer.from('abc'), { byte: 0x78, times: 1000 }]);
    expect(decompress(ZSTD, Buffer.concat([frame, frame])).toString()).toBe(`abc${'x'.repeat(1000)}`.repeat(2));
  });

  it.each([
    [
      'the zstd tool',
      'KLUv/WSYA+UFALIIFxaApWkOWBTkLDEimYDvvb20iTwEMVD1RBicopJ3mKV2VoY1UbXleYimeYlZimfFeveu3bp16fv/P5/n+DPT5RlmaZ2RYV2qS4RCjgCBAXIYA5kUBjEQABADMTCKTqghmN3+Z1CjKMgHEB6yRgJ7Fe5QCzrTgs600nFRau8UwgCT4tKuJLc0kTxjMV7ZV8kpguJPfBMtkSR2xER0CB+I8QPF40LHxrGHrPurAVSscv74DTB8RYBrz6wKARKl6A==',
    ],
    [
      "the Java client's stream",
      'KLUv/QBYtQUAYkgWF4ClTQd2LGQ8hJBMwHc3IXtLKdwTsioBJZBjpoU99lhjy5YlOztLSMTDQ8Myy7xp02af///k0ejzhNyCyh1kaOV6x2ZtlmDKGAAElFEMdRFFOgKCNKSjIAJOqCGkvv8bYKOSfBAeskiCegi4NOFOoB8lI9/2EVheGplkl4aS3NKGJJFlZ2VSBad0KD0RTEyJk9gRJaIh5iCUj59H3A6VQypZ/1c5+M79PPtKLP9rBcoORxU=',
    ],
  ])('reads a zstd frame of %s', (_, frame) => {
    const lines = Array.from({ length: 40 }, (__, i) => `notification ${i + 1} for user ${(i + 1) * 7}; `);
    expect(decompress(ZSTD, Buffer.from(frame, 'base64')).toString()).toBe(lines.join(''));
  });

  it.each<[string, number, (data: Buffer) => Buffer]>([
    ['gzip', GZIP, (data) => gzipSync(data)],
    ['snappy', SNAPPY, xerial],
    ['lz4', LZ4, lz4],
    ['zstd', ZSTD, stored],
  ])('serves a record batch: %s', (_, codec, compress) => {
    const records = Array.from({ length: 20 }, (__, i) => ({ value: Buffer.from(`value ${i}`) }));
    const fetched = readCommitted(batchAt(100, { records, codec, compress }), 100, []);
    expect([...fetched.records].map(({ value }) => value?.toString())).toEqual(
      records.map(({ value }) => value.toString()),
    );
  });

  it('refuses a codec that it does not know', () => {
    expect(() => decompress(5, Buffer.from('x'))).toThrow('unknown compression codec 5');
  });

  it.each([GZIP, SNAPPY, LZ4, ZSTD])('throws on data that is not of codec %i, or cut off', (codec) => {
    expect(() => decompress(codec, Buffer.from('this was never compressed at all'))).toThrow(Error);
    const whole = {
      [GZIP]: gzipSync('abc'),
      [SNAPPY]: snappy(Buffer.from('abc')),
      [LZ4]: lz4(Buffer.from('abc')),
      [ZSTD]: stored(Buffer.from('abc')),
    }[codec]!;
    expect(() => decompress(codec, whole.subarray(0, whole.length - 2))).toThrow(Error);
  });
});

describe('a batch that unpacks to more than the bound', () => {
  const memoryFor = (attempt: () => unknown): number => {
    const before = process.memoryUsage().rss;
    expect(attempt).toThrow(/over 134217728|Cannot create a Buffer larger|output length/i);
    return process.memoryUsage().rss - before;
  };
  const SOME = 64 * 1024 * 1024;

  it('is refused while gzip unpacks it', () => {
    const bomb = gzipSync(Buffer.alloc(MAX_UNPACKED_BYTES + 1));
    expect(() => decompress(GZIP, bomb)).toThrow(RangeError);
  });

  it('is refused before anything is allocated: one snappy block that says so', () => {
    const bomb = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(100)]);
    expect(snappyBound(bomb)).toBe(268_435_455);
    expect(memoryFor(() => decompress(SNAPPY, bomb))).toBeLessThan(SOME);
  });

  it('is refused before anything is allocated: many lz4 blocks', () => {
    const frame = lz4(Buffer.alloc(4 * 1024 * 1024));
    const bomb = Buffer.concat(Array.from({ length: 40 }, () => frame));
    expect(bomb.length).toBeLessThan(1024 * 1024);
    expect(memoryFor(() => decompress(LZ4, bomb))).toBeLessThan(SOME);
  });

  it('is refused before anything is allocated: repeated bytes of zstd', () => {
    const bomb = zstd(Array.from({ length: 1100 }, () => ({ byte: 0, times: 128 * 1024 })));
    expect(bomb.length).toBeLessThan(5000);
    expect(memoryFor(() => decompress(ZSTD, bomb))).toBeLessThan(SOME);
  });

  it('is refused before anything is allocated: a zstd window of 2 GB', () => {
    expect(memoryFor(() => decompress(ZSTD, zstd([Buffer.from('x')], 0xa8)))).toBeLessThan(SOME);
  });
});

describe('the bound', () => {
  it.each([0, 1, 1000, 65_536, 65_537, 3_000_000])(
    'of an lz4 frame of %i bytes is not below it, and not a block above',
    (size) => {
      for (const data of [Buffer.alloc(size, 1), randomBytes(size)]) {
        const bound = lz4Bound(lz4(data));
        expect(bound).toBeGreaterThanOrEqual(size);
        expect(bound).toBeLessThanOrEqual(size + 4 * 1024 * 1024);
      }
    },
  );

  it('of snappy is what the block says', () => {
    for (const size of [0, 1, 127, 128, 300_000]) expect(snappyBound(snappy(Buffer.alloc(size)))).toBe(size);
  });

  it('of zstd counts a stated size of two bytes from 256, as the frame does', () => {
    // Found by the fuzzer: a frame that states 4096 + 256 bytes, and holds fewer.
    const frame = Buffer.from('KLUv/VIQAAAAEBMAAAA=', 'base64');
    expect(zstdBound(frame)).toBe(4352);
    expect(decompress(ZSTD, frame).length).toBeLessThanOrEqual(4352);
  });
});
