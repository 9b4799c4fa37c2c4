import { SOURCE_RECORDS } from '../../../../dev/contract/sources.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AvroField, AvroRecord } from '../../../../schemas/avro/avro-schema.js';
import { cursorAt } from '../../../../schemas/avro/cursor.js';
import { withIds } from '../../../../schemas/avro/id-type.js';
import { parseType } from '../../../../schemas/avro/parse-type.js';
import { Resolution } from '../../../../schemas/avro/resolution.js';
import { Skips } from '../../../../schemas/avro/skip.js';
import { parseWriter, type RecordType } from '../../../../schemas/avro/writer-type.js';
import { JsonFault } from '../../../../schemas/json/json-fault.js';
import { compileJsonReader } from '../../../../schemas/json/json-reader.js';
import { SCHEMAS } from '../../../../schemas/types.js';
import { asGoWrites, EveryType, valuesOf } from '../every-type.js';

const recordOf = (...fields: AvroField[]): AvroRecord => ({ ...EveryType, fields });
const reading = (type: AvroField['type'], more: Partial<AvroField> = {}) => {
  const read = compileJsonReader(recordOf({ name: 'x', type, ...more }));
  return (json: string | Buffer): unknown => read(Buffer.from(json))['x'];
};
const faultOf = (read: () => unknown): JsonFault => {
  try {
    read();
  } catch (error) {
    if (error instanceof JsonFault) return error;
    throw error;
  }
  throw new Error('no fault');
};
const decimal = { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 } as const;
const anything = { type: 'map', values: 'string' } as const;

describe('JSON as Go writes it', () => {
  it.each([...Object.values(SOURCE_RECORDS), EveryType].map((record) => [record.name, record] as const))(
    'is read into the event that Avro gives: %s',
    (_, record) => {
      const type = parseWriter(withIds(record));
      const avro = parseType(record);
      const read = compileJsonReader(record);
      const resolve = new Resolution(new Skips()).compile(type, type);
      fc.assert(
        fc.property(valuesOf(type), (event) => {
          const bytes = avro.toBuffer(event);
          const fromJson = read(Buffer.from(asGoWrites(type, event)));
          expect(fromJson).toEqual(avro.fromBuffer(bytes));
          expect(fromJson).toEqual(resolve(cursorAt(bytes, 0)));
          expect(Object.keys(fromJson)).toEqual(record.fields.map(({ name }) => name));
        }),
        { numRuns: 300 },
      );
    },
  );

  it('has maps without a prototype, and every key is one like any other', () => {
    const texts = reading(anything)('{"x":{"__proto__":"a","constructor":"b"}}') as object;
    expect(Object.entries(texts)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect('toString' in texts).toBe(false);
    const event = compileJsonReader(recordOf())(Buffer.from('{"__proto__":{"isAdmin":true}}'));
    expect(event).toEqual({});
    expect('isAdmin' in event).toBe(false);
  });
});

describe('a value', () => {
  it.each([
    ['an int64', 'long', '9223372036854775807', 9223372036854775807n],
    ['the least int64', 'long', '-9223372036854775808', -9223372036854775808n],
    ['an int64 as a text', 'long', '"9223372036854775807"', 9223372036854775807n],
    ['an int64 of 15 digits', 'long', '999999999999999', 999999999999999n],
    ['an int64 with a point', 'long', '5.0', 5n],
    ['an int64 with an exponent', 'long', '1e3', 1000n],
    ['minus zero', 'long', '-0', 0n],
    ['an id that is half a pair', { type: 'array', items: 'string' }, '["\\ud800"]', ['\ufffd']],
    ['a decimal as a number', decimal, '12.5', '12.50'],
    ['a decimal with zeros', decimal, '12.5000', '12.50'],
    ['a decimal with an exponent', decimal, '1.25e1', '12.50'],
    ['a decimal as a text', decimal, '"-0.05"', '-0.05'],
    ['a long decimal', decimal, '12345678901234567.89', '12345678901234567.89'],
    ['a symbol that is not known', { type: 'enum', name: 'E', symbols: ['A', 'B'], default: 'B' }, '"C"', 'B'],
    ['a text where text and number are allowed', ['long', 'string'], '"5"', '5'],
    ['a number there', ['string', 'long'], '5', 5n],
    ['a number too long for the first', ['int', 'long'], '2147483648', 2147483648n],
    ['base64', 'bytes', '"+/8="', Buffer.from([0xfb, 0xff])],
  ] as const)('%s is read', (_, type, json, expected) => {
    expect(reading(type)(`{"x":${json}}`)).toEqual(expected);
    // Elsewhere in the value is a number that JavaScript does not hold.
    expect(reading(type)(`{"y":12345678901234567890,"x":${json}}`)).toEqual(expected);
  });

  it.each([
    ['"a"', 'a'],
    ['1', '1'],
    ['1.10', '1.10'],
    ['1e3', '1e3'],
    ['-0', '-0'],
    ['12345678901234567890.10', '12345678901234567890.10'],
    ['true', 'true'],
    ['null', 'null'],
    ['{ "b": [1, 2.50], "a": null }', '{"b":[1,2.50],"a":null}'],
    ['[-0]', '[-0]'],
    ['"\\ud800"', '\ufffd'],
    ['["\\ud800 <é>"]', '["\\ud800 <é>"]'],
  ])('in a map of texts %s becomes the text %s', (json, expected) => {
    expect(reading(anything)(`{"x":{"k":${json}}}`)).toEqual({ k: expected });
    expect(reading(anything)(`{"y":1.5,"x":{"k":${json}}}`)).toEqual({ k: expected });
  });

  it('is skipped where no field has its name, whatever it is', () => {
    expect(reading('long')('{"y":{"x":[1]},"x":1,"X":2}')).toBe(1n);
  });

  it('is the last of two of one name', () => {
    expect(reading('long')('{"x":1,"x":2}')).toBe(2n);
    expect(reading('long')('{"x":{"a":12345678901234567890},"x":2}')).toBe(2n);
  });

  it('may have a byte order mark before it', () => {
    expect(reading('long')('\ufeff{"x":1}')).toBe(1n);
  });
});

describe('a field that may be missing', () => {
  it.each([
    ['null where null is a branch', ['null', 'long'], undefined, null],
    ['the default where there is one', 'string', 'none', 'none'],
    ['a default as an int64', 'long', 7, 7n],
    ['a default of bytes', 'bytes', '\u00ff', Buffer.from([0xff])],
    ['a default of a decimal', decimal, '\u0004\u00e2', '12.50'],
    ['an empty list', { type: 'array', items: 'long' }, [], []],
    ['a map that is not shared', { type: 'map', values: 'long' }, { a: 1 }, { a: 1n }],
    [
      'a record',
      {
        type: 'record',
        name: 'R',
        fields: [
          { name: 'a', type: 'long', default: 2 },
          { name: 'b', type: 'string' },
        ],
      },
      { b: 'c' },
      { a: 2n, b: 'c' },
    ],
  ] as const)('is %s', (_, type, byDefault, expected) => {
    const read = reading(type, byDefault === undefined ? {} : { default: byDefault });
    expect(read('{}')).toEqual(expected);
    expect(read('{"x":null}')).toEqual(expected);
    const [one, other] = [read('{}'), read('{}')];
    if (typeof one === 'object' && one !== null) expect(one).not.toBe(other);
  });

  it('is null when it is null, whatever its default', () => {
    const read = reading(['string', 'null'], { default: 'none' });
    expect([read('{}'), read('{"x":null}')]).toEqual(['none', null]);
  });

  it('must be there when it has no default and takes no null', () => {
    expect(faultOf(() => reading('string')('{}')).message).toBe('/x is missing; expected a text');
    expect(faultOf(() => reading('long')('{"x":null}')).message).toBe(
      '/x is null; expected an int64: an integer, or its decimal text',
    );
    expect(faultOf(() => reading('string', { name: 'toString' })('{}')).pointer).toBe('/toString');
  });
});

describe('a fault', () => {
  const nested = {
    type: 'record',
    name: 'R',
    fields: [{ name: 'm~/n', type: { type: 'map', values: { type: 'array', items: 'long' } } }],
  } as const;

  it.each([
    ['long', '"secret"', '/x', 'a text'],
    ['long', '1.5', '/x', 'a number'],
    ['long', '9223372036854775808', '/x', 'a number'],
    ['long', '"-9223372036854775809"', '/x', 'a text'],
    ['int', '2147483648', '/x', 'a number'],
    ['double', '1e999', '/x', 'a number'],
    ['double', '"1"', '/x', 'a text'],
    ['boolean', '1', '/x', 'a number'],
    ['string', '{}', '/x', 'an object'],
    ['string', '12345678901234567890', '/x', 'a number'],
    ['bytes', '"a"', '/x', 'a text'],
    [{ type: 'fixed', name: 'F', size: 2 }, '"AA=="', '/x', 'a text'],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, '"B"', '/x', 'a text'],
    [decimal, '12.505', '/x', 'a number'],
    [decimal, '"1,5"', '/x', 'a text'],
    [decimal, 'true', '/x', 'a boolean'],
    [{ type: 'array', items: 'long' }, '[1,2,"a"]', '/x/2', 'a text'],
    [anything, '[]', '/x', 'an array'],
    [anything, '12345678901234567890', '/x', 'a number'],
    [nested, '{"m~/n":{"a/b~c":[1,null]}}', '/x/m~0~1n/a~1b~0c/1', 'null'],
    [['null', 'long', 'boolean'], '"a"', '/x', 'a text'],
  ] as const)('of %j names the place and the kind: %s', (type, json, pointer, found) => {
    const fault = faultOf(() => reading(type)(`{"x":${json}}`));
    expect([fault.pointer, fault.found]).toEqual([pointer, found]);
    expect(fault.message).not.toContain('secret');
  });

  it('of a long pointer is cut', () => {
    const numbers = reading({ type: 'map', values: 'long' });
    expect(faultOf(() => numbers(`{"x":{"${'k'.repeat(500)}":""}}`)).message.length).toBeLessThan(300);
  });

  it('of an id is that it is no Unicode', () => {
    const read = compileJsonReader(SCHEMAS.TaskEvent);
    expect(faultOf(() => read(Buffer.from('{"eventId":"\\udc00"}'))).message).toBe(
      '/eventId is a text; expected an id: a text of valid Unicode',
    );
  });

  it.each([
    ['', 0],
    ['{', 1],
    ['{"x":1', 6],
    ['{"é":secret}', 6],
    ['\ufeff{"é":secret}', 9],
    ['{"x":1,}', 7],
    ['{"x":01}', 6],
    ['{"x":1} 2', 8],
    ['{"x":"\u0000"}', 6],
    ['{"y":12345678901234567890,}', 26],
    ['[1 2]', 3],
  ])('of no JSON tells the byte: %j', (json, byte) => {
    const fault = faultOf(() => reading('long')(json));
    expect(fault.message).toBe(`the whole value is no JSON from byte ${byte} on; expected a JSON object`);
  });

  it.each(['null', '[]', '"{}"', '5', '12345678901234567890'])('of %s is that it is no object', (json) => {
    expect(faultOf(() => reading('long')(json)).message).toMatch(/^the whole value is .*; expected an object$/);
  });

  it('of bytes that are no UTF-8 says so', () => {
    const fault = faultOf(() => reading('string')(Buffer.from('{"x":"\xff"}', 'latin1')));
    expect(fault.message).toBe('the whole value is no valid UTF-8; expected JSON in UTF-8');
  });
});

describe('nesting', () => {
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

  it.each([
    ['where nobody reads', (part: string) => `{"x":{},"y":${part}}`],
    ['in a text of a map', (part: string) => `{"x":{"k":${part}}}`],
    ['beside a long number', (part: string) => `{"y":12345678901234567890,"x":{"k":${part}}}`],
    ['before the end is cut off', (part: string) => `{"x":{"k":${part.slice(0, part.length / 2)}`],
  ])('%s is read so deep, and no deeper', (_, around) => {
    const read = reading(anything);
    if (!around('').endsWith('{"k":')) expect(() => read(around(deep(990)))).not.toThrow();
    for (const levels of [2000, 1_000_000]) expect(faultOf(() => read(around(deep(levels))))).toBeInstanceOf(JsonFault);
  });

  it('of brackets in texts does not count', () => {
    expect(reading('string')(`{"x":"\\"${'['.repeat(5000)}"}`)).toHaveLength(5001);
  });

  it('of a record in itself ends where Avro’s does', () => {
    const chain = { type: 'record', name: 'C', fields: [{ name: 'c', type: ['null', 'C'] }] } as const;
    const links = (count: number): string => `{"x":${'{"c":'.repeat(count)}null${'}'.repeat(count)}}`;
    expect(() => reading(chain)(links(31))).not.toThrow();
    expect(faultOf(() => reading(chain)(links(32))).message).toContain('is nested too deep');
  });
});

describe('whatever comes', () => {
  const record = recordOf(...EveryType.fields, { name: 'last', type: ['null', decimal] });
  const read = compileJsonReader(record);
  const outcome = (json: string | Buffer): unknown => {
    try {
      return read(Buffer.from(json));
    } catch (error) {
      if (error instanceof JsonFault) return error.message;
      throw error;
    }
  };
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.bigInt(-(2n ** 65n), 2n ** 65n).map(String),
    fc.constantFrom('-0', '5.0', '1e3', '1.50', '1e400', '9007199254740993.0', '9007199254740992'),
  );
  const anyJson = fc.oneof(
    number,
    number.map((digits) => `"${digits}"`),
    fc.json({ maxDepth: 2 }),
  );
  const valid = valuesOf(parseWriter(withIds(EveryType))) as fc.Arbitrary<Record<string, unknown>>;
  const { fields } = parseWriter(record) as RecordType;
  /** An event of which some fields hold anything. */
  const members = fc
    .tuple(valid, fc.dictionary(fc.constantFrom(...EveryType.fields.map(({ name }) => name)), anyJson))
    .map(([event, odd]) =>
      fields
        .filter(({ name }) => name !== 'last')
        .map(({ name, type }) => `${JSON.stringify(name)}:${odd[name] ?? asGoWrites(type, event[name])}`)
        .join(),
    );

  it('is the same when all numbers of a value are read as they were written', () => {
    fc.assert(
      fc.property(members, (json) => {
        expect(outcome(`{${json},"last":1.50}`)).toEqual(outcome(`{${json},"last":"1.50"}`));
      }),
      { numRuns: 300 },
    );
  });

  it('is an event or a JsonFault', () => {
    fc.assert(
      fc.property(members, fc.nat(), fc.integer({ min: 0, max: 255 }), (json, at, byte) => {
        const value = Buffer.from(`{${json}}`);
        value[at % value.length] = byte;
        expect(() => outcome(value)).not.toThrow();
        expect(() => outcome(value.subarray(0, at % value.length))).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});

it('a schema whose field no event can have is refused', () => {
  expect(() => compileJsonReader(recordOf({ name: '__proto__', type: 'long' }))).toThrow('a.b.EveryType has a field');
  expect(() => reading('long', { default: 'x' })).toThrow('the default of a.b.EveryType.x is no long');
});
