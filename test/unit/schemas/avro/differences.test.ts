import { expect, it } from 'vitest';
import type { AvroSchema } from '../../../../schemas/avro/avro-schema.js';
import { schemaDifferences } from '../../../../schemas/avro/differences.js';
import { SCHEMAS } from '../../../../schemas/types.js';

const record = (...fields: object[]): AvroSchema => ({ type: 'record', name: 'R', fields }) as AvroSchema;
const between = (ours: AvroSchema, theirs: AvroSchema): readonly string[] =>
  schemaDifferences(ours, theirs, { one: 'ours', other: 'theirs' });
const field = (type: unknown, more: object = {}): object => ({ name: 'f', type, ...more });
const time = { type: 'long', logicalType: 'timestamp-millis' };

it.each<[string, AvroSchema, AvroSchema, string[]]>([
  ['a field more', record(field('string', { default: '' })), record(), ['f: only in ours, string, default ""']],
  [
    'a field less',
    record(),
    record(field(['null', time])),
    ['f: only in theirs, null or long (timestamp-millis), without a default'],
  ],
  ['another type', record(field('long')), record(field('string')), ['f: long in ours, string in theirs']],
  ['another unit', record(field(time)), record(field('long')), ['f: long (timestamp-millis) in ours, long in theirs']],
  [
    'another default',
    record(field('int', { default: 1 })),
    record(field('int')),
    ['f: its default is 1 in ours, none in theirs'],
  ],
  [
    'other items',
    record(field({ type: 'array', items: 'int' })),
    record(field({ type: 'array', items: 'long' })),
    ['f[]: int in ours, long in theirs'],
  ],
  [
    'a field of a record in a field',
    record(field({ type: 'record', name: 'S', fields: [{ name: 'g', type: 'int' }] })),
    record(field({ type: 'record', name: 'S', fields: [{ name: 'g', type: 'long' }] })),
    ['f.g: int in ours, long in theirs'],
  ],
  [
    'symbols',
    record(field({ type: 'enum', name: 'E', symbols: ['A', 'B'] })),
    record(field({ type: 'enum', name: 'E', symbols: ['A', 'C'] })),
    ['f: B only in ours', 'f: C only in theirs'],
  ],
  [
    'the order',
    record(field('int'), { name: 'g', type: 'int' }),
    record({ name: 'g', type: 'int' }, field('int')),
    ['the record: the fields are in another order in theirs'],
  ],
  ['words', record(field('int', { doc: 'a' })), record(field('int', { doc: 'b' })), ['f: documented in other words']],
  ['the same in other words', record(field('string')), record(field({ type: 'string' })), []],
])('says in words what differs: %s', (_, ours, theirs, said) => {
  expect(between(ours, theirs)).toEqual(said);
});

it('says nothing of a schema of ours and itself, however its text is laid out', () => {
  for (const schema of Object.values(SCHEMAS))
    expect(between(schema, JSON.parse(JSON.stringify(schema, null, 2)) as AvroSchema)).toEqual([]);
});
