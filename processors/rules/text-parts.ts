/**
 * Hot path: what a parsed text is compiled to. Literals, plain arguments and selects are closures that add up; numbers,
 * dates and the choice of a plural are intl-messageformat's.
 */
import {
  TYPE,
  type MessageFormatElement,
  type NumberElement,
  type PluralElement,
  type SelectElement,
} from '@formatjs/icu-messageformat-parser';
import { formatToParts, IntlMessageFormat, type PrimitiveType } from 'intl-messageformat';
import { formattersIn } from './formatters.js';
import { at, quotationFaults, unknownField } from './text-faults.js';
import type { EventRecord } from '../../schemas/codecs.js';
import { isMissing, numberOf, plainText, timeOf, type Field, type FieldKind, type TextValue } from './text-value.js';
import { knownTimeZone } from './time-zone.js';

/** A piece of a text. `count`: what `#` stands for. */
export type Part = (event: EventRecord, timeZone: string | null, count: number | bigint | string) => string;

/** Where a text is compiled, and what was found there. */
export interface Scope {
  readonly text: string;
  readonly locale: string;
  readonly resolve: (name: string) => Field | undefined;
  /** Those that it resolves, for faults. */
  readonly names: readonly string[];
  readonly faults: string[];
  usesTimeZone: boolean;
}

type FormatElement = Extract<MessageFormatElement, { type: TYPE.number | TYPE.date | TYPE.time }>;

const NOTHING: Part = () => '';
const NO_FIELD: Field = { get: () => null, kind: 'text' };
/** CLDR's categories of plurals. */
const CATEGORY = /^(?:=\d+|zero|one|two|few|many|other)$/;
const { date, time } = IntlMessageFormat.formats;
/** By type; the library's `currency` names none, and cannot be used. */
const STYLES: Partial<Record<TYPE, readonly string[]>> = {
  [TYPE.number]: ['integer', 'percent'],
  [TYPE.date]: Object.keys(date),
  [TYPE.time]: Object.keys(time),
};

/** What elements in a row add up to. */
export function compileAll(elements: readonly MessageFormatElement[], scope: Scope, isInPlural = false): Part {
  const parts = elements.map((element) => compile(element, scope, isInPlural));
  if (parts.length <= 1) return parts[0] ?? NOTHING;
  const quoted = aroundOne(elements, parts);
  if (quoted !== undefined) return quoted;
  return (event, timeZone, count) => {
    let text = '';
    for (const part of parts) text += part(event, timeZone, count);
    return text;
  };
}

/** Most messages are a literal, a value and a literal: without a loop. */
function aroundOne(elements: readonly MessageFormatElement[], parts: readonly Part[]): Part | undefined {
  const [before, value, after] = elements;
  if (elements.length > 3 || before?.type !== TYPE.literal || value?.type === TYPE.literal) return undefined;
  if (after !== undefined && after.type !== TYPE.literal) return undefined;
  const [head, part, tail] = [before.value, parts[1]!, after?.value ?? ''];
  return (event, timeZone, count) => head + part(event, timeZone, count) + tail;
}

function compile(element: MessageFormatElement, scope: Scope, isInPlural: boolean): Part {
  switch (element.type) {
    case TYPE.literal: {
      const { start, end } = element.location!;
      scope.faults.push(...quotationFaults(scope.text, start.offset, end.offset, isInPlural));
      const { value } = element;
      return () => value;
    }
    case TYPE.argument:
      return argument(fieldOf(element, scope), element, scope);
    case TYPE.select:
      return select(element, fieldOf(element, scope), scope);
    case TYPE.plural:
      return plural(element, fieldOf(element, scope, ['number']), scope);
    case TYPE.pound: {
      const { locale } = scope;
      return (_event, _timeZone, count) =>
        formattersIn('UTC')
          .getNumberFormat(locale)
          .format(count as number);
    }
    case TYPE.number:
      return format(element, fieldOf(element, scope, ['number']), isScaled(element) ? scalableOf : numberOf, scope);
    case TYPE.date:
    case TYPE.time: {
      // A long may be a time, and its schema not say so.
      const field = fieldOf(element, scope, ['time', 'date', 'number']);
      scope.usesTimeZone ||= field.kind !== 'date';
      return format(element, field, timeOf, scope);
    }
    case TYPE.tag:
      throw new TypeError('tags are not parsed');
  }
}

/** The field, of one of these kinds where some are given; what is wrong is a fault. */
function fieldOf(
  { value: name, location }: Pick<FormatElement, 'value' | 'location'>,
  { text, resolve, names, faults }: Scope,
  kinds?: readonly FieldKind[],
): Field {
  const offset = location!.start.offset;
  const field = resolve(name);
  if (field === undefined) faults.push(at(text, offset, unknownField(name, names)));
  else if (kinds !== undefined && !kinds.includes(field.kind)) {
    faults.push(at(text, offset, `{${name}} is a ${field.kind}; this format is for a ${kinds[0]!}`));
  }
  return field ?? NO_FIELD;
}

function argument(
  { get, kind }: Field,
  { value: name, location }: MessageFormatElement & { value: string },
  scope: Scope,
): Part {
  const { locale, text, faults } = scope;
  if (kind === 'time' || kind === 'date') {
    faults.push(at(text, location!.start.offset, `{${name}} is a ${kind}; write such as {${name}, date, medium}`));
  }
  return (event) => plainText(get(event, locale));
}

/** A missing value takes `none`, where the text has it; a value that reads "none" does not. */
function select({ options, location }: SelectElement, { get, symbols }: Field, scope: Scope): Part {
  const { locale, text, faults } = scope;
  for (const option of Object.keys(options)) {
    if (symbols === undefined || symbols.includes(option) || option === 'other' || option === 'none') continue;
    faults.push(
      at(text, location!.start.offset, `${option} is never the value; expected ${symbols.join(', ')}, none or other`),
    );
  }
  const parts = compileOptions(options, scope, false);
  const other = parts.get('other') ?? NOTHING;
  const none = parts.get('none') ?? other;
  parts.delete('none');
  return (event, timeZone, count) => {
    const value = get(event, locale);
    const part = isMissing(value) ? none : (parts.get(plainText(value)) ?? other);
    return part(event, timeZone, count);
  };
}

function compileOptions(options: SelectElement['options'], scope: Scope, isInPlural: boolean): Map<string, Part> {
  const named = Object.entries(options);
  return new Map(named.map(([name, { value }]) => [name, compileAll(value, scope, isInPlural)]));
}

/** The library says which option, for it knows the languages' rules. A missing number shows nothing. */
function plural(element: PluralElement, { get }: Field, scope: Scope): Part {
  const { locale, text, faults } = scope;
  const { offset, options, location } = element;
  const unknown = Object.keys(options).filter((option) => !CATEGORY.test(option));
  for (const option of unknown) {
    const words = `${option} is no option of a plural; expected =0 and the like, zero, one, two, few, many or other`;
    faults.push(at(text, location!.start.offset, words));
  }
  const parts = compileOptions(options, scope, true);
  const choice = { ...element, options: Object.fromEntries(Object.keys(options).map(namedAlone)) };
  const choose = (value: number | bigint): string => formatted(choice, locale, value, 'UTC');
  return (event, timeZone) => {
    const given = numberOf(get(event, locale));
    if (given === undefined) return '';
    const value = typeof given === 'string' ? Number(given) : given;
    const count = typeof value === 'bigint' ? value - BigInt(offset) : value - offset;
    return (parts.get(choose(value)) ?? NOTHING)(event, timeZone, count);
  };
}

/** An option whose text is its own name. */
function namedAlone(option: string): [string, PluralElement['options'][string]] {
  return [option, { value: [{ type: TYPE.literal, value: option }] }];
}

/** The library multiplies a bigint by whole numbers only. */
function scalableOf(value: TextValue): number | undefined {
  const number = numberOf(value);
  return number === undefined ? undefined : Number(number);
}

function isScaled({ style }: NumberElement): boolean {
  return typeof style === 'object' && style?.parsedOptions.scale !== undefined;
}

/** A number or a time; a missing one shows nothing. */
function format(
  element: FormatElement,
  { get, kind }: Field,
  read: (value: TextValue) => number | bigint | string | undefined,
  scope: Scope,
): Part {
  const { locale, text, faults } = scope;
  const fault = styleFault(element, locale);
  if (fault !== undefined) faults.push(at(text, element.location!.start.offset, fault));
  const isEverywhere = element.type === TYPE.number || kind === 'date';
  return (event, timeZone) => {
    const value = read(get(event, locale));
    return value === undefined ? '' : formatted(element, locale, value, isEverywhere ? 'UTC' : knownTimeZone(timeZone));
  };
}

/** What is wrong with `medium` in `{dueAt, date, medium}`. */
function styleFault(element: FormatElement, locale: string): string | undefined {
  const { style, value } = element;
  const known = STYLES[element.type] ?? [];
  const skeletons = element.type === TYPE.number ? '::.00 or ::currency/EUR' : '::yMMMd';
  const expected = `${known.join(', ')}, or a skeleton such as ${skeletons}`;
  if (typeof style === 'string' && !known.includes(style)) return `${style} is no style; expected ${expected}`;
  if (typeof style === 'object' && style !== null && Object.keys(style.parsedOptions).length === 0) {
    return `the skeleton of {${value}} says nothing; expected ${expected}`;
  }
  try {
    formatted(element, locale, 0, 'UTC');
    return undefined;
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return `the style of {${value}} cannot be used (${error.message}); expected ${expected}`;
  }
}

function formatted(
  element: FormatElement | PluralElement,
  locale: string,
  value: PrimitiveType,
  timeZone: string,
): string {
  const { formats } = IntlMessageFormat;
  const [part] = formatToParts([element], locale, formattersIn(timeZone), formats, { [element.value]: value });
  return String(part?.value ?? '');
}
