import { describe, expect, it } from 'vitest';
import { LosslessNumber } from 'lossless-json';
import { letterLines, type ShownParts } from '../../../../bin/dlq/show-text.js';
import type { DecodedValue } from '../../../../topology/operations/dead-letters/decoded.js';
import { Masked } from '../../../../topology/operations/dead-letters/mask.js';
import { deadLetter, type LetterParts } from '../../topology/operations/dead-letters/letters.js';

const NOTHING: DecodedValue = {
  ...{ format: null, schemaId: null, record: null, event: null, isWhole: false, fault: undefined, note: undefined },
};

function lines(parts: LetterParts, decoded: Partial<DecodedValue>, shown: Partial<ShownParts> = {}): string[] {
  const letter = deadLetter(parts);
  const all = { key: null, headers: [], event: decoded.event ?? null, fault: decoded.fault, isWhole: true, ...shown };
  return letterLines(letter, { ...NOTHING, ...decoded }, all, letter.appendedAt + 3_725_000);
}

/** From the key on. */
const record = (...given: Parameters<typeof lines>): string[] => {
  const all = lines(...given);
  return all.slice(all.findIndex((line) => line.startsWith('key')));
};

describe('a dead letter in words', () => {
  it('says all that its headers say, and what its reason means', () => {
    const more = [
      ['dlq.truncated', 'true'],
      ['dlq.original-bytes', '9000'],
      ['dlq.sha256', 'ab'],
    ] as const;
    expect(lines({ more, headers: [['dlq.replay-count', '1']] }, {})).toEqual([
      'dead letter 3:42, 1h2m old',
      '  reason      invalid-event',
      '  message     tenantId is 0; expected a positive id',
      '  means       The event can be read, and a field breaks a rule of the contract.',
      '  what to do  Mend the producer. Edit the field in an export and import it, or let it go.',
      '  came from   it.TASK_EVENT_TOPIC-1@70',
      '  its time    2020-09-13T12:26:40.000Z',
      '  dead since  2023-11-14T22:13:20.042Z',
      '  tried       1 time',
      '  replayed    1 time',
      '  by          app',
      '  error       InvalidEvent',
      '  cut         the whole value has 9000 bytes, SHA-256 ab',
      'key      null',
      'headers  none',
      'value    1 B',
      '  00000000   76                                                               |v|',
    ]);
  });

  it('marks the field that is at fault, and says why behind it', () => {
    const event = {
      eventId: 'e',
      tenantId: 0n,
      customer: { name: new Masked('text', 9), tags: [] },
      sum: new LosslessNumber('1.50'),
    };
    const fault = { message: 'tenantId is 0', fields: ['tenantId', 'customer'] };
    expect(record({}, { format: 'avro', schemaId: 7, record: 'serp.T', event, isWhole: true, fault })).toEqual([
      'key      null',
      'headers  none',
      'value    1 B, Avro, schema id 7, serp.T',
      '  eventId        "e"',
      '> tenantId       0   <- tenantId is 0',
      '> customer.name  (text, 9 characters)',
      '> customer.tags  []',
      '  sum            1.50',
    ]);
  });

  it('shows an event of very many fields', () => {
    const event = Object.fromEntries(Array.from({ length: 150_000 }, (_, index) => [`a${index}`, 1]));
    const headers = Array.from({ length: 150_000 }, () => ['h', null] as const);
    expect(record({}, { event, isWhole: true }, { headers }).at(-1)).toBe('  a149999  1');
  });

  it('names a field that is missing, and one that cannot be read, with the bytes around it', () => {
    const event = { eventId: 'e' };
    const missing = { message: '/tenantId is missing', fields: ['tenantId'] };
    expect(record({}, { event, fault: missing }).at(-1)).toBe('> tenantId  (missing)   <- /tenantId is missing');
    const broken = { message: 'the value ends inside it', at: 17, fields: ['title'] };
    const value = Buffer.from('0123456789abcdefghij\x00');
    expect(record({ value }, { event, fault: broken }).slice(3)).toEqual([
      '  eventId  "e"',
      '> title    (cannot be read)',
      'fault    cannot be read from byte 17 on: the value ends inside it',
      '  00000000   30  31  32  33  34  35  36  37  38  39  61  62  63  64  65  66   |0123456789abcdef|',
      '  00000010   67 [68] 69  6a  00                                               |ghij.|',
    ]);
    expect(record({ value }, { event, fault: broken }, { isWhole: false }).at(-1)).toMatch(/^fault/);
  });

  it('names a field at fault with nothing that moves the cursor', () => {
    const fault = { message: 'it is odd', fields: ['a\u001b[2J'] };
    expect(record({}, { event: { 'a\u001b[2J': 1 }, fault }).at(-1)).toBe('> a\\u001b[2J  1   <- it is odd');
    expect(record({}, { event: {}, fault }).at(-1)).toBe('> a\\u001b[2J  (missing)   <- it is odd');
  });

  it('shows keys and headers as text where they are some, and nothing that moves the cursor', () => {
    const headers = [
      ['a\u001b[2J', Buffer.from([0xff])],
      ['b', new Masked('bytes', 1)],
      ['c', null],
      ['d', Buffer.from('x\u202ey')],
    ] as const;
    const shown = record({ cause: { message: '\u001b[31mred' } }, {}, { key: Buffer.from('k-1'), headers });
    expect(shown.slice(0, 6)).toEqual([
      'key      "k-1"',
      'headers',
      '  a\\u001b[2J  ff (hex)',
      '  b           (1 byte)',
      '  c           null',
      '  d           "x\\u202ey"',
    ]);
    expect(lines({ cause: { message: '\u001b[31mred' } }, {})[2]).toBe('  message     \\u001b[31mred');
  });
});
