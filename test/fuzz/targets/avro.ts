/** The Avro decoder against a strict one: whatever a producer's schema and bytes are, both say the same. */
import fc from 'fast-check';
import { TOPIC_RECORDS, type AvroTopic } from '../../../schemas/topic-records.js';
import { framed } from '../../../schemas/wire-format.js';
import { admitWriter, type Writer } from '../../../schemas/writer.js';
import { messageOf } from '../../../topology/errors.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { editPieces, join, number, pieceEdits, type Piece } from '../edit-pieces.js';
import { kindOf as kindOfSchema, NotAvro, readAvro, type Complex, type Schema } from '../oracles/avro-reader.js';
import { attempt, isSame, kindOf, law, type Target } from '../target.js';

type AvroInput = { readonly topic: AvroTopic; readonly schema: string; readonly body: Buffer };

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
  { type: 'map', values: { type: 'array', items: 'long' } },
  ['string', 'null', { type: 'map', values: 'double' }],
  { type: 'record', name: 'Link', fields: [{ name: 'next', type: ['null', 'Link'] }] },
];

/** What a producer of another version may write: fields more, fewer, in another order, of a type that ours can be read from. */
function writersSchema(own: Complex, roll: Dice): Schema {
  const fields = own.fields!.map((field) => ({ ...field, type: roll(12) === 0 ? otherType(field.type) : field.type }));
  for (let more = roll(3); more > 0; more -= 1)
    fields.splice(roll(fields.length + 1), 0, {
      name: `more${more}`,
      type: renamed(STRANGE_TYPES[roll(STRANGE_TYPES.length)]!, more),
    });
  for (let fewer = roll(3); fewer > 0; fewer -= 1) {
    const at = roll(fields.length);
    if (fields[at]!.default !== undefined) fields.splice(at, 1);
  }
  if (roll(2) === 0) fields.push(...fields.splice(0, roll(fields.length)));
  return { ...own, fields: fields.map(({ name, type }) => ({ name, type })) };
}

function renamed(type: Schema, suffix: number): Schema {
  return JSON.parse(JSON.stringify(type).replaceAll(/"(Four|Colour|Link)"/g, `"$1${suffix}"`)) as Schema;
}

function otherType(type: Schema): Schema {
  const kind = kindOfSchema(type);
  if (Array.isArray(type)) return [...(type as readonly Schema[])].reverse();
  return kind === 'long' ? 'int' : kind === 'string' ? 'bytes' : kind === 'double' ? 'float' : ['null', type];
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

const inputs = fc
  .record({
    topic: fc.constantFrom(...topics),
    // Compiling a writer's schema takes a hundred times as long as reading a body: bodies share some.
    schemaSeed: fc.nat(400),
    seed: fc.nat(),
    pieces: pieceEdits,
    bytes: byteEdits,
  })
  .map(({ topic, schemaSeed, seed, pieces, bytes }): AvroInput => {
    const own = TOPIC_RECORDS[topic] as unknown as Complex;
    const schema = schemaSeed % 4 === 0 ? own : writersSchema(own, diceOf(schemaSeed));
    const body = join(editPieces(piecesOf(schema, diceOf(seed)), pieces));
    return { topic, schema: JSON.stringify(schema), body: editBytes(body, bytes) };
  });

const writers = new Map<string, Writer>();

function writerOf(schema: string): Writer {
  const known = writers.get(schema);
  if (known) return known;
  if (writers.size > 5000) writers.clear();
  const writer = admitWriter({ schemaType: 'AVRO', schema });
  writers.set(schema, writer);
  return writer;
}

export const avro: Target<AvroInput> = {
  name: 'avro',
  inputs,
  play({ topic, schema, body }) {
    const writer = writerOf(schema);
    if (writer.kind === 'refused') {
      // The specification reads a union by the branch that was written; avsc wants each of its branches to be readable.
      const isUnion = writer.message.includes('cannot read');
      law(
        false,
        isUnion ? 'admits a union of which one branch is ours' : 'admits a schema that resolves to ours',
        () => writer.message,
      );
    }
    const strict = attempt([NotAvro], () =>
      readAvro(body, JSON.parse(schema) as Schema, TOPIC_RECORDS[topic] as unknown as Schema),
    );
    const ours = attempt([Error], () => writer.read(framed(body, 1)));
    if (ours instanceof Error) {
      // An id of other bytes would be another one: the contract has it so, Avro takes any bytes for a text.
      const isOddId = messageOf(ours).includes('no valid UTF-8');
      law(strict instanceof Error || isOddId, 'reads what a strict decoder reads', () => messageOf(ours));
      law(ours.message.length < 300, 'says why in a few words');
      return `refused: ${kindOf(messageOf(ours))}`;
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
