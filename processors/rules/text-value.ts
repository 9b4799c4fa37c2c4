/** The values that a text may show: how they are read, which of them are missing, and how they are written plainly. */
import type { EventRecord } from '../../schemas/codecs.js';
import { isBlank } from '../blank.js';

export type TextValue = string | number | bigint | boolean | Date | null;

/** Reads a value of an event; the locale matters for money and the like. */
export type Getter = (event: EventRecord, locale: string) => TextValue;

/**
 * What formats a value takes: a number (also one as decimal text), a time (a Date, or ms since the epoch), a date (a Date
 * at midnight UTC, the same everywhere). A part of a URL takes none.
 */
export type FieldKind = 'text' | 'number' | 'time' | 'date' | 'part of a URL';

export interface Field {
  readonly get: Getter;
  readonly kind: FieldKind;
  /** All that it may be, where that is known. */
  readonly symbols?: readonly string[] | undefined;
}

/** The furthest from the epoch that a Date may be. */
const MAX_MS = 8.64e15;

/** Nothing that could be shown; also what the event does not have. */
export function isMissing(value: TextValue | undefined): value is null | undefined {
  if (typeof value === 'string') return isBlank(value);
  if (typeof value === 'number') return !Number.isFinite(value);
  // Go writes 0 where it has no time.
  return value === null || value === undefined || (value instanceof Date && !(Math.abs(value.getTime()) > 0));
}

/** As a text shows it that asks for no format: a number's digits alone, without grouping. Blank text stays as it is. */
export function plainText(value: TextValue | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  if (isMissing(value)) return '';
  if (typeof value === 'number') return digitsOf(value);
  return value instanceof Date ? value.toISOString() : String(value);
}

/** All digits of 1e21 and of 1e-7, too. */
const allDigits = new Intl.NumberFormat('en', { useGrouping: false, maximumSignificantDigits: 17 });

function digitsOf(value: number): string {
  const text = String(value);
  return text.includes('e') ? allDigits.format(value) : text;
}

/** What a number's format takes: as it is, decimal text too, so that no digit is lost. Undefined for what is no number. */
export function numberOf(value: TextValue | undefined): number | bigint | string | undefined {
  if (isMissing(value) || typeof value === 'boolean' || value instanceof Date) return undefined;
  if (typeof value === 'string' && !Number.isFinite(Number(value))) return undefined;
  return value === 0 ? 0 : value;
}

/** Ms since the epoch; undefined for what is no time, or none that a calendar has. */
export function timeOf(value: TextValue | undefined): number | undefined {
  if (isMissing(value) || typeof value === 'boolean') return undefined;
  const ms = Number(value);
  return ms !== 0 && Math.abs(ms) <= MAX_MS ? ms : undefined;
}
