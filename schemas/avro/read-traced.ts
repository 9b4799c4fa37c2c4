/**
 * Reads a value by its writer's schema alone, for a person who looks for what is wrong with it: as JSON has it, and where
 * it stops being readable with what was read by then, the field and the byte.
 */
import { readBoolean } from './boolean-type.js';
import {
  assertAtEnd,
  assertBytesLeft,
  cursorAt,
  enter,
  readBlocks,
  readInt,
  readLength,
  type Cursor,
} from './cursor.js';
import { decimalText } from './decimal.js';
import { readLong } from './long-type.js';
import { Dictionary } from './map-type.js';
import { Skips } from './skip.js';
import { readString } from './string-type.js';
import type { WriterType } from './writer-type.js';

/** Where and why a value cannot be read any further. */
interface ReadFault {
  /** Field names and indices from the record on, `*` for an entry of a map; empty for the value as a whole. */
  readonly path: readonly string[];
  /** The byte of the value at which that part begins. */
  readonly at: number;
  /** Never a part of the value. */
  readonly message: string;
}

export interface TracedValue {
  /** A long is a bigint in its schema's own unit, bytes are base64, a decimal is a text. Up to the fault, where there is one. */
  readonly value: unknown;
  /** The branch of each union, by `pathKey` of where it stands: the value as JSON does not say it. */
  readonly branches: ReadonlyMap<string, number>;
  readonly fault: ReadFault | undefined;
}

/** Names of fields, indices and keys of maps from the value on, as one text. */
export function pathKey(path: readonly string[]): string {
  return JSON.stringify(path);
}

/** `at`: where in the bytes the value begins; it must end where they do. */
export function readTraced(type: WriterType, bytes: Buffer, at: number): TracedValue {
  const reader = new TracedReader(cursorAt(bytes, at));
  let value: unknown;
  try {
    reader.read(type, (read) => (value = read));
    reader.end();
    return { value, branches: reader.branches, fault: undefined };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { value, branches: reader.branches, fault: { path: reader.path, at: reader.begun, message: error.message } };
  }
}

/** Gives what it reads as soon as it begins: what holds a part that cannot be read is there up to that part. */
type Give = (value: unknown) => void;

class TracedReader {
  readonly path: string[] = [];
  readonly branches = new Map<string, number>();
  /** As the path, with the keys of maps. */
  readonly #keys: string[] = [];
  /** Where the part that is being read begins. */
  begun: number;
  readonly #cursor: Cursor;
  readonly #skips = new Skips();

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
    this.begun = cursor.pos;
  }

  end(): void {
    this.begun = Math.min(this.#cursor.pos, this.#cursor.buf.length);
    assertAtEnd(this.#cursor);
  }

  read(type: WriterType, give: Give): void {
    const cursor = this.#cursor;
    this.begun = cursor.pos;
    switch (type.kind) {
      case 'record': {
        // A field may have a name that an object of JavaScript answers to.
        const record = new Dictionary();
        give(record);
        enter(cursor);
        for (const field of type.fields) this.#part(field.name, field.type, (value) => (record[field.name] = value));
        cursor.depth--;
        return;
      }
      case 'array': {
        const items: unknown[] = [];
        give(items);
        readBlocks(cursor, this.#skips.itemBytes(type.items), () => {
          const index = items.length;
          this.#part(String(index), type.items, (value) => (items[index] = value));
        });
        return;
      }
      case 'map': {
        const map = new Dictionary();
        give(map);
        readBlocks(cursor, 1, () => {
          this.begun = cursor.pos;
          const key = readString(cursor);
          // A key is the event's own: it names no field.
          this.#part('*', type.values, (value) => (map[key] = value), key);
        });
        return;
      }
      case 'union': {
        const index = readInt(cursor);
        const branch = type.branches[index];
        if (branch === undefined) throw new RangeError(`a union has no branch ${index}`);
        this.branches.set(pathKey(this.#keys), index);
        this.read(branch, give);
        return;
      }
      case 'null':
      case 'boolean':
      case 'int':
      case 'long':
      case 'float':
      case 'double':
      case 'string':
      case 'enum':
      case 'bytes':
      case 'fixed':
        give(readLeaf(type, cursor));
        // Some readers look behind the end, and leave it to whoever asks.
        if (cursor.pos > cursor.buf.length) throw new RangeError('the value ends inside it');
    }
  }

  /** The path stays where it is when the part cannot be read. */
  #part(name: string, type: WriterType, give: Give, key = name): void {
    this.path.push(name);
    this.#keys.push(key);
    this.read(type, give);
    this.path.pop();
    this.#keys.pop();
    this.begun = this.#cursor.pos;
  }
}

function readLeaf(type: Exclude<WriterType, { kind: 'record' | 'array' | 'map' | 'union' }>, cursor: Cursor): unknown {
  switch (type.kind) {
    case 'null':
      return null;
    case 'boolean':
      return readBoolean(cursor);
    case 'int':
      return readInt(cursor);
    case 'long':
      return readLong(cursor);
    case 'float':
      return numberOf(bytesOf(cursor, 4).readFloatLE());
    case 'double':
      return numberOf(bytesOf(cursor, 8).readDoubleLE());
    case 'string':
      return readString(cursor);
    case 'enum': {
      const index = readInt(cursor);
      const symbol = type.symbols[index];
      if (symbol === undefined) throw new RangeError(`the enum has no symbol ${index}`);
      return symbol;
    }
    case 'bytes':
      return shown(bytesOf(cursor, readLength(cursor)), type.scale);
    case 'fixed':
      return shown(bytesOf(cursor, type.size), type.scale);
  }
}

/** JSON has no number for these: their names stand for them. */
function numberOf(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function bytesOf(cursor: Cursor, size: number): Buffer {
  assertBytesLeft(cursor, size);
  const from = cursor.pos;
  cursor.pos += size;
  return cursor.buf.subarray(from, cursor.pos);
}

function shown(bytes: Buffer, scale: number | undefined): string {
  return scale === undefined ? bytes.toString('base64') : decimalText(bytes, scale);
}
