/** Values of JSON without parts, as what Avro's decoder gives for the same schema. */
import { LosslessNumber } from 'lossless-json';
import { atScale } from '../avro/decimal.js';
import { INT64_MAX, INT64_MIN } from '../avro/long-type.js';
import type { WriterType } from '../avro/writer-type.js';
import { bytesOfBase64 } from './base64.js';
import { refuse } from './json-fault.js';
import type { JsonSource } from './json-source.js';

/** Throws a JsonFault for what is none of its type. */
export type ReadJson = (json: unknown, source: JsonSource) => unknown;

/** How values of a type are read, and what they are called where one is missing. */
export interface JsonReading {
  readonly expected: string;
  readonly read: ReadJson;
}

type LeafType = Exclude<WriterType, { readonly kind: 'record' | 'array' | 'map' | 'union' }>;

const INT64 = 'an int64: an integer, or its decimal text';
/** The most digits of an int64. */
const INT64_TEXT = /^-?\d{1,19}$/;
const MAX_SYMBOLS = 10;

export function leafReading(type: LeafType): JsonReading {
  switch (type.kind) {
    case 'null':
      return leaf('null', (json) => (json === null ? null : undefined));
    case 'boolean':
      return leaf('true or false', (json) => (typeof json === 'boolean' ? json : undefined));
    case 'int':
      return leaf('an integer of 32 bits', int32Of);
    case 'long':
      return { expected: INT64, read: readInt64 };
    case 'float':
      return leaf('a number', (json) => mapped(numberOf(json), Math.fround));
    case 'double':
      return leaf('a number', numberOf);
    case 'string':
      return type.isId === true ? leaf('an id: a text of valid Unicode', idOf) : leaf('a text', textOf);
    case 'enum':
      return enumReading(type.symbols, type.default);
    case 'bytes':
      return type.scale === undefined ? leaf('a text in base64', bytesOfBase64) : decimalReading(type.scale);
    case 'fixed':
      return type.scale === undefined ? fixedReading(type.size) : decimalReading(type.scale);
  }
}

/** A value of a map of texts: a text as it is, anything else as its JSON text. */
export function readAsText(json: unknown, source: JsonSource): string {
  return typeof json === 'string' ? wellFormed(json) : source.textOf(json);
}

/** As Avro's decoder reads it: half a surrogate pair, which UTF-8 does not have, becomes U+FFFD. */
export function wellFormed(text: string): string {
  // Node 20 has it; the library of TypeScript that goes with it does not.
  return (text as unknown as { toWellFormed(): string }).toWellFormed();
}

/** `valueOf`: undefined for what is none. */
function leaf(expected: string, valueOf: (json: unknown) => unknown): JsonReading {
  return {
    expected,
    read: (json) => {
      const value = valueOf(json);
      return value === undefined ? refuse(json, expected) : value;
    },
  };
}

function mapped<T>(value: T | undefined, map: (value: T) => T): T | undefined {
  return value === undefined ? undefined : map(value);
}

function textOf(json: unknown): string | undefined {
  return typeof json === 'string' ? wellFormed(json) : undefined;
}

function idOf(json: unknown): string | undefined {
  return textOf(json) === json ? (json as string) : undefined;
}

/** Undefined for one beyond the range of a double as well. */
function numberOf(json: unknown): number | undefined {
  const number = json instanceof LosslessNumber ? Number(json.value) : json;
  return Number.isFinite(number) ? (number as number) : undefined;
}

function int32Of(json: unknown): number | undefined {
  const number = numberOf(json);
  // Not -0, which Avro has not.
  return number !== undefined && (number | 0) === number ? number | 0 : undefined;
}

function readInt64(json: unknown, source: JsonSource): bigint {
  // What rounds to a safe integer was one.
  if (Number.isSafeInteger(json)) return BigInt(json as number);
  if (typeof json === 'number') {
    source.wantsWritten = true;
    return 0n;
  }
  if (json instanceof LosslessNumber) return int64OfNumber(json.value) ?? refuse(json, INT64);
  return (typeof json === 'string' ? int64OfText(json) : undefined) ?? refuse(json, INT64);
}

/** 5.0 and 1e3 are integers, too. */
function int64OfNumber(written: string): bigint | undefined {
  const number = Number(written);
  return Number.isSafeInteger(number) ? BigInt(number) : int64OfText(written);
}

function int64OfText(text: string): bigint | undefined {
  const value = INT64_TEXT.test(text) ? BigInt(text) : undefined;
  return value !== undefined && value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
}

function fixedReading(size: number): JsonReading {
  return leaf(`${size} bytes in base64`, (json) => {
    const bytes = bytesOfBase64(json);
    return bytes?.length === size ? bytes : undefined;
  });
}

/** A symbol that the enum does not have is its default, as of a writer's schema. */
function enumReading(symbols: readonly string[], otherwise: unknown): JsonReading {
  const known = new Set<unknown>(symbols);
  const more = symbols.length > MAX_SYMBOLS ? ', …' : '';
  return leaf(`one of ${symbols.slice(0, MAX_SYMBOLS).join(', ')}${more}`, (json) =>
    known.has(json) ? json : typeof json === 'string' ? otherwise : undefined,
  );
}

function decimalReading(scale: number): JsonReading {
  const expected = `a decimal, as a number or a text, with at most ${scale} digits behind the point`;
  const read: ReadJson = (json, source) => {
    const isNumber = typeof json === 'number' || json instanceof LosslessNumber;
    const written = isNumber ? source.textOf(json) : json;
    const text = typeof written === 'string' ? atScale(written, scale) : undefined;
    // A number that is not there as it was written is read again.
    return text ?? (source.wantsWritten ? '' : refuse(json, expected));
  };
  return { expected, read };
}
