/** Unpacking what any producer compressed: the same data, or an error, and never more than the bound. */
import fc from 'fast-check';
import { decompress, MAX_UNPACKED_BYTES } from '../../../topology/kafka/records/compression.js';
import { lz4Bound, snappyBound, zstdBound } from '../../../topology/kafka/records/unpacked-bound.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { editPieces, join, pieceEdits } from '../edit-pieces.js';
import { LZ4, packedPieces, SNAPPY, ZSTD } from '../packed.js';
import { attempt, kindOf, law, type Target } from '../target.js';

/** `plain` is there when nothing was edited. */
type PackedInput = { readonly codec: number; readonly packed: Buffer; readonly plain?: Buffer | undefined };

/** Frames of real compressors, with entropy-coded blocks. */
const ZSTD_FRAMES = [
  'KLUv/WSYA+UFALIIFxaApWkOWBTkLDEimYDvvb20iTwEMVD1RBicopJ3mKV2VoY1UbXleYimeYlZimfFeveu3bp16fv/P5/n+DPT5RlmaZ2RYV2qS4RCjgCBAXIYA5kUBjEQABADMTCKTqghmN3+Z1CjKMgHEB6yRgJ7Fe5QCzrTgs600nFRau8UwgCT4tKuJLc0kTxjMV7ZV8kpguJPfBMtkSR2xER0CB+I8QPF40LHxrGHrPurAVSscv74DTB8RYBrz6wKARKl6A==',
  'KLUv/QBYtQUAYkgWF4ClTQd2LGQ8hJBMwHc3IXtLKdwTsioBJZBjpoU99lhjy5YlOztLSMTDQ8Myy7xp02af///k0ejzhNyCyh1kaOV6x2ZtlmDKGAAElFEMdRFFOgKCNKSjIAJOqCGkvv8bYKOSfBAeskiCegi4NOFOoB8lI9/2EVheGplkl4aS3NKGJJFlZ2VSBad0KD0RTEyJk9gRJaIh5iCUj59H3A6VQypZ/1c5+M79PPtKLP9rBcoORxU=',
].map((frame) => Buffer.from(frame, 'base64'));

const data = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 0, max: 300_000 }).map((size) => Buffer.alloc(size, 'notification ')),
  fc.integer({ min: 0, max: 70_000 }).map((size) => Buffer.alloc(size)),
);

const made = fc
  .record({ codec: fc.constantFrom(1, 2, 3, 4), data, variant: fc.nat(20), pieces: pieceEdits, bytes: byteEdits })
  .map(({ codec, data: plain, variant, pieces, bytes }): PackedInput => {
    const packed = editBytes(join(editPieces(packedPieces(codec, plain, variant), pieces)), bytes);
    return pieces.length + bytes.length === 0 ? { codec, packed, plain } : { codec, packed };
  });

const real = fc
  .record({ frame: fc.constantFrom(...ZSTD_FRAMES), bytes: byteEdits })
  .map(({ frame, bytes }): PackedInput => ({ codec: ZSTD, packed: editBytes(frame, bytes) }));

const BOUNDS: Readonly<Record<number, (packed: Buffer) => number>> = {
  [SNAPPY]: snappyBound,
  [LZ4]: lz4Bound,
  [ZSTD]: zstdBound,
};

export const compression: Target<PackedInput> = {
  name: 'compression',
  inputs: fc.oneof({ weight: 4, arbitrary: made }, { weight: 1, arbitrary: real }),
  play({ codec, packed, plain }) {
    const ours = attempt([Error], () => decompress(codec, packed));
    if (ours instanceof Error) {
      law(plain === undefined, 'unpacks what was packed', () => String(ours));
      return `refused: ${codec} ${kindOf(ours.message)}`;
    }
    const unpacked = ours.value;
    law(unpacked.length <= MAX_UNPACKED_BYTES, 'unpacks to no more than the bound');
    law(plain === undefined || unpacked.equals(plain), 'unpacks to what was packed');
    const isXerial = packed.subarray(1, 7).toString('latin1') === 'SNAPPY';
    const bound = isXerial ? Infinity : (BOUNDS[codec]?.(packed) ?? Infinity);
    law(unpacked.length <= bound, 'unpacks to no more than was foretold', () => `${unpacked.length} of ${bound}`);
    return `read: ${codec}`;
  },
};
