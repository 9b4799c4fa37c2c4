/**
 * Steps over a value without reading it: for what nobody asks for, and to look at a body before avsc does, which would
 * spin or swell where block counts say more than the bytes can hold.
 */
import {
  assertBytesLeft,
  type Cursor,
  enter,
  MalformedBodyError,
  readBlocks,
  readInt,
  readLength,
  skipInt,
  skipLong,
} from './cursor.js';
import type { Tap } from './long-type.js';
import type { RecordType, WriterType } from './writer-type.js';

export type Skip = (cursor: Cursor) => void;

/** Makes each type's skip once: a record may hold itself, and others many times over. */
export class Skips {
  readonly #records = new Map<RecordType, Skip>();
  readonly #empty = new Map<RecordType, boolean>();

  compile(type: WriterType): Skip {
    if (this.isEmpty(type)) return skipNothing;
    switch (type.kind) {
      case 'null':
        return skipNothing;
      case 'boolean':
        return skipBytes(1);
      case 'float':
        return skipBytes(4);
      case 'double':
        return skipBytes(8);
      case 'fixed':
        return skipBytes(type.size);
      case 'int':
      case 'enum':
        return skipInt;
      case 'long':
        return skipLong;
      case 'string':
      case 'bytes':
        return skipText;
      case 'union':
        return skipUnion(type.branches.map((branch) => this.compile(branch)));
      case 'array':
        return skipItems(this.compile(type.items), this.itemBytes(type.items));
      case 'map':
        return skipItems(skipEntry(this.compile(type.values)), 1);
      case 'record':
        return this.#records.get(type) ?? this.#makeRecord(type);
    }
  }

  /** What an item of an array takes at least. */
  itemBytes(items: WriterType): 0 | 1 {
    return this.isEmpty(items) ? 0 : 1;
  }

  /** Whether every value of the type takes no bytes. Such parts are left out, or a few records could nest 2^32 of them. */
  isEmpty(type: WriterType): boolean {
    if (type.kind !== 'record') return type.kind === 'null' || (type.kind === 'fixed' && type.size === 0);
    const known = this.#empty.get(type);
    if (known !== undefined) return known;
    // Stands while its fields are asked: what holds itself takes bytes, or has no value that ends.
    this.#empty.set(type, false);
    const isEmpty = type.fields.every((field) => this.isEmpty(field.type));
    this.#empty.set(type, isEmpty);
    return isEmpty;
  }

  #makeRecord(type: RecordType): Skip {
    const fields: Skip[] = [];
    const skip: Skip = (cursor) => {
      enter(cursor);
      for (const skipField of fields) skipField(cursor);
      cursor.depth--;
    };
    // Known before its fields are made, so that a recursive field finds it.
    this.#records.set(type, skip);
    for (const field of type.fields) if (!this.isEmpty(field.type)) fields.push(this.compile(field.type));
    return skip;
  }
}

function skipNothing(): void {
  // There is nothing.
}

function skipBytes(size: number): Skip {
  return (cursor) => {
    assertBytesLeft(cursor, size);
    cursor.pos += size;
  };
}

function skipText(cursor: Cursor): void {
  const length = readLength(cursor);
  cursor.pos += length;
}

function skipEntry(skipValue: Skip): Skip {
  return (cursor) => {
    skipText(cursor);
    skipValue(cursor);
  };
}

function skipItems(skipItem: Skip, bytesPerItem: number): Skip {
  return (cursor) => readBlocks(cursor, bytesPerItem, skipItem);
}

function skipUnion(branches: readonly Skip[]): Skip {
  return (cursor) => branchAt(branches, cursor)(cursor);
}

/** What stands for the branch of a union that was written. */
export function branchAt<T>(branches: readonly T[], cursor: Tap): T {
  const index = readInt(cursor);
  const branch = branches[index];
  if (branch === undefined) throw new MalformedBodyError(`a union has no branch ${index}`);
  return branch;
}
