// Uses private parts of avsc (_read, its tap); package.json pins it exactly.
/**
 * Avro's map as an object without Object.prototype: a key of a producer's choice (`__proto__`, `constructor`) becomes
 * a property like any other. avsc's own `{}` loses `__proto__`.
 */
import avsc from 'avsc';
import type { Tap } from './long-type.js';
import { readString } from './string-type.js';

interface ReadableTap extends Tap {
  readLong(): number;
}

/** What avsc's map holds. */
interface MapReader {
  readonly valuesType: { _read(tap: Tap): unknown };
}

/**
 * Objects made by `new Dictionary()` have no prototype worth the name, and unlike those of `Object.create(null)` V8
 * keeps them in its fast mode.
 */
export const Dictionary = function (): void {
  // Only its prototype counts.
} as unknown as { new (): Record<string, unknown>; prototype: unknown };
Dictionary.prototype = Object.create(null);

function readMap(this: MapReader, tap: ReadableTap): Record<string, unknown> {
  const map = new Dictionary();
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) {
      count = -count;
      tap.readLong(); // The block's size in bytes; checked by the scan that went before.
    }
    for (; count > 0; count--) {
      const key = readString(tap);
      map[key] = this.valuesType._read(tap);
    }
  }
  return map;
}

/** The map type of a schema; `options` as avsc hands them to its type hook. */
export function mapType(schema: object, options: object): avsc.Type {
  const type = new avsc.types.MapType(schema as avsc.Schema, options);
  return Object.create(type, { _read: { value: readMap } }) as avsc.Type;
}
