import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEmailAddress } from '../../../processors/email-address.js';

const label63 = 'a'.repeat(63);

describe('an e-mail address', () => {
  it.each([
    'a@b',
    'linh.tran@example.com',
    "!#$%&'*+-/=?^_`{|}~@example.com",
    'a@b-c.d--e.fr',
    '1@2.com',
    `${'a'.repeat(64)}@example.com`,
    `a@${label63}.example`,
    `${'a'.repeat(64)}@${label63}.${label63}.${'b'.repeat(61)}`,
    'a@xn--bcher-kva.example',
    'thị.trần@bücher.example',
    '用户@例子.广告',
  ])('is %s', (text) => {
    expect(isEmailAddress(text)).toBe(true);
  });

  it.each<[string, string]>([
    ['a list', 'a@b,c@d'],
    ['a list with semicolons', 'a@b;c@d'],
    ['two with a space', 'a@b c@d'],
    ['a header', 'Bcc: z@z'],
    ['a header on another line', 'a@b\r\nBcc: z@z'],
    ['a display name', 'Linh <a@b>'],
    ['angle brackets', '<a@b>'],
    ['a comment', 'a(x)@b'],
    ['a quoted local part', '"a b"@c'],
    ['a quoted @', '"a@b"@c'],
    ['a domain literal', 'a@[127.0.0.1]'],
    ['an IP address', 'a@127.0.0.1'],
    ['a group', 'all:a@b;'],
    ['a route', '@x:a@b'],
    ['a URL', 'mailto:a@b'],
    ['a percent-hack with two @', 'a@b@c'],
    ['a backslash', 'a\\b@c'],
    ['nothing', ''],
    ['no @', 'example.com'],
    ['no local part', '@b'],
    ['no domain', 'a@'],
    ['spaces around it', ' a@b '],
    ['a newline behind it', 'a@b\n'],
    ['a NUL', 'a@b\u0000'],
    ['a C1 control', 'a\u0085@b'],
    ['a line separator', 'a@b\u2028'],
    ['a bidi override', 'a\u202e@b'],
    ['a zero-width space', 'a\u200b@b'],
    ['a variation selector', 'a\ufe0f@b'],
    ['a no-break space', 'a\u00a0b@c'],
    ['a fullwidth comma', 'a@b，c.d'],
    ['a fullwidth @', 'a＠b'],
    ['fullwidth letters', 'ａ@b'],
    ['a letter that is written as two', 'e\u0301@b'],
    ['a letter that stands for words', '\ufdfa@b'],
    ['the mark of bytes that were no text', 'a\ufffd@b'],
    ['half a surrogate pair', 'a\ud83c@b'],
    ['an emoji', '🎉@b'],
    ['a dot at the beginning', '.a@b'],
    ['a dot before the @', 'a.@b'],
    ['two dots', 'a..b@c'],
    ['a dot behind the domain', 'a@b.'],
    ['a dot before the domain', 'a@.b'],
    ['two dots in the domain', 'a@b..c'],
    ['a dash before a label', 'a@-b'],
    ['a dash behind a label', 'a@b-.c'],
    ['a dash at the end', 'a@b-'],
    ['an underscore in the domain', 'a@b_c'],
    ['a local part of 65 bytes', `${'a'.repeat(65)}@b`],
    ['a local part of 66 bytes in 33 letters', `${'é'.repeat(33)}@b`],
    ['a label of 64 bytes', `a@${label63}a`],
    ['255 bytes', `${'a'.repeat(64)}@${label63}.${label63}.${'b'.repeat(62)}`],
    ['255 bytes in fewer letters', `a@${'é'.repeat(31)}.${'é'.repeat(31)}.${'é'.repeat(31)}.${'é'.repeat(31)}.é`],
    ['900 KB', `${'a'.repeat(900_000)}@b`],
  ])('is not %s', (_, text) => {
    expect(isEmailAddress(text)).toBe(false);
  });

  it('is, in ASCII, what the grammar says', () => {
    const atom = "[\\w!#$%&'*+/=?^`{|}~-]+";
    const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
    const grammar = new RegExp(`^${atom}(?:\\.${atom})*@(?:${label}\\.)*(?![0-9]+$)${label}$`);
    const text = fc.string({ unit: fc.constantFrom(...Array.from('aZ0.-_@+ ,"<\n')), maxLength: 9 });
    fc.assert(
      fc.property(text, (address) => isEmailAddress(address) === grammar.test(address)),
      { numRuns: 5000 },
    );
  });
});
