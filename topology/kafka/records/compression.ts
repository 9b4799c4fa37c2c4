/** Decompresses the records of a batch: every codec that a producer may have used, with an upper bound on what comes out. */
import { gunzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import { decompressFrameSync as unlz4 } from 'lz4-napi';
import { uncompressSync as unsnappy } from 'snappy';
import { lz4Bound, snappyBound, zstdBound } from './unpacked-bound.js';

/** Their names, by `attributes & 7` of a record batch. */
export const CODECS: readonly string[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** A batch that unpacks to more than this is refused: 16 times the largest fetch that we ask for. */
export const MAX_UNPACKED_BYTES = 128 * 1024 * 1024;

/** `attributes & 7` of a record batch says the codec. Throws when the data is not of that codec or unpacks past the bound. */
export function decompress(codec: number, packed: Buffer): Buffer {
  switch (codec) {
    case 0:
      return packed;
    case 1:
      return gunzipSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES });
    case 2:
      return isXerial(packed) ? unxerial(packed) : uncompressSnappy(packed, 0);
    case 3:
      refuseOver(lz4Bound(packed), 'lz4');
      return unlz4(packed);
    case 4: {
      refuseOver(zstdBound(packed), 'zstd');
      const bytes = unzstd(packed);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    default:
      throw new RangeError(`unknown compression codec ${codec}`);
  }
}

/** Before anything is unpacked: the unpackers allocate what the data asks for. */
function refuseOver(bytes: number, codec: string): void {
  if (bytes > MAX_UNPACKED_BYTES)
    throw new RangeError(`a ${codec} batch unpacks to ${bytes} bytes, over ${MAX_UNPACKED_BYTES}`);
}

/** The Java client frames snappy in blocks: magic, two versions, then (length, block) pairs. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER = 16;

function isXerial(packed: Buffer): boolean {
  return packed.length >= XERIAL_HEADER && packed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC);
}

function unxerial(packed: Buffer): Buffer {
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = XERIAL_HEADER; at < packed.length;) {
    const size = packed.readUInt32BE(at);
    const block = uncompressSnappy(packed.subarray(at + 4, at + 4 + size), total);
    total += block.length;
    blocks.push(block);
    at += 4 + size;
  }
  return Buffer.concat(blocks, total);
}

/** `before`: bytes that earlier blocks of the batch have unpacked to. */
function uncompressSnappy(packed: Buffer, before: number): Buffer {
  refuseOver(before + snappyBound(packed), 'snappy');
  return unsnappy(packed, { asBuffer: true }) as Buffer;
}
