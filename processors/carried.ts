/** What an event carries beyond its message, for clients and apps: texts by name. */
import type { EventRecord } from '../schemas/codecs.js';

/** A field of an event: its name, whether it is a time, and how it is read. */
interface CarriedField {
  readonly path: string;
  readonly kind: string;
  readonly get: (event: EventRecord) => unknown;
}

/**
 * Each field that is given, as a text by its name; of a field that is a map each of its values. What stands later in the
 * list wins over what is called the same.
 */
export function carried(fields: readonly CarriedField[], event: EventRecord): Readonly<Record<string, string>> {
  // No prototype: metadata may be called `__proto__`.
  const all = Object.create(null) as Record<string, string>;
  for (const { path, kind, get } of fields) {
    const value = get(event);
    if (typeof value === 'object' && value !== null) Object.assign(all, value);
    else if (isGiven(value) && !(kind === 'time' && value === 0n)) all[path] = String(value);
  }
  return all;
}

/** Null and an empty text are not given; nor are numbers that no JSON can hold. A time of 0 is how Go says none. */
function isGiven(value: unknown): value is string | number | bigint | boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return value !== null && value !== undefined && value !== '';
}
