import fc from 'fast-check';
import { parse, stringify } from 'lossless-json';
import { describe, expect, it } from 'vitest';
import { parseType } from '../../../../schemas/avro/parse-type.js';
import { readTraced } from '../../../../schemas/avro/read-traced.js';
import { parseWriter } from '../../../../schemas/avro/writer-type.js';
import { writeAvro } from '../../../../schemas/json/write-avro.js';
import { EveryType, valuesOf } from '../every-type.js';
import type { AvroSchema } from '../../../../schemas/avro/avro-schema.js';

const everyType = parseWriter(EveryType);
const record = (...fields: [name: string, type: AvroSchema, otherwise?: unknown][]) =>
  parseWriter({
    type: 'record',
    name: 'Some',
    fields: fields.map(([name, type, otherwise]) => ({
      name,
      type,
      ...(otherwise !== undefined && { default: otherwise }),
    })),
  });

describe('JSON as Avro', () => {
  it('is the bytes that it was read from, whatever they are', () => {
    const avro = parseType(EveryType);
    fc.assert(
      fc.property(valuesOf(everyType), (event) => {
        const bytes = avro.toBuffer(event);
        const { value, fault } = readTraced(everyType, bytes, 0);
        expect(fault).toBeUndefined();
        // As it goes through the file of an export.
        const text = stringify(value)!;
        const written = readTraced(everyType, writeAvro(everyType, parse(text)), 0);
        // JSON has no -0.
        expect([stringify(written.value), written.fault]).toEqual([text, undefined]);
      }),
    );
  });

  it('keeps the branch of every part of a union that an edit leaves alone, and of the one that it edits where that fits', () => {
    const [text, number] = [
      ['null', 'bytes', 'string'],
      ['null', 'double', 'long'],
    ];
    const type = record(['a', text], ['n', number], ['list', { type: 'array', items: text }], ['x', 'int']);
    // a: bytes 1 2 3, n: long 5, list: bytes 7 8 9, text "abcd"; x: 1
    const body = Buffer.from('020601020304' + '0a' + '0402060708090408' + '61626364' + '00' + '02', 'hex');
    const before = readTraced(type, body, 0);
    const json = stringify(before.value)!;
    expect(json).toBe('{"a":"AQID","n":5,"list":["BwgJ","abcd"],"x":1}');
    const edited = (from: string, to: string): string =>
      writeAvro(type, parse(json.replace(from, to)), before).toString('hex');
    expect(edited('', '')).toBe(body.toString('hex'));
    expect(edited('"x":1', '"x":2')).toBe(body.toString('hex').replace(/02$/, '04'));
    expect(edited('"n":5', '"n":6')).toBe(body.toString('hex').replace('040a', '040c'));
    expect(edited('"BwgJ",', '')).toBe(body.toString('hex').replace('0402060708090408', '020408'));
    expect(edited('"AQID"', '"no base64"')).toMatch(/^0412/);
  });

  it.each<[what: string, AvroSchema, json: string, fault: string]>([
    ['an integer that is too large', 'int', '{"f":2147483648}', '/f is a number; expected an integer of 32 bits'],
    ['a fraction', 'long', '{"f":1.5}', '/f is a number; expected an integer of 64 bits'],
    ['a text for a number', 'long', '{"f":"7"}', '/f is a text; expected an integer of 64 bits'],
    [
      'a symbol that is none',
      { type: 'enum', name: 'E', symbols: ['A', 'B'] },
      '{"f":"C"}',
      '/f is a text; expected one of A, B',
    ],
    ['no base64', 'bytes', '{"f":"a"}', '/f is a text; expected bytes in base64'],
    ['an item', { type: 'array', items: 'boolean' }, '{"f":[true,1]}', '/f/1 is a number; expected true or false'],
    ['a nullable that fits no branch', ['null', 'long'], '{"f":"x"}', '/f is a text; expected an integer of 64 bits'],
    ['null where there must be a value', ['int', 'string'], '{"f":null}', '/f is null; expected one of int, string'],
    ['a field that is missing', 'string', '{}', '/f is missing; expected a value: the field has no default'],
    ['a field that there is not', 'string', '{"f":"x","g":1}', '/g is no field of it; expected those of Some'],
  ])('is refused with its place: %s', (_, type, json, fault) => {
    expect(() => writeAvro(record(['f', type]), parse(json))).toThrow(fault);
  });

  it('has the default of what was left out', () => {
    const type = record(['a', 'int', 7], ['b', ['null', 'string'], null]);
    expect(readTraced(type, writeAvro(type, {}), 0).value).toEqual({ a: 7, b: null });
  });
});
