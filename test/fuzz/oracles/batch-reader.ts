/**
 * Record batches read strictly, as Kafka's documentation of message format 2 and the Java client's reader have it.
 * Knows nothing of the product's reader; unpacking is given to it, for that has a target of its own.
 */
export interface StrictRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
}

export interface StrictBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly transactional: boolean;
  readonly control: boolean;
  /** Reads the records: those of an aborted transaction are nobody's to read. Throws when they are none. */
  readonly records: () => readonly StrictRecord[];
}

export type Unpack = (codec: number, packed: Buffer) => Buffer;

/** The batches up to the first one that is cut off or no batch; `why` says what is wrong with that. */
export function readBatches(data: Buffer, unpack: Unpack): { readonly batches: StrictBatch[]; readonly why?: string } {
  const batches: StrictBatch[] = [];
  for (let at = 0; at + 12 <= data.length;) {
    const end = at + 12 + data.readInt32BE(at + 8);
    if (end > data.length) break;
    try {
      batches.push(readBatch(data.subarray(at, end), unpack));
    } catch (error) {
      return { batches, why: (error as Error).message };
    }
    at = end;
  }
  return { batches };
}

function readBatch(bytes: Buffer, unpack: Unpack): StrictBatch {
  if (bytes.length < 61) throw new Error('shorter than its header');
  if (bytes[16] !== 2) throw new Error('another message format');
  if (crc32c(bytes.subarray(21)) !== bytes.readUInt32BE(17)) throw new Error('another checksum');
  const attributes = bytes.readInt16BE(21);
  const [baseOffset, lastDelta] = [Number(bytes.readBigInt64BE(0)), bytes.readInt32BE(23)];
  if (lastDelta < 0) throw new Error('an end before its beginning');
  if (baseOffset < 0 || !Number.isSafeInteger(baseOffset + lastDelta))
    throw new Error('an offset that no broker gives');
  const records = (): StrictRecord[] => readRecords(bytes, unpack);
  return {
    baseOffset,
    lastOffset: baseOffset + lastDelta,
    producerId: bytes.readBigInt64BE(43),
    transactional: (attributes & 16) !== 0,
    control: (attributes & 32) !== 0,
    records,
  };
}

function readRecords(bytes: Buffer, unpack: Unpack): StrictRecord[] {
  const attributes = bytes.readInt16BE(21);
  const [baseOffset, lastDelta, count] = [
    Number(bytes.readBigInt64BE(0)),
    bytes.readInt32BE(23),
    bytes.readInt32BE(57),
  ];
  if (count < 0) throw new Error('a negative count');
  const cursor = new Cursor(unpack(attributes & 7, bytes.subarray(61)));
  const records: StrictRecord[] = [];
  for (let left = count; left > 0; left -= 1) {
    const record = cursor.record(baseOffset, Number(bytes.readBigInt64BE(27)));
    if (record.offset < (records.at(-1)?.offset ?? baseOffset - 1) + 1 || record.offset > baseOffset + lastDelta)
      throw new Error('an offset that is not of this batch, or out of order');
    records.push(attributes & 8 ? { ...record, timestamp: Number(bytes.readBigInt64BE(35)) } : record);
  }
  if (cursor.at !== cursor.bytes.length) throw new Error('something is left behind the records');
  return records;
}

class Cursor {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  record(baseOffset: number, baseTimestamp: number): StrictRecord {
    const size = this.#varint();
    const start = this.at;
    this.#take(1n);
    const timestamp = baseTimestamp + Number(this.#varint());
    const offset = baseOffset + Number(this.#varint());
    const [key, value] = [this.#bytesOrNull(), this.#bytesOrNull()];
    const headers: [string, Buffer | null][] = [];
    const count = this.#varint();
    if (count < 0n) throw new Error('a negative count of headers');
    for (let left = count; left > 0n; left -= 1n) {
      const name = this.#take(this.#varint()).toString('utf8');
      headers.push([name, this.#bytesOrNull()]);
    }
    if (BigInt(this.at - start) !== size) throw new Error('a record of another length');
    return { offset, timestamp, key, value, headers };
  }

  #bytesOrNull(): Buffer | null {
    const size = this.#varint();
    return size === -1n ? null : this.#take(size);
  }

  #take(size: bigint): Buffer {
    if (size < 0n || size > BigInt(this.bytes.length - this.at)) throw new Error('more bytes than there are');
    return this.bytes.subarray(this.at, (this.at += Number(size)));
  }

  #varint(): bigint {
    let zigzag = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#take(1n)[0]!;
      zigzag |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n));
    }
    throw new Error('a number that does not end');
  }
}

const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

/** The checksum of the Castagnoli polynomial, bit by bit. */
export function crc32c(bytes: Buffer): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffff_ffff) >>> 0;
}
