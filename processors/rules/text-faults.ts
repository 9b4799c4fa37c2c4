/** What is wrong with a text, in words for those who write texts. */
import type { Location } from '@formatjs/icu-messageformat-parser';
import { closest } from '../../common/closest.js';

/** As the parser's errors have it, all but those of its skeletons. */
export interface SyntaxFault {
  readonly message: string;
  readonly location?: Location;
}

const MOST_NAMES = 12;
const SELECT = 'such as {status, select, OPEN {open} other {closed}}';
const PLURAL = 'such as {count, plural, one {# task} other {# tasks}}';
const DOUBLED = 'the option $ stands twice';
const OPTION_TEXT = 'behind the name of an option its text must stand in braces, such as other {closed}';
const OFFSET = 'behind offset: a whole number must stand';
const NUMBER_FORMAT = 'behind :: a number format must stand, such as ::.00 or ::currency/EUR';

/** By the parser's name of the fault; $ is what stands there. */
const WORDS: Readonly<Record<string, string>> = {
  EXPECT_ARGUMENT_CLOSING_BRACE: 'this { is never closed; expected a } after the name or the options',
  EMPTY_ARGUMENT: "{} names no field; expected such as {taskTitle}, or '{' for a brace that is shown",
  MALFORMED_ARGUMENT: "behind { the name of a field must stand, then } or a comma; for a brace that is shown write '{'",
  EXPECT_ARGUMENT_TYPE: 'behind the comma number, date, time, select, plural or selectordinal must stand',
  INVALID_ARGUMENT_TYPE: '$ is no format; expected number, date, time, select, plural or selectordinal',
  EXPECT_ARGUMENT_STYLE: 'behind the comma a style must stand, such as {dueAt, date, medium}',
  INVALID_NUMBER_SKELETON: NUMBER_FORMAT,
  EXPECT_NUMBER_SKELETON: NUMBER_FORMAT,
  INVALID_DATE_TIME_SKELETON: 'behind :: a date format must stand, such as ::yMMMd',
  EXPECT_DATE_TIME_SKELETON: 'behind :: a date format must stand, such as ::yMMMd',
  UNCLOSED_QUOTE_IN_ARGUMENT_STYLE: 'an apostrophe begins a quotation here that never ends',
  EXPECT_SELECT_ARGUMENT_OPTIONS: `the options are missing; expected ${SELECT}`,
  EXPECT_SELECT_ARGUMENT_SELECTOR: `the options are missing; expected ${SELECT}`,
  EXPECT_PLURAL_ARGUMENT_SELECTOR: `the options are missing; expected ${PLURAL}`,
  EXPECT_PLURAL_ARGUMENT_OFFSET_VALUE: OFFSET,
  INVALID_PLURAL_ARGUMENT_OFFSET_VALUE: OFFSET,
  EXPECT_SELECT_ARGUMENT_SELECTOR_FRAGMENT: OPTION_TEXT,
  EXPECT_PLURAL_ARGUMENT_SELECTOR_FRAGMENT: OPTION_TEXT,
  INVALID_PLURAL_ARGUMENT_SELECTOR: 'behind = a whole number must stand, such as =0 {no task}',
  DUPLICATE_PLURAL_ARGUMENT_SELECTOR: DOUBLED,
  DUPLICATE_SELECT_ARGUMENT_SELECTOR: DOUBLED,
  MISSING_OTHER_CLAUSE: 'the option other is missing: what is shown when no other option fits, such as other {closed}',
};

/** An apostrophe before a brace that is not itself behind one. */
const QUOTED_BRACE = /(?<!')(?:'')*'[{}]/;

/** `{employee.name}`, which rules may name everywhere else. */
const NESTED_NAME = /\{\s*(\w+(?:\.\w+)+)\s*[,}]/;

/** Why the text cannot be read. */
export function syntaxFault(text: string, { message, location }: SyntaxFault): string {
  if (location === undefined) return message;
  const written = JSON.stringify(text.slice(location.start.offset, location.end.offset));
  const words = (WORDS[message] ?? message).replace('$', () => written);
  const hint = QUOTED_BRACE.test(text) ? "; an apostrophe before a brace must be written twice: ''{" : '';
  const nested = NESTED_NAME.exec(text)?.[1];
  const name = nested === undefined ? '' : `; a field of a record needs a name of its own: values: { name: ${nested} }`;
  return at(text, location.start.offset, words + hint + name);
}

/** Where in the text it is, as editors count. */
export function at(text: string, offset: number, words: string): string {
  const before = text.slice(0, offset).split('\n');
  const column = before.at(-1)!.length + 1;
  return text.includes('\n') ? `line ${before.length}, column ${column}: ${words}` : `column ${column}: ${words}`;
}

export function unknownField(name: string, names: readonly string[]): string {
  const near = closest(name, names);
  if (near.length > 0) return `{${name}} is no field of the event; closest: ${near.join(', ')}`;
  const more = names.length > MOST_NAMES ? ', …' : '';
  return `{${name}} is no field of the event; it has ${names.slice(0, MOST_NAMES).join(', ')}${more}`;
}

/** What ICU takes for a quotation: `'{…}'`, `'<…>'`; in a plural `'#'`. Each with what stands between the apostrophes. */
const QUOTATION = /''|'([{}<>][^']*(?:''[^']*)*)('?)/g;
const QUOTATION_IN_PLURAL = /''|'([{}<>#][^']*(?:''[^']*)*)('?)/g;
const FIELD = /\{\s*([\p{L}_][^\s{},]*)\s*[,}]/u;

/** The pitfalls of quotation in a stretch of the text that has no argument; `from` is where it begins. */
export function quotationFaults(text: string, from: number, to: number, isInPlural: boolean): string[] {
  const faults: string[] = [];
  const stretch = text.slice(from, to);
  const shown = stretch.replace(
    isInPlural ? QUOTATION_IN_PLURAL : QUOTATION,
    (all: string, quoted: string | undefined, end: string | undefined, offset: number) => {
      const words = quoted === undefined ? undefined : quotationFault(quoted, end === "'");
      if (words !== undefined) faults.push(at(text, from + offset, words));
      return ' '.repeat(all.length);
    },
  );
  const brace = shown.indexOf('}');
  if (brace >= 0) {
    const words = "this } closes nothing; expected { before the field's name, or '}' for a brace that is shown";
    faults.push(at(text, from + brace, words));
  }
  return faults;
}

/** A brace alone in quotes is shown on purpose. */
function quotationFault(quoted: string, ends: boolean): string | undefined {
  const field = FIELD.exec(quoted);
  if (field !== null) {
    return `an apostrophe before a brace quotes it, and {${field[1]!}} would be shown as it stands; write ''{${field[1]!}}''`;
  }
  const first = quoted.charAt(0);
  if (first === '<' || first === '>') return `an apostrophe before ${first} is not shown; write ''${first}`;
  if (!ends)
    return `an apostrophe before ${first} begins a quotation that never ends; write ''${first}, or '${first}' for the sign itself`;
  return undefined;
}
