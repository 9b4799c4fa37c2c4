/** Compressed data as other producers make it, for what has no compressor here as well. */
import { gzipSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { number, type Piece } from './edit-pieces.js';

const GZIP = 1;
export const SNAPPY = 2;
export const LZ4 = 3;
export const ZSTD = 4;

/** The data in a codec, in pieces: what states a length or a kind by itself. `variant` chooses among the framings. */
export function packedPieces(codec: number, data: Buffer, variant: number): Piece[] {
  const bytes = (...some: number[]): Piece => ({ bytes: Buffer.from(some) });
  switch (codec) {
    case GZIP: {
      const packed = gzipSync(data, { level: variant % 10 });
      return [{ bytes: packed.subarray(0, 10) }, { bytes: packed.subarray(10, -8) }, { bytes: packed.subarray(-8) }];
    }
    case SNAPPY: {
      const block = compressSync(data);
      if (variant % 2) return [{ bytes: block.subarray(0, 2) }, { bytes: block.subarray(2) }];
      const magic = bytes(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0);
      return [magic, number('int32', 1), number('int32', 1), number('int32', block.length), { bytes: block }];
    }
    case LZ4: {
      const frame = compressFrameSync(data);
      // Magic, flags, block size, header checksum, the first block's length, the rest.
      return [0, 4, 5, 6, 7, 11, frame.length].flatMap((from, index, all) =>
        index + 1 < all.length ? [{ bytes: frame.subarray(from, all[index + 1]) }] : [],
      );
    }
    default:
      return zstdPieces(data, variant);
  }
}

/** A zstd frame of stored and repeated blocks: as valid as any, and needs no compressor. */
function zstdPieces(data: Buffer, variant: number): Piece[] {
  const half = data.length >> 1;
  const isEven = data.subarray(half).every((byte) => byte === data[half]);
  const blocks = [data.subarray(0, half), data.subarray(half)].flatMap((block, index): Piece[] => {
    const isRepeated = index === 1 && isEven && block.length > 0;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (isRepeated ? 2 : 0) | index, 0, 3);
    return [{ bytes: header }, { bytes: isRepeated ? block.subarray(0, 1) : block }];
  });
  const magic: Piece = { bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) };
  return [magic, number('int8', 0), number('int8', 0x50 + (variant % 8)), ...blocks];
}
