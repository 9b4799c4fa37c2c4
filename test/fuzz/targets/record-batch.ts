/** The reader of fetched batches against a strict one, with transactions that end either way. */
import fc from 'fast-check';
import { decompress } from '../../../topology/kafka/records/compression.js';
import { readCommitted } from '../../../topology/kafka/fetch/fetched-records.js';
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
      records.flatMap((record, index) => recordPieces(record, index, isMarker)),
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

function recordPieces(
  { key, value, headers }: BatchSpec['records'][number],
  index: number,
  isMarker: boolean,
): Piece[] {
  const sized = (bytes: Buffer | null): Piece[] =>
    bytes === null ? [number('varint', -1)] : [number('varint', bytes.length), { bytes }];
  const keyBytes = isMarker ? Buffer.from([0, 0, 0, 0]) : key === null ? null : Buffer.from(key);
  const content: Piece[] = [
    number('int8', 0),
    number('varint', index),
    number('varint', index),
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

/** What a reader of committed records gets: a record, or `undefined` fields in the place of a batch that is none. */
type Item = StrictRecord | { readonly offset: number; readonly isUnreadable: true };

interface Committed {
  readonly items: readonly Item[];
  readonly nextOffset: number;
  /** Nothing behind `items` can be read: the batch there is damaged. */
  readonly isCut: boolean;
}

/** What holds of the batches: KIP-98, as the Java client does it. Throws when a control batch says nothing. */
function committed({ data, fetchOffset, aborted }: BatchInput): Committed {
  const { batches, why } = readBatches(data, decompress);
  const left = aborted.map(({ producerId, firstOffset }) => ({ producerId: BigInt(producerId), firstOffset }));
  const open = new Set<bigint>();
  const items: Item[] = [];
  for (const { baseOffset, lastOffset, producerId, transactional, control, records } of batches) {
    for (const each of left.filter(({ firstOffset }) => firstOffset <= lastOffset)) open.add(each.producerId);
    left.splice(0, left.length, ...left.filter(({ firstOffset }) => firstOffset > lastOffset));
    if (control) {
      if (records()[0]?.key?.readInt16BE(2) === 0) open.delete(producerId);
    } else if (lastOffset >= fetchOffset && !(transactional && open.has(producerId))) {
      const read = attempt([Error], records);
      if (read instanceof Error) items.push({ offset: Math.max(baseOffset, fetchOffset), isUnreadable: true });
      else items.push(...read.value.filter(({ offset }) => offset >= fetchOffset));
    }
  }
  const ends = batches.map(({ lastOffset }) => lastOffset + 1);
  return { items, nextOffset: Math.max(fetchOffset, ...ends), isCut: why !== undefined };
}

export const recordBatch: Target<BatchInput> = {
  name: 'record-batch',
  inputs,
  play(input) {
    const strict = attempt([Error], () => committed(input));
    const aborted = input.aborted.map(({ producerId, firstOffset }) => ({
      producerId: BigInt(producerId),
      firstOffset,
    }));
    // Unpackers throw errors of their own.
    const ours = attempt([Error], () => readCommitted(input.data, input.fetchOffset, aborted));
    if (ours instanceof Error) {
      law(!(ours instanceof TypeError), 'throws no TypeError', () => ours.message);
      const isRight = strict instanceof Error || (strict.value.isCut && strict.value.nextOffset === input.fetchOffset);
      law(isRight, 'reads what a strict reader reads', () => ours.message);
      return `refused: ${kindOf(ours.message)}`;
    }
    law(!(strict instanceof Error), 'reads no control batch that a strict reader refuses');
    const { items, nextOffset, isCut } = strict.value;
    if (nextOffset > Number.MAX_SAFE_INTEGER) return 'passed over: offsets that no broker gives';
    const read = [...ours.value.records].map(({ offset, timestamp, key, value, headers, defect }): Item =>
      defect ? { offset, isUnreadable: true } : { offset, timestamp, key, value, headers: [...headers] },
    );
    law(isSame(read, items), 'reads the records as a strict reader does', () => JSON.stringify([read, items]));
    law(ours.value.nextOffset === nextOffset, 'goes on behind what it read', () => `${ours.value.nextOffset}`);
    law(
      read.every(({ offset }) => offset < Math.max(nextOffset, input.fetchOffset + 1)),
      'reads nothing ahead',
    );
    law(ours.value.defects === items.filter((item) => 'isUnreadable' in item).length, 'counts what is not whole');
    return isCut
      ? 'read: up to a damaged batch'
      : `read: ${ours.value.defects === 0 ? 'all' : 'with batches that are none'}`;
  },
};
