/** What differs between two events, field by field. */
import { isLosslessNumber, stringify } from 'lossless-json';
import type { EventRecord } from '../../../schemas/codecs.js';

/** Undefined on the side where the field is not there. */
export interface FieldChange {
  readonly path: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
}

/** In the order of the fields; a field that was not there before, and whole values of another kind, are one change. */
export function changesOf(before: EventRecord | null, after: EventRecord | null): FieldChange[] {
  return differences(before ?? {}, after ?? {}, []);
}

function differences(before: unknown, after: unknown, path: readonly string[]): FieldChange[] {
  if (stringify(before) === stringify(after)) return [];
  const [was, is] = [partsOf(before), partsOf(after)];
  if (was === undefined || is === undefined) return [{ path, before, after }];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) =>
    differences(was.get(name), is.get(name), [...path, name]),
  );
}

/** The value at a path; undefined where there is none. */
export function valueAt(event: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name) => partsOf(value)?.get(name), event);
}

/** Undefined for what has none. */
function partsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || isLosslessNumber(value)) return undefined;
  return new Map(Object.entries(value));
}
