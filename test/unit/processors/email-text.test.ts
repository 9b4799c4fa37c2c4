import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlBody, plainBody, subjectLine, subjectOf } from '../../../processors/email-text.js';

/** Any units, halves of surrogate pairs among them. */
const ANY_TEXT = fc.array(fc.nat({ max: 0xffff })).map((units) => String.fromCharCode(...units));

describe('the subject', () => {
  it('is one line, however many the text has', () => {
    expect(subjectLine(' Task\r\nBcc: all@example.com\u0000\u2028x ')).toBe('Task Bcc: all@example.com x');
    fc.assert(fc.property(ANY_TEXT, (text) => !/[\p{Cc}\u2028\u2029]/u.test(subjectLine(text))));
  });
});

describe('the subject, further', () => {
  it('has nothing that ends a header line or turns the text around, of all units', () => {
    for (let unit = 0; unit <= 0xffff; unit += 1) {
      const line = subjectLine(`a${String.fromCharCode(unit)}b`);
      if (/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(line)) expect.unreachable(`U+${unit.toString(16)}`);
    }
    expect(subjectLine('\u202einvoice\u202c \u2066A\u2069\u200f!')).toBe('invoice A\u200f!');
  });

  it('is cut to 254 code points and an ellipsis, never through a pair of surrogates', () => {
    expect(subjectLine('x'.repeat(254))).toBe('x'.repeat(254));
    expect(subjectLine('x'.repeat(255))).toBe(`${'x'.repeat(254)}…`);
    expect(subjectLine('🎉'.repeat(254))).toBe('🎉'.repeat(254));
    expect(subjectLine('🎉'.repeat(255))).toBe(`${'🎉'.repeat(254)}…`);
    expect(subjectLine(`${'x'.repeat(253)}🎉y`)).toBe(`${'x'.repeat(253)}🎉…`);
  });

  it("is the message's first line where the text makes none", () => {
    expect(subjectOf('Title', 'Message')).toBe('Title');
    expect(subjectOf(' \u0000\u202e', '\r\n \nFirst\tline\nSecond')).toBe('First line');
    expect(subjectOf('', '\n')).toBe('');
  });
});

describe('the plain body', () => {
  it('is the message alone without an action URL', () => {
    expect(plainBody('Hello', null)).toBe('Hello');
  });

  it('has the action URL on a line of its own', () => {
    expect(plainBody('Hello', 'https://erp/tasks/1')).toBe('Hello\nhttps://erp/tasks/1');
  });
});

describe('the HTML body', () => {
  it('is the message in a paragraph', () => {
    expect(htmlBody('Hello', null)).toBe('<p>Hello</p>');
  });

  it('escapes every value', () => {
    expect(htmlBody(`<b a="1">'&'</b>`, null)).toBe('<p>&lt;b a=&quot;1&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;</p>');
    expect(htmlBody('x', `https://e/?a=1&b="'<`)).toBe(
      '<p>x</p><p><a href="https://e/?a=1&amp;b=&quot;&#39;&lt;">https://e/?a=1&amp;b=&quot;&#39;&lt;</a></p>',
    );
    const markup = /^<p>[^<>"']*<\/p>(?:<p><a href="[^<>"']*">[^<>"']*<\/a><\/p>)?$/;
    fc.assert(
      fc.property(ANY_TEXT, ANY_TEXT, (message, path) => {
        expect(htmlBody(message, `https://erp/${path}`)).toMatch(markup);
      }),
    );
  });
});
