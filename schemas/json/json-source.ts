/**
 * The bytes of a value as JSON, its numbers without loss. They are parsed by V8, and a second time, some ten times as
 * slow, only for a number that matters and that JavaScript does not hold or does not write as it was written.
 */
import { isUtf8 } from 'node:buffer';
import { parse, stringify } from 'lossless-json';
import { MAX_DEPTH } from '../avro/cursor.js';
import { JsonFault } from './json-fault.js';

/** What may be nested in parts that nobody reads, too: far from where the stack ends. */
const MAX_NESTING = 1000;
/** A number that JavaScript writes otherwise, or does not hold: 1.50, 5.0, 1e3, -0, and any of 16 digits. */
const ODD_NUMBER = /[:,[][ \t\r\n]*(?:-0|-?\d+[.eE]|-?\d{16})/;
/** Branches of unions that a value does not fit, tried in all: a record in a record in a record doubles them each time. */
const MAX_MISFITS = 10_000;
const BOM = '\ufeff';
const BOM_BYTES = 3;

export class JsonSource {
  readonly root: unknown;
  /** Set by whoever needs a number as it was written and has another: all must be read again, from `asWritten`. */
  wantsWritten = false;
  /** Records, arrays and maps of the schema that the reader is inside of. */
  depth = 0;
  #misfits = 0;
  readonly #text: string;
  /** All numbers are `LosslessNumber`s; else none is. */
  readonly #isWritten: boolean;
  #hasOddNumber: boolean | undefined;

  private constructor(text: string, isWritten: boolean) {
    this.#text = text;
    this.#isWritten = isWritten;
    this.root = isWritten ? parseWritten(text) : parsePlain(text);
  }

  /** A byte order mark is skipped; of two members of one name the last counts. Throws a JsonFault for what is no JSON in UTF-8. */
  static parse(value: Buffer): JsonSource {
    if (!isUtf8(value)) throw new JsonFault('no valid UTF-8', 'JSON in UTF-8');
    const text = value.toString();
    refuseNesting(text);
    return new JsonSource(text, false);
  }

  asWritten(): JsonSource {
    return new JsonSource(this.#text, true);
  }

  /** The JSON text of a part. */
  textOf(json: unknown): string {
    // Whatever was parsed from JSON is JSON again.
    if (this.#isWritten) return stringify(json)!;
    this.#hasOddNumber ??= ODD_NUMBER.test(this.#text);
    this.wantsWritten ||= this.#hasOddNumber;
    return JSON.stringify(json);
  }

  /** Goes one level deeper, as far as Avro goes; whoever comes out again calls `leave`. */
  enter(): void {
    if (++this.depth > MAX_DEPTH) throw new JsonFault('nested too deep', `at most ${MAX_DEPTH} levels`);
  }

  /** Whether so many branches of unions did not fit that the value is made to keep us busy. */
  givesUp(): boolean {
    return ++this.#misfits > MAX_MISFITS;
  }

  leave(): void {
    this.depth -= 1;
  }
}

function parsePlain(text: string): unknown {
  try {
    return JSON.parse(bare(text)) as unknown;
  } catch {
    // Its message holds a part of the value, and mostly no position.
    parseWritten(text);
    throw notJson('');
  }
}

function parseWritten(text: string): unknown {
  try {
    return losslessJson(text);
  } catch (error) {
    throw notJson(error instanceof SyntaxError ? positionIn(error, text) : '');
  }
}

/** All numbers are `LosslessNumber`s; of two members of one name the last counts. Throws what the library does. */
export function losslessJson(text: string): unknown {
  return parse(bare(text), undefined, { onDuplicateKey: ({ newValue }) => newValue });
}

function notJson(where: string): JsonFault {
  return new JsonFault(`no JSON${where}`, 'a JSON object');
}

/** The library tells the position in its message alone. */
function positionIn({ message }: SyntaxError, text: string): string {
  const [, position] = /at position (\d+)$/.exec(message) ?? [];
  if (position === undefined) return '';
  const skipped = bare(text) === text ? 0 : BOM_BYTES;
  return ` from byte ${skipped + Buffer.byteLength(bare(text).slice(0, Number(position)))} on`;
}

function bare(text: string): string {
  return text.startsWith(BOM) ? text.slice(BOM.length) : text;
}

/** Throws a JsonFault for a text that is nested deeper than whoever walks through it goes. */
export function refuseNesting(text: string): void {
  if (text.length <= MAX_NESTING) return;
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (isInText) {
      if (char === '\\') at += 1;
      else if (char === '"') isInText = false;
    } else if (char === '"') isInText = true;
    else if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth -= 1;
    if (depth > MAX_NESTING) throw new JsonFault('nested too deep', `at most ${MAX_NESTING} levels`);
  }
}
