import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import type { AvroSchema } from '../../../../schemas/avro/avro-schema.js';
import { readFaults } from '../../../../schemas/avro/read-faults.js';
import { parseWriter } from '../../../../schemas/avro/writer-type.js';

const record = (...fields: object[]) => ({ type: 'record', name: 'R', namespace: 'x', fields });
const field = (type: unknown, more: object = {}) => record({ name: 'f', type, ...more });
const faults = (writer: unknown, reader: unknown, isOurs = false): readonly string[] =>
  readFaults(parseWriter(writer), parseWriter(reader), { isOurs });

const colour = (symbols: readonly string[], more: object = {}) => ({ type: 'enum', name: 'C', symbols, ...more });
const fixed = (size: number) => ({ type: 'fixed', name: 'F', size });
const self = (...more: object[]) => record({ name: 'next', type: ['null', 'R'], default: null }, ...more);

/** Writer, reader, and what is found; Avro's own reader in avsc has the same verdict. */
const ROWS: readonly (readonly [string, unknown, unknown, readonly string[]])[] = [
  ['the same', field('long'), field('long'), []],
  ['a field more', record({ name: 'f', type: 'int' }, { name: 'g', type: 'int' }), field('int'), []],
  ['a field less, with a default', record(), field('int', { default: 1 }), []],
  ['a field less, without', record(), field('int'), ['f is not written, and the reader has no default for it']],
  ['an int for a long', field('int'), field('long'), []],
  ['a long for an int', field('long'), field('int'), ['f is long for the writer, int for the reader']],
  ['a string for bytes', field('string'), field('bytes'), []],
  ['a string for a long', field('string'), field('long'), ['f is string for the writer, long for the reader']],
  ['what may be null for what may', field(['null', 'int']), field(['null', 'long']), []],
  ['what may not be null for what may', field('int'), field(['null', 'int']), []],
  [
    'what may be null for what may not',
    field(['null', 'int']),
    field('int'),
    ['f is null for the writer, int for the reader'],
  ],
  [
    'a branch more',
    field(['null', 'int', 'string']),
    field(['null', 'int']),
    ["f may be string, which the reader's null or int does not take"],
  ],
  [
    'items',
    field({ type: 'array', items: 'string' }),
    field({ type: 'array', items: 'int' }),
    ['f[] is string for the writer, int for the reader'],
  ],
  ['values', field({ type: 'map', values: 'int' }), field({ type: 'map', values: 'long' }), []],
  ['a symbol less', field(colour(['A'])), field(colour(['A', 'B'])), []],
  [
    'a symbol more',
    field(colour(['A', 'B'])),
    field(colour(['A'])),
    ['f may be B, which the reader does not know and has no default for'],
  ],
  ['a symbol more, with a default', field(colour(['A', 'B'])), field(colour(['A'], { default: 'A' })), []],
  ['another size', field(fixed(4)), field(fixed(8)), ['f is x.F of 4 bytes for the writer, x.F of 8 for the reader']],
  [
    'another record',
    field('int'),
    { ...field('int'), name: 'S' },
    ['the record is x.R for the writer, x.S for the reader'],
  ],
  ['a record of itself', self(), self(), []],
  [
    'a record of itself, a field less',
    self(),
    self({ name: 'g', type: 'int' }),
    ['g is not written, and the reader has no default for it'],
  ],
];

describe('what a reader cannot read', () => {
  it.each(ROWS)('%s', (_, writer, reader, found) => {
    expect(faults(writer, reader)).toEqual(found);
    const resolve = () => type(reader).createResolver(type(writer));
    if (found.length === 0) expect(resolve).not.toThrow();
    else expect(resolve).toThrow();
  });

  it('is what would mean something else to others, and not to us, who convert', () => {
    const time = (unit: string) => field({ type: 'long', logicalType: `timestamp-${unit}` });
    const amount = (scale: number) => field({ type: 'bytes', logicalType: 'decimal', precision: 9, scale });
    expect(faults(time('micros'), time('millis'))).toEqual([
      'f is timestamp-micros for the writer, timestamp-millis for the reader',
    ]);
    expect(faults(amount(2), amount(4))).toEqual([
      'f is a decimal of scale 2 for the writer, a decimal of scale 4 for the reader',
    ]);
    expect(faults(time('micros'), time('millis'), true)).toEqual([]);
    expect(faults(field('long'), time('millis'))).toEqual([]);
  });
});

function type(schema: unknown): avsc.Type {
  return avsc.Type.forSchema(schema as AvroSchema as avsc.Schema);
}
