import { describe, expect, it } from 'vitest';
import type { AvroSchema } from '../../../../schemas/avro/avro-schema.js';
import { parseType } from '../../../../schemas/avro/parse-type.js';
import { readTraced } from '../../../../schemas/avro/read-traced.js';
import { parseWriter } from '../../../../schemas/avro/writer-type.js';

const ITEM = { type: 'record', name: 'Item', fields: [{ name: 'name', type: 'string' }] } as const;
const ALL: AvroSchema = {
  type: 'record',
  name: 'All',
  fields: [
    { name: 'flag', type: 'boolean' },
    { name: 'int', type: 'int' },
    { name: 'ratio', type: 'float' },
    { name: 'double', type: 'double' },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 2 } },
    { name: 'maybe', type: ['null', 'long'] },
    { name: 'items', type: { type: 'array', items: ITEM } },
    { name: 'more', type: { type: 'map', values: 'string' } },
  ],
};
const VALUE = {
  ...{ flag: true, int: -3, ratio: 0.5, double: 1e300, kind: 'B', hash: Buffer.from('hh'), maybe: 2n ** 62n },
  ...{ items: [{ name: 'one' }, { name: 'two' }], more: { 'linh@example.com': 'x', b: 'yy' } },
};
const BYTES = parseType(ALL).toBuffer(VALUE);
const read = (bytes: Buffer, schema = ALL) => readTraced(parseWriter(schema), bytes, 0);
/** As plain objects. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)));

describe('a value that is read by its own schema', () => {
  it('is there as JSON has it, of every type', () => {
    const { value, fault } = read(BYTES);
    expect(fault).toBeUndefined();
    expect(plain(value)).toEqual({ ...VALUE, hash: 'aGg=', maybe: `${2n ** 62n}n` });
  });

  it.each([
    ['items.1.name', () => BYTES.subarray(0, BYTES.indexOf('two') + 1), 'items.1.name', BYTES.indexOf('two') - 1],
    ['the value of a map, whose key is not named', () => BYTES.subarray(0, -2), 'more.*', BYTES.indexOf('yy') - 1],
    ['the end of a list', () => BYTES.subarray(0, -1), 'more', BYTES.length - 1],
    ['a number', () => BYTES.subarray(0, 4), 'ratio', 2],
    ['nothing but more than there should be', () => Buffer.concat([BYTES, Buffer.from('x')]), '', BYTES.length],
  ])('names the field and the byte when it cannot read %s', (_, bytes, path, at) => {
    const { fault } = read(bytes());
    expect(fault?.path.join('.')).toBe(path);
    expect(fault?.at).toBe(at);
  });

  it('keeps what was read up to there', () => {
    const { value } = read(BYTES.subarray(0, BYTES.indexOf('two') + 1));
    expect(plain((value as { items: unknown }).items)).toEqual([{ name: 'one' }, {}]);
  });

  it('ends at every byte with a fault, and at none with an exception', () => {
    for (let end = 0; end < BYTES.length; end += 1) expect(read(BYTES.subarray(0, end)).fault).toBeDefined();
  });

  it('has names that every object of JavaScript answers to, and numbers that JSON has not', () => {
    const schema: AvroSchema = {
      type: 'record',
      name: 'Odd',
      fields: [
        { name: '__proto__', type: 'double' },
        { name: 'toString', type: 'string' },
      ],
    };
    const bytes = Buffer.concat([Buffer.from('000000000000f07f', 'hex'), Buffer.from([2, 0x78])]);
    const { value, fault } = read(bytes, schema);
    expect(fault).toBeUndefined();
    expect(Object.entries(value as object)).toEqual([
      ['__proto__', 'Infinity'],
      ['toString', 'x'],
    ]);
  });
});
