import fc from 'fast-check';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import { compileText } from '../../../../processors/rules/texts.js';
import type { EventRecord } from '../../../../schemas/codecs.js';
import type { Field, FieldKind, TextValue } from '../../../../processors/rules/text-value.js';

const KINDS: Readonly<Record<string, FieldKind>> = {
  taskTitle: 'text',
  fullName: 'text',
  status: 'text',
  isPaid: 'text',
  orderId: 'number',
  count: 'number',
  dueAt: 'time',
};
const TEN_AT_NIGHT = new Date(Date.UTC(2026, 0, 15, 22, 5));

function fieldOf(name: string): Field | undefined {
  const kind = KINDS[name];
  return kind && { kind, get: (event) => event[name] as TextValue };
}

function compiled(text: string, locale = 'en') {
  const made = compileText(text, locale, fieldOf, Object.keys(KINDS));
  if (made.kind === 'faults') throw new Error(made.faults.join('\n'));
  return made;
}

const render = (text: string, event: EventRecord = {}, locale = 'en', timeZone: string | null = null): string =>
  compiled(text, locale).render(event, timeZone);

function faults(text: string): readonly string[] {
  const made = compileText(text, 'en', fieldOf, Object.keys(KINDS));
  return made.kind === 'faults' ? made.faults : [];
}

describe('a plain argument', () => {
  it('is shown between the words', () => {
    expect(render("Task ''{taskTitle}'' assigned to you", { taskTitle: 'A & <b>' })).toBe(
      "Task 'A & <b>' assigned to you",
    );
  });

  it.each<[TextValue, string]>([
    [2n ** 63n - 1n, '9223372036854775807'],
    [-12_500, '-12500'],
    [0.1, '0.1'],
    [1e21, '1000000000000000000000'],
    [1e-7, '0.0000001'],
    [true, 'true'],
  ])('of %s is its plain text', (orderId, text) => {
    expect(render('{orderId}', { orderId })).toBe(text);
  });

  it.each([null, undefined, '', Number.NaN, Number.POSITIVE_INFINITY, new Date(Number.NaN), new Date(0)])(
    'of %j is nothing',
    (orderId) => {
      expect(render('#{orderId}', { orderId })).toBe('#');
    },
  );

  it('stays as it is where it is blank, for the contract quotes such titles', () => {
    expect(render("''{taskTitle}''", { taskTitle: ' ' })).toBe("' '");
  });
});

describe('a select', () => {
  const WELCOME = '{fullName, select, none {Welcome!} other {Welcome, {fullName}!}}';

  it.each([null, undefined, '', ' \t'])('takes none for %j', (fullName) => {
    expect(render(WELCOME, { fullName })).toBe('Welcome!');
  });

  it.each(['An', 'none', 'other', '__proto__', 'constructor'])('takes other for the name %s', (fullName) => {
    expect(render(WELCOME, { fullName })).toBe(`Welcome, ${fullName}!`);
  });

  it('takes other for a missing value where there is no none', () => {
    expect(render('{status, select, OPEN {open} other {closed}}', { status: null })).toBe('closed');
  });

  it('goes by the text of an enum, a boolean and a number', () => {
    expect(render('{status, select, OPEN {open} other {closed}}', { status: 'OPEN' })).toBe('open');
    expect(render('{isPaid, select, true {paid} other {due}}', { isPaid: true })).toBe('paid');
    expect(render('{orderId, select, 7 {seven} other {-}}', { orderId: 7n })).toBe('seven');
  });
});

describe('a format', () => {
  const TASKS = '{count, plural, =0 {no task} one {# task of {fullName}} other {# tasks}}';

  it('chooses a plural by the rules of the language', () => {
    const texts = [0, 1n, 21, 1234n].map((count) => render(TASKS, { count, fullName: 'An' }));
    expect(texts).toEqual(['no task', '1 task of An', '21 tasks', '1,234 tasks']);
    expect(render('{count, plural, one {# день} few {# дня} other {# дней}}', { count: 22 }, 'ru')).toBe('22 дня');
    expect(render('{count, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}', { count: 3 })).toBe('3rd');
  });

  it('counts a plural on after an offset, and a large one without loss', () => {
    expect(render('{count, plural, offset:1 one {# other} other {# others}}', { count: 2n })).toBe('1 other');
    expect(render(TASKS, { count: 2n ** 63n - 1n })).toBe('9,223,372,036,854,775,807 tasks');
  });

  it('knows in a plural what is missing', () => {
    const text = '{count, plural, other {{fullName, select, none {Nobody} other {{fullName}}} has # by {dueAt, date}}}';
    expect(render(text, { count: 2 })).toBe('Nobody has 2 by ');
    expect(render(text, { fullName: 'An' })).toBe('');
  });

  it('writes numbers as the language does, 64 bits and decimals without loss', () => {
    expect(render('{orderId, number}', { orderId: 2n ** 63n - 1n }, 'vi')).toBe('9.223.372.036.854.775.807');
    expect(render('{orderId, number, ::.00}', { orderId: '12345678901234567890.5' })).toBe(
      '12,345,678,901,234,567,890.50',
    );
    expect(render('{orderId, number, ::scale/0.5}', { orderId: 3n })).toBe('1.5');
    expect(render('{orderId, number}!', { orderId: 'x' })).toBe('!');
  });

  it("writes times as they are in the reader's zone, in UTC where that is unknown", () => {
    const text = '{dueAt, date, long} {dueAt, time, ::HHmm}';
    const at = (timeZone: string | null) => render(text, { dueAt: TEN_AT_NIGHT }, 'en', timeZone);
    expect(at('Asia/Ho_Chi_Minh')).toBe('January 16, 2026 05:05');
    for (const zone of [null, 'UTC', '', 'Mars/Olympus', 'x'.repeat(100_000)])
      expect(at(zone)).toBe('January 15, 2026 22:05');
    expect(render(text, { dueAt: BigInt(TEN_AT_NIGHT.getTime()) }, 'vi')).toBe('15 tháng 1, 2026 22:05');
    expect(render('{dueAt, date}!', { dueAt: 9e15 })).toBe('!');
  });

  it('says whether it goes by the time zone', () => {
    expect(compiled('{dueAt, time}').usesTimeZone).toBe(true);
    expect(compiled('{status, select, OPEN {{dueAt, date}} other {}}').usesTimeZone).toBe(true);
    expect(compiled('{count, number} {taskTitle}').usesTimeZone).toBe(false);
  });
});

describe('a faulty text', () => {
  it.each([
    ['{taskTitel}', 'column 1: {taskTitel} is no field of the event; closest: taskTitle'],
    [
      'To {x}',
      'column 4: {x} is no field of the event; it has taskTitle, fullName, status, isPaid, orderId, count, dueAt',
    ],
    [
      '{status, select, OPEN {open}}',
      'column 29: the option other is missing: what is shown when no other option fits, such as other {closed}',
    ],
    ['Hello {fullName', 'column 7: this { is never closed; expected a } after the name or the options'],
    [
      'Hello fullName}',
      "column 15: this } closes nothing; expected { before the field's name, or '}' for a brace that is shown",
    ],
    [
      '{full name}',
      "column 1: behind { the name of a field must stand, then } or a comma; for a brace that is shown write '{'",
    ],
    ['{count, money}', 'column 9: "money" is no format; expected number, date, time, select, plural or selectordinal'],
    [
      '{dueAt, date, big}',
      'column 1: big is no style; expected short, medium, long, full, or a skeleton such as ::yMMMd',
    ],
    [
      '{count, number, ::bogus}',
      'column 1: the skeleton of {count} says nothing; expected integer, percent, or a skeleton such as ::.00 or ::currency/EUR',
    ],
    [
      '{count, plural, eins {x} other {y}}',
      'column 1: eins is no option of a plural; expected =0 and the like, zero, one, two, few, many or other',
    ],
    ['{taskTitle, number}', 'column 1: {taskTitle} is a text; this format is for a number'],
    ['{taskTitle, plural, other {}}', 'column 1: {taskTitle} is a text; this format is for a number'],
    ['{taskTitle, date}', 'column 1: {taskTitle} is a text; this format is for a time'],
    ['Due {dueAt}', 'column 5: {dueAt} is a time; write such as {dueAt, date, medium}'],
    [
      "Task '{taskTitle}' done",
      "column 6: an apostrophe before a brace quotes it, and {taskTitle} would be shown as it stands; write ''{taskTitle}''",
    ],
    [
      "It's '{' or '{ taskTitle, number}",
      "column 13: an apostrophe before a brace quotes it, and {taskTitle} would be shown as it stands; write ''{taskTitle}''",
    ],
    [
      "A '{ b",
      "column 3: an apostrophe before { begins a quotation that never ends; write ''{, or '{' for the sign itself",
    ],
    ["'<b>'", "column 1: an apostrophe before < is not shown; write ''<"],
    [
      "{count, plural, other {it '{#} }}",
      "column 23: this { is never closed; expected a } after the name or the options; an apostrophe before a brace must be written twice: ''{",
    ],
    [
      'Dear An,\n{x}',
      'line 2, column 1: {x} is no field of the event; it has taskTitle, fullName, status, isPaid, orderId, count, dueAt',
    ],
  ])('%j is refused: %s', (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  it.each([
    '{count, number, currency}',
    '{count, number, ::currency/€€}',
    '{count, number, ::.0/w/w}',
    '{dueAt, date, ::Yw}',
    '{dueAt, date, ::}',
  ])('%s is refused in some words', (text) => {
    expect(faults(text)).toHaveLength(1);
  });

  it('is told all its faults at once', () => {
    expect(faults("{x} '{taskTitle}' {taskTitle, number, big} {y, select, other {{z}}}")).toHaveLength(6);
  });

  it.each(["'{' and '}'", "it's {fullName}'s", "'{{{}}}'", "<b>''{fullName}''</b>", "{count, plural, other {# '#'}}"])(
    '%s is none',
    (text) => {
      expect(faults(text)).toEqual([]);
    },
  );
});

/** Written so that it is shown as it is: every apostrophe twice, and braces, with the apostrophes among them, between two. */
const quoted = (text: string): string =>
  text.replace(/['{}]+/g, (run) => {
    const doubled = run.replaceAll("'", "''");
    return doubled === run || /[{}]/.test(run) ? `'${doubled}'` : doubled;
  });

const words = fc.string({ unit: fc.constantFrom('a', ' ', "'", '{', '}', '<', '#', 'é', '🎉'), maxLength: 12 });
/** Texts of which the library and we must make the same. */
const { text: texts } = fc.letrec<{ text: string; piece: string }>((tie) => ({
  text: fc.array(tie('piece'), { maxLength: 4 }).map((pieces) => pieces.join(' ')),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('word', "it''s", "''", "'{'", '<b>'),
    fc.constantFrom('{taskTitle}', '{orderId}', '{count, number}', '{dueAt, date, long}', '{dueAt, time}'),
    tie('text').map((inner) => `{status, select, OPEN {${inner}} other {x${inner}}}`),
    tie('text').map((inner) => `{count, plural, =0 {${inner}} one {# ${inner}} other {${inner} #}}`),
  ),
}));

describe('for every text', () => {
  it('one without arguments is shown as it is, once it is quoted', () => {
    fc.assert(
      fc.property(words, (text) => {
        expect(render(quoted(text))).toBe(text);
      }),
    );
  });

  it('what we compile and what intl-messageformat formats is the same', () => {
    const values = fc.record({
      taskTitle: fc.string({ minLength: 1 }),
      status: fc.constantFrom('OPEN', 'CLOSED'),
      orderId: fc.bigInt(),
      count: fc.integer({ min: 0, max: 1_000_000 }),
      dueAt: fc.date({ noInvalidDate: true, min: new Date(1), max: new Date(4e12) }),
    });
    const locales = fc.constantFrom('en', 'vi', 'ru', 'ar');
    fc.assert(
      fc.property(texts, values, locales, (text, event, locale) => {
        const formats = new IntlMessageFormat(text, locale, undefined, { ignoreTag: true });
        expect(render(text, event, locale, Intl.DateTimeFormat().resolvedOptions().timeZone)).toBe(
          formats.format(event),
        );
      }),
    );
  });
});
