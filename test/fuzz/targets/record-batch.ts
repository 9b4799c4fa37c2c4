/** The reader of fetched batches against a strict one, with transactions that end either way. */
import fc from 'fast-check';
import { decompress } from '../../../topology/kafka/compression.js';
import { readCommitted } from '../../../topology/kafka/fetched-records.js';
import { byteEdits, editBytes, type ByteEdit } from '../edit-bytes.js';
import { editPieces, join, number, pieceEdits, type Piece, type PieceEdit } from '../edit-pieces.js';
import { crc32c, readBatches, type StrictRecord } from '../oracles/batch-reader.js';
import { packedPieces } from '../packed.js';
import { attempt, isSame, kindOf, law, type Target } from '../target.js';

type BatchInput = {
  readonly data: Buffer;
  readonly fetchOffset: number;
  readonly aborted: readonly { readonly producerId: string; readonly firstOffset: number }[];
};

interface BatchSpec {
  readonly records: readonly {
    readonly key: string | null;
    readonly value: Buffer | null;
    readonly headers: readonly (readonly [string, string | null])[];
  }[];
  readonly producerId: number;
  /** 0 to 4: which kind of batch. */
  readonly codec: number;
  readonly attributes: number;
  readonly isMarker: boolean;
  readonly gap: number;
  readonly recordEdits: readonly PieceEdit[];
  readonly headEdits: readonly PieceEdit[];
  readonly byteEdits: readonly ByteEdit[];
  /** Whether length and checksum fit what the edits made. */
  readonly isSealed: boolean;
}

/** Mostly none. */
const few = <T>(edits: fc.Arbitrary<readonly T[]>): fc.Arbitrary<readonly T[]> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant([] as readonly T[]) }, { weight: 1, arbitrary: edits });

const text = fc.constantFrom('', 'k', 'Écrire', '__proto__', 'x'.repeat(70));
const textOrNull: fc.Arbitrary<string | null> = fc.option(text);
const value: fc.Arbitrary<Buffer | null> = fc.option(fc.nat(20).map((size) => Buffer.alloc(size, size)));

const batch: fc.Arbitrary<BatchSpec> = fc.record({
  records: fc.array(
    fc.record({
      key: textOrNull,
      value,
      headers: fc.array(fc.tuple(text, textOrNull), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  producerId: fc.nat(3),
  codec: fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 5),
  attributes: fc.constantFrom(0, 0, 8, 16, 16, 24),
  isMarker: fc.boolean(),
  gap: fc.nat(3),
  recordEdits: few(pieceEdits),
  headEdits: few(pieceEdits),
  byteEdits,
  isSealed: fc.boolean(),
});

function bytesOf(spec: BatchSpec, baseOffset: number): { readonly bytes: Buffer; readonly lastOffset: number } {
  const isMarker = spec.isMarker && (spec.attributes & 16) !== 0;
  const records = isMarker ? [{ key: null, value: Buffer.alloc(6), headers: [] }] : spec.records;
  const lastOffset = baseOffset + records.length - 1 + spec.gap;
  const body = join(
    editPieces(
      records.flatMap((record, nth) => recordPieces(record, nth, isMarker)),
      spec.recordEdits,
    ),
  );
  const codec = isMarker ? 0 : spec.codec;
  const packed = codec === 0 || codec > 4 ? body : join(packedPieces(codec, body, spec.gap));
  const head = editPieces(
    [
      number('int16', codec | spec.attributes | (isMarker ? 32 : 0)),
      number('int32', lastOffset - baseOffset),
      number('int64', 1_760_000_000_000),
      number('int64', 1_760_000_000_500),
      number('int64', spec.producerId),
      number('int16', 0),
      number('int32', 0),
      number('int32', records.length),
    ],
    spec.headEdits,
  );
  const checked = Buffer.concat([join(head), packed]);
  const whole = join([
    number('int64', baseOffset),
    number('int32', checked.length + 9),
    number('int32', 0),
    number('int8', 2),
    number('int32', crc32c(checked)),
    { bytes: checked },
  ]);
  const edited = editBytes(whole, spec.byteEdits);
  if (spec.isSealed && edited.length >= 21) {
    edited.writeInt32BE(edited.length - 12, 8);
    edited.writeUInt32BE(crc32c(edited.subarray(21)), 17);
  }
  return { bytes: edited, lastOffset };
}

function recordPieces({ key, value, headers }: BatchSpec['records'][number], nth: number, isMarker: boolean): Piece[] {
  const sized = (bytes: Buffer | null): Piece[] =>
    bytes === null ? [number('varint', -1)] : [number('varint', bytes.length), { bytes }];
  const keyBytes = isMarker ? Buffer.from([0, 0, 0, 0]) : key === null ? null : Buffer.from(key);
  const content: Piece[] = [
    number('int8', 0),
    number('varint', nth),
    number('varint', nth),
    ...sized(keyBytes),
    ...sized(value),
    number('varint', headers.length),
    ...headers.flatMap(([name, text]) => [
      ...sized(Buffer.from(name)),
      ...sized(text === null ? null : Buffer.from(text)),
    ]),
  ];
  return [number('varint', join(content).length), ...content];
}

const inputs = fc
  .record({
    batches: fc.array(batch, { minLength: 1, maxLength: 4 }),
    base: fc.nat(5),
    skip: fc.nat(4),
    aborts: fc.array(fc.tuple(fc.nat(3), fc.nat(8)), { maxLength: 3 }),
  })
  .map(({ batches, base, skip, aborts }): BatchInput => {
    let next = base;
    const data = batches.map((spec) => {
      const { bytes, lastOffset } = bytesOf(spec, next);
      next = lastOffset + 1;
      return bytes;
    });
    const aborted = aborts.map(([producerId, offset]) => ({
      producerId: String(producerId),
      firstOffset: base + offset,
    }));
    return { data: Buffer.concat(data), fetchOffset: base + skip, aborted };
  });

interface Committed {
  readonly records: readonly StrictRecord[];
  /** Where a reader may go on: behind each batch that is one. */
  readonly ends: readonly number[];
  /** What is wrong with the batch behind them. */
  readonly why: string | undefined;
}

/** What holds of the batches for a reader of committed records: KIP-98, as the Java client does it. */
function committed({ data, fetchOffset, aborted }: BatchInput): Committed {
  const { batches, why } = readBatches(data, decompress);
  const left = aborted.map(({ producerId, firstOffset }) => ({ producerId: BigInt(producerId), firstOffset }));
  const open = new Set<bigint>();
  const records: StrictRecord[] = [];
  const ends: number[] = [];
  for (const { lastOffset, producerId, transactional, control, records: read } of batches) {
    for (const { producerId: aborts } of left.filter(({ firstOffset }) => firstOffset <= lastOffset)) open.add(aborts);
    left.splice(0, left.length, ...left.filter(({ firstOffset }) => firstOffset > lastOffset));
    try {
      if (control) {
        const key = read()[0]?.key;
        if (key && key.readInt16BE(2) === 0) open.delete(producerId);
      } else if (!(transactional && open.has(producerId)))
        records.push(...read().filter(({ offset }) => offset >= fetchOffset));
    } catch (error) {
      return { records, ends, why: (error as Error).message };
    }
    ends.push(lastOffset + 1);
  }
  return { records, ends, why };
}

export const recordBatch: Target<BatchInput> = {
  name: 'record-batch',
  inputs,
  play(input) {
    const strict = committed(input);
    const aborted = input.aborted.map(({ producerId, firstOffset }) => ({
      producerId: BigInt(producerId),
      firstOffset,
    }));
    // Unpackers throw errors of their own.
    const ours = attempt([Error], () => readCommitted(input.data, input.fetchOffset, aborted));
    if (ours instanceof Error) {
      law(!(ours instanceof TypeError), 'throws no TypeError', () => String(ours));
      law(strict.why !== undefined, 'reads what a strict reader reads', () => String(ours));
      return `refused: ${kindOf(ours.message)}`;
    }
    const { records, nextOffset, bytes } = ours.value;
    const read = [...records].map(({ offset, timestamp, key, value, headers }) => ({
      offset,
      timestamp,
      key,
      value,
      headers: listed(headers),
    }));
    if (nextOffset > Number.MAX_SAFE_INTEGER) return 'passed over: offsets that no broker gives';
    const isBehind = nextOffset === input.fetchOffset || strict.ends.some((end) => end === nextOffset);
    law(
      isBehind && read.length <= strict.records.length,
      `passes over no batch that a strict reader refuses: ${kindOf(strict.why ?? 'none')}`,
      () => `${nextOffset}`,
    );
    const expected = strict.records
      .slice(0, read.length)
      .map((record) => ({ ...record, headers: grouped(record.headers) }));
    law(isSame(read, expected), 'reads the records as a strict reader does', () => JSON.stringify([read, expected]));
    law(strict.why !== undefined || read.length === strict.records.length, 'reads all that a strict reader reads');
    law(
      read.every(({ offset }) => offset < nextOffset),
      'goes on behind what it read',
    );
    law(
      bytes === read.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0),
      'counts the bytes',
    );
    return `read: ${strict.why === undefined ? 'all' : 'up to a batch that is none'}`;
  },
};

type Headers =
  ReturnType<typeof readCommitted>['records'] extends Iterable<infer R extends { headers: unknown }>
    ? R['headers']
    : never;

/** Headers by name, as the record has them today. */
function listed(headers: Headers): Record<string, unknown> {
  return { ...headers };
}

function grouped(headers: StrictRecord['headers']): Record<string, unknown> {
  const names = [...new Set(headers.map(([name]) => name))];
  return Object.fromEntries(
    names.map((name) => {
      const values = headers.filter(([other]) => other === name).map(([, value]) => value ?? Buffer.alloc(0));
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}
