/**
 * Walks a body before avsc sees it and refuses what would make avsc spin, swell or overflow the stack: block counts
 * that the bytes can not hold, block sizes that lead backwards, deep recursion. Driven by the writer's schema, for it
 * is the writer's bytes that are walked. Schemas without arrays, maps and recursion need no scan.
 */
import type avsc from 'avsc';
import { assertBytesLeft, type Cursor, MalformedBodyError, readCount, skipVarint } from './cursor.js';
import { fixedBytes, hasRecursion, kindOf, minimumBytes, partsOf, reachable } from './type-graph.js';

/** Items of all arrays and maps of one value. A record of 1 MB, the brokers' usual limit, can not hold more. */
export const MAX_ITEMS = 1_000_000;
/** Records, arrays and maps inside one another. */
export const MAX_DEPTH = 32;

type Skip = (cursor: Cursor) => void;

/** Walks a body that starts at `position`; throws a MalformedBodyError when avsc must not see it. */
export type Scan = (value: Buffer, position: number) => void;

/**
 * The scan for a writer's type, or undefined when it needs none. Throws an Error for a type that no scan can bound:
 * array items of no bytes.
 */
export function compileScan(type: avsc.Type): Scan | undefined {
  if (!needsScan(type)) return undefined;
  const skip = compileSkip(type, new Map());
  return (value, position) => {
    const cursor: Cursor = { value, position, items: 0, depth: 0 };
    skip(cursor);
    if (cursor.position !== value.length) {
      throw new MalformedBodyError(`${value.length - cursor.position} bytes are left after the record`);
    }
  };
}

function needsScan(root: avsc.Type): boolean {
  const kinds = [...reachable(root)].map(kindOf);
  return kinds.includes('array') || kinds.includes('map') || hasRecursion(root);
}

function compileSkip(type: avsc.Type, known: Map<avsc.Type, Skip>): Skip {
  const kind = kindOf(type);
  switch (kind) {
    case 'null':
      return () => undefined;
    case 'boolean':
      return skipFixed(1);
    case 'float':
      return skipFixed(4);
    case 'double':
      return skipFixed(8);
    case 'fixed':
      return skipFixed(fixedBytes(type));
    case 'int':
    case 'long':
    case 'enum':
      return skipVarint;
    case 'string':
    case 'bytes':
      return skipText;
    case 'union':
      return skipUnion(partsOf(type).map((branch) => compileSkip(branch, known)));
    case 'array':
      return skipBlocks(compileSkip(inner(type), known), itemBytes(type));
    case 'map': {
      const skipValue = compileSkip(inner(type), known);
      return skipBlocks((cursor) => {
        skipText(cursor);
        skipValue(cursor);
      }, 1);
    }
    case 'record':
      return compileRecord(type, known);
  }
}

function compileRecord(type: avsc.Type, known: Map<avsc.Type, Skip>): Skip {
  const earlier = known.get(type);
  if (earlier !== undefined) return earlier;
  const fields: Skip[] = [];
  const skip: Skip = (cursor) => {
    enter(cursor);
    for (const skipField of fields) skipField(cursor);
    cursor.depth--;
  };
  // Known before its fields are compiled, so that a recursive field finds it.
  known.set(type, skip);
  for (const part of partsOf(type)) fields.push(compileSkip(part, known));
  return skip;
}

/** What an array or a map holds. */
function inner(type: avsc.Type): avsc.Type {
  const [part] = partsOf(type);
  if (part === undefined) throw new Error(`${type.typeName} without items`);
  return part;
}

function itemBytes(type: avsc.Type): number {
  const bytes = minimumBytes(inner(type));
  if (bytes === 0) throw new Error('its array items can take no bytes, so that a count of them has no bound');
  return bytes;
}

function skipFixed(size: number): Skip {
  return (cursor) => {
    assertBytesLeft(cursor, size);
    cursor.position += size;
  };
}

function skipText(cursor: Cursor): void {
  const length = readCount(cursor);
  assertBytesLeft(cursor, length);
  cursor.position += length;
}

function skipUnion(branches: readonly Skip[]): Skip {
  return (cursor) => {
    const index = readCount(cursor);
    const branch = branches[index];
    if (branch === undefined) throw new MalformedBodyError(`a union has no branch ${index}`);
    branch(cursor);
  };
}

/** The blocks of an array or a map: (count, item...)..., 0; a negative count is followed by the block's size in bytes. */
function skipBlocks(skipItem: Skip, bytesPerItem: number): Skip {
  return (cursor) => {
    enter(cursor);
    for (let count = readCount(cursor); count !== 0; count = readCount(cursor)) {
      let end = -1;
      if (count < 0) {
        count = -count;
        const size = readCount(cursor);
        assertBytesLeft(cursor, size);
        end = cursor.position + size;
      }
      assertBytesLeft(cursor, count * bytesPerItem);
      cursor.items += count;
      if (cursor.items > MAX_ITEMS) throw new MalformedBodyError(`more than ${MAX_ITEMS} items of arrays and maps`);
      for (let item = 0; item < count; item++) skipItem(cursor);
      // avsc reads a block by its items and skips one by its size: both must lead to the same place.
      if (end !== -1 && end !== cursor.position) throw new MalformedBodyError('a block is not as long as it says');
    }
    cursor.depth--;
  };
}

function enter(cursor: Cursor): void {
  if (++cursor.depth > MAX_DEPTH) throw new MalformedBodyError(`nested deeper than ${MAX_DEPTH} levels`);
}
