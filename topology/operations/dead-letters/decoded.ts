/** The value of a dead letter as JSON, as far as it can be read, and what is wrong with it. */
import { LosslessNumber } from 'lossless-json';
import { getOrMake } from '../../../common/get-or-make.js';
import { readTraced } from '../../../schemas/avro/read-traced.js';
import type { EventRecord } from '../../../schemas/codecs.js';
import { JsonFault } from '../../../schemas/json/json-fault.js';
import { losslessJson, refuseNesting } from '../../../schemas/json/json-source.js';
import { compileJsonReader, type JsonReader } from '../../../schemas/json/json-reader.js';
import { HEADER_BYTES, hasHeader, isMarked, readSchemaId } from '../../../schemas/wire-format.js';
import type { SourceRules } from '../../../processors/rules/rule-set.js';
import type { DeadLetter } from './dead-letter.js';
import { faultyFields } from './faulty-fields.js';
import type { WriterSchemas } from './writer-schemas.js';

export interface DecodedValue {
  /** How the value is written; null where that is not known. */
  readonly format: 'avro' | 'json' | null;
  /** The writer's schema; null for what is not Avro. */
  readonly schemaId: number | null;
  /** The name in the writer's schema, where it is known. */
  readonly record: string | null;
  /** By the writer's schema; numbers of JSON are as they are written. Up to where it can be read. */
  readonly event: EventRecord | null;
  /** The branches of the event's unions, where it is Avro. */
  readonly branches?: ReadonlyMap<string, number>;
  /** `event` is all of the value. */
  readonly isWhole: boolean;
  readonly fault: ValueFault | undefined;
  /** Why there is no event, where the value is not to blame. */
  readonly note: string | undefined;
}

/** What is wrong with a value, and where, as far as that is known. */
export interface ValueFault {
  readonly message: string;
  /** The byte of the value from which on it cannot be read. */
  readonly at?: number | undefined;
  /** The fields that are at fault: `customer.name`. */
  readonly fields: readonly string[];
}

const NOTHING = { format: null, schemaId: null, record: null, event: null, isWhole: false } as const;

export class LetterDecoder {
  readonly #writers: Pick<WriterSchemas, 'get'>;
  readonly #jsonReaders = new Map<string, JsonReader>();

  constructor(writers: Pick<WriterSchemas, 'get'>) {
    this.#writers = writers;
  }

  /** `source`: whose topic it came from; undefined for one that the rules do not name. Never rejects. */
  async decode(letter: DeadLetter, source: SourceRules | undefined): Promise<DecodedValue> {
    const { value, batch } = letter;
    if (batch !== undefined)
      return nothing(`it stands for a whole batch, up to offset ${batch.lastOffset}, and holds none of it`);
    if (value === null) return nothing(letter.cut ? 'it was cut: nothing is left of the value' : 'there is no value');
    const decoded = isJson(value, source) ? this.#json(value, letter, source) : await this.#avro(value, letter, source);
    return letter.cut === undefined ? decoded : cutShort(decoded, value.length, letter.cut.originalBytes);
  }

  /** Compiled once for each source. */
  jsonReader({ topic, record, idField }: SourceRules): JsonReader {
    return getOrMake(this.#jsonReaders, topic, () => compileJsonReader(record, idField));
  }

  #json(value: Buffer, letter: DeadLetter, source: SourceRules | undefined): DecodedValue {
    const base = { ...NOTHING, format: 'json', note: undefined } as const;
    const parsed = parsedJson(value);
    const misfit = (source && this.#misfit(value, source)) ?? parsed.fault;
    const event = isObject(parsed.json) ? parsed.json : null;
    if (event === null) {
      const message = misfit?.message ?? 'the value is no JSON object';
      return { ...base, fault: { message, at: byteIn(message), fields: [] } };
    }
    if (misfit !== undefined)
      return { ...base, event, isWhole: true, fault: { message: misfit.message, fields: [fieldOf(misfit.pointer)] } };
    // What its schema takes is not undecodable (any more).
    const fields = letter.reason === 'undecodable' ? [] : faultyFields(letter, event, source);
    return { ...base, event, isWhole: true, fault: faultOf(letter.message, fields) };
  }

  /** Why it does not fit the source's schema; undefined where it does. */
  #misfit(value: Buffer, source: SourceRules): JsonFault | undefined {
    const read = this.jsonReader(source);
    try {
      read(value);
      return undefined;
    } catch (error) {
      if (error instanceof JsonFault) return error;
      throw error;
    }
  }

  async #avro(value: Buffer, letter: DeadLetter, source: SourceRules | undefined): Promise<DecodedValue> {
    if (!hasHeader(value)) return { ...NOTHING, note: undefined, fault: { message: headOf(value), at: 0, fields: [] } };
    const schemaId = readSchemaId(value);
    const base = { ...NOTHING, format: 'avro', schemaId } as const;
    const writer = await this.#writers.get(schemaId);
    if (writer.kind !== 'schema') {
      const isToBlame = writer.kind === 'unknown';
      const fault = isToBlame ? { message: writer.message, fields: [] } : undefined;
      return { ...base, fault, note: isToBlame ? undefined : writer.message };
    }
    const { type } = writer;
    const record = 'name' in type ? type.name : type.kind;
    const traced = readTraced(type, value, HEADER_BYTES);
    const event = isObject(traced.value) ? traced.value : null;
    if (traced.fault !== undefined) {
      const { path, at, message } = traced.fault;
      return {
        ...base,
        record,
        event,
        fault: { message, at, fields: path.length > 0 ? [path.join('.')] : [] },
        note: undefined,
      };
    }
    const fields = event === null ? [] : faultyFields(letter, event, source);
    return {
      ...{ ...base, record, event, branches: traced.branches, isWhole: event !== null },
      ...{ fault: faultOf(letter.message, fields), note: undefined },
    };
  }
}

/** By the source's format; what no rules know is Avro when it begins as Avro does. */
function isJson(value: Buffer, source: SourceRules | undefined): boolean {
  const format = source?.format ?? 'avro-or-json';
  return format === 'json' || (format === 'avro-or-json' && !isMarked(value));
}

function faultOf(message: string, fields: readonly string[]): ValueFault | undefined {
  return fields.length === 0 ? undefined : { message, fields };
}

function cutShort(decoded: DecodedValue, bytes: number, originalBytes: number): DecodedValue {
  if (bytes === originalBytes) return decoded;
  const note = `it was cut: these are the first ${bytes} of ${originalBytes} bytes`;
  return { ...decoded, isWhole: false, fault: undefined, note };
}

function nothing(note: string): DecodedValue {
  return { ...NOTHING, fault: undefined, note };
}

function parsedJson(value: Buffer): { readonly json?: unknown; readonly fault?: JsonFault } {
  const text = value.toString();
  try {
    refuseNesting(text);
    return { json: losslessJson(text) };
  } catch (error) {
    // What else is wrong with it says the reader of the source's schema.
    return error instanceof JsonFault ? { fault: error } : {};
  }
}

/** A fault of JSON as such says it in its message. */
function byteIn(message: string): number | undefined {
  const [, at] = / from byte (\d+) on/.exec(message) ?? [];
  return at === undefined ? undefined : Number(at);
}

/** `/customer/name` -> `customer.name`. */
function fieldOf(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}

/** What the value may be, by its first bytes: who wrote it is then easier to find. */
const BEGINNINGS: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['JSON', Buffer.from('{')],
  ['JSON', Buffer.from('[')],
  ['an Avro file, with its own header', Buffer.from('Obj\x01')],
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['XML', Buffer.from('<')],
];

function headOf(value: Buffer): string {
  const expected = 'expected the byte 00 and a schema id of 4 bytes';
  if (value.length === 0) return `the value is empty; ${expected}`;
  const head = value
    .subarray(0, HEADER_BYTES)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  const looks = BEGINNINGS.find(([, bytes]) => value.subarray(0, bytes.length).equals(bytes));
  return `the value begins with ${head}${looks ? `, as ${looks[0]} does` : ''}; ${expected}`;
}

/** An object of JSON: no array, and no number that is not yet converted. */
export function isObject(json: unknown): json is EventRecord {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof LosslessNumber);
}
