/** The Avro decoder against a strict one: whatever a producer's schema and bytes are, both say the same. */
import { TOPIC_RECORDS, type AvroTopic, SOURCES } from '../../../dev/contract/sources.js';
import fc from 'fast-check';
import { framed } from '../../../schemas/wire-format.js';
import { admitWriter, type Writer } from '../../../schemas/registry/writer.js';
import { messageOf } from '../../../common/errors.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { editPieces, join, number, pieceEdits, type Piece, type PieceEdit } from '../edit-pieces.js';
import { kindOf as kindOfSchema, NotAvro, readAvro, type Complex, type Schema } from '../oracles/avro-reader.js';
import { attempt, isSame, kindOf, law, type Target } from '../target.js';
import { OwnRecords } from '../../../schemas/registry/own-records.js';

export type AvroInput = { readonly topic: AvroTopic; readonly schema: string; readonly body: Buffer };

/** Chance that a seed repeats. */
type Dice = (sides: number) => number;

function diceOf(seed: number): Dice {
  let state = seed | 0;
  return (sides) => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % sides;
  };
}

const STRANGE_TYPES: readonly Schema[] = [
  ...['boolean', 'int', 'float', 'double', 'bytes', 'string', 'long', 'null'],
  { type: 'fixed', name: 'Four', size: 4 },
  { type: 'enum', name: 'Colour', symbols: ['RED', 'GREEN'] },
  { type: 'array', items: 'int' },
  { type: 'array', items: ['null', 'string'] },
  { type: 'array', items: 'null' },
  { type: 'map', values: { type: 'array', items: 'long' } },
  ['string', 'null', { type: 'map', values: 'double' }],
  { type: 'record', name: 'Link', fields: [{ name: 'next', type: ['null', 'Link'] }] },
];

/** What a producer of another version may write: fields more, fewer, in another order, of a type that ours can be read from or not. */
function writersSchema(own: Complex, roll: Dice): Schema {
  const fields = own.fields!.map((field) => ({
    ...field,
    type: roll(12) === 0 ? otherType(field.type, roll) : field.type,
  }));
  for (let more = roll(3); more > 0; more -= 1)
    fields.splice(roll(fields.length + 1), 0, {
      name: `${['more', 'toString', 'a b', '__proto__'][roll(4)]}${more}`,
      type: renamed(STRANGE_TYPES[roll(STRANGE_TYPES.length)]!, more),
      default: [[]],
    });
  for (let fewer = roll(3); fewer > 0; fewer -= 1) {
    const at = roll(fields.length);
    if (fields[at]!.default !== undefined || roll(20) === 0) fields.splice(at, 1);
  }
  if (roll(2) === 0) fields.push(...fields.splice(0, roll(fields.length)));
  const namespace = [own.namespace, '', 'elsewhere'][roll(3)]!;
  const record = { ...own, namespace, fields };
  return roll(8) === 0 ? ['null', STRANGE_TYPES.at(-1)!, record, 'string'] : record;
}

function renamed(type: Schema, suffix: number): Schema {
  return JSON.parse(JSON.stringify(type).replaceAll(/"(Four|Colour|Link)"/g, `"$1${suffix}"`)) as Schema;
}

function otherType(type: Schema, roll: Dice): Schema {
  const kind = kindOfSchema(type);
  if (Array.isArray(type)) {
    const [first, second] = type as [Schema, Schema];
    return [[second, first], second, [first, 'int', second], [first, 'boolean']][roll(4)]!;
  }
  const narrower = { long: 'int', string: 'bytes', double: 'float' }[kind] ?? type;
  return [narrower, ['null', type], [type, 'null'], ['int', type], 'boolean', ['null', 'boolean']][roll(6)]!;
}

const TEXTS = ['', 'a', 'IN_APP', 'Écrire 🎉', '__proto__', 'constructor', 'x'.repeat(64), '\ufeffbom', '\u0000'];

/** A value of a schema by chance, in pieces. */
function piecesOf(schema: Schema, roll: Dice, names: Record<string, Schema> = {}, depth = 0): Piece[] {
  const inner = (part: Schema): Piece[] => piecesOf(part, roll, names, depth + 1);
  if (Array.isArray(schema)) {
    const branches = schema as readonly Schema[];
    const nullAt = branches.indexOf('null');
    const branch = depth > 30 && nullAt >= 0 ? nullAt : roll(branches.length);
    return [number('varint', branch), ...inner(branches[branch]!)];
  }
  if (typeof schema === 'string' && names[schema]) return inner(names[schema]);
  const { name, items, values, symbols, size, fields } = schema as Complex;
  if (name !== undefined) names[name] = schema;
  const text = (): Piece[] => {
    const bytes = Buffer.from(TEXTS[roll(TEXTS.length)]!);
    return [number('varint', bytes.length), { bytes }];
  };
  switch (kindOfSchema(schema)) {
    case 'null':
      return [];
    case 'boolean':
      return [{ bytes: Buffer.from([roll(2)]) }];
    case 'int':
      return [number('varint', roll(2 ** 32) | 0)];
    case 'long':
      return [number('varint', BigInt.asIntN(64, (BigInt(roll(2 ** 32)) << BigInt(roll(34))) * (roll(2) ? 1n : -1n)))];
    case 'float':
    case 'double':
      return [{ bytes: Buffer.alloc(kindOfSchema(schema) === 'float' ? 4 : 8, roll(256)) }];
    case 'fixed':
      return [{ bytes: Buffer.alloc(size!, 7) }];
    case 'enum':
      return [number('varint', roll(symbols!.length))];
    case 'array':
    case 'map': {
      const count = depth > 6 ? 0 : roll(4);
      const content = Array.from({ length: count }, () => [
        ...(values === undefined ? [] : text()),
        ...inner((items ?? values)!),
      ]).flat();
      if (count === 0) return [number('varint', 0)];
      // Half of the blocks say how long they are.
      const head = roll(2)
        ? [number('varint', count)]
        : [number('varint', -count), number('varint', join(content).length)];
      return [...head, ...content, number('varint', 0)];
    }
    case 'record':
      return fields!.flatMap(({ type }) => inner(type));
    default:
      return text();
  }
}

const topics = Object.keys(TOPIC_RECORDS) as AvroTopic[];

/** Values as a producer writes them, then edited. */
export function valuesEditedBy(
  pieces: fc.Arbitrary<readonly PieceEdit[]>,
  bytes: typeof byteEdits,
): fc.Arbitrary<AvroInput> {
  // Compiling a writer's schema takes a hundred times as long as reading a body: bodies share some.
  const chances = { topic: fc.constantFrom(...topics), schemaSeed: fc.nat(400), seed: fc.nat(), pieces, bytes };
  return fc.record(chances).map((made): AvroInput => {
    const { topic, schemaSeed, seed } = made;
    const own = TOPIC_RECORDS[topic] as unknown as Complex;
    const schema = schemaSeed % 4 === 0 ? own : writersSchema(own, diceOf(schemaSeed));
    const body = join(editPieces(piecesOf(schema, diceOf(seed)), made.pieces));
    return { topic, schema: JSON.stringify(schema), body: editBytes(body, made.bytes) };
  });
}

const records = new OwnRecords(SOURCES);
const writers = new Map<string, Writer>();

function writerOf(schema: string): Writer {
  const known = writers.get(schema);
  if (known) return known;
  if (writers.size > 5000) writers.clear();
  const writer = admitWriter({ schemaType: 'AVRO', schema }, records);
  writers.set(schema, writer);
  return writer;
}

/** Throws as the reader does, and for another record. */
export function readBy(writer: Exclude<Writer, { kind: 'refused' }>, value: Buffer): unknown {
  const chosen = writer.kind === 'union' ? writer.writerOf(value) : writer;
  if (chosen.kind === 'refused') throw new Error(chosen.message);
  return chosen.read(value);
}

export const avro: Target<AvroInput> = {
  name: 'avro',
  inputs: valuesEditedBy(pieceEdits, byteEdits),
  play({ topic, schema, body }) {
    const writer = writerOf(schema);
    law(writer.kind !== 'refused', 'admits every schema of our name', () => JSON.stringify(writer));
    const strict = attempt([NotAvro], () =>
      readAvro(body, JSON.parse(schema) as Schema, TOPIC_RECORDS[topic] as unknown as Schema),
    );
    const ours = attempt([Error], () => readBy(writer, framed(body, 1)));
    if (ours instanceof Error) {
      // An id of other bytes would be another one: the contract has it so, Avro takes any bytes for a text.
      const isOddId = messageOf(ours).includes('no valid UTF-8');
      law(strict instanceof Error || isOddId, 'reads what a strict decoder reads', () => messageOf(ours));
      law(ours.message.length < 300, 'says why in a few words');
      // Whichever field it is: one outcome is enough.
      return `refused: ${kindOf(messageOf(ours)).replace(/.*the writer has.*/, 'a field that ours is not read from')}`;
    }
    law(!(strict instanceof Error), 'reads nothing that a strict decoder refuses', () =>
      strict instanceof Error ? strict.message : '',
    );
    law(isSame(ours.value, strict.value), 'reads what a strict decoder reads, as it does', () =>
      show(ours.value, strict.value),
    );
    return 'read';
  },
};

function show(...values: unknown[]): string {
  return values
    .map((value) => JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)))
    .join(' and ');
}
