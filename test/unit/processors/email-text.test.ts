import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasControl, htmlBody, plainBody, subjectLine } from '../../../processors/email-text.js';

describe('the subject', () => {
  it('is one line, however many the text has', () => {
    expect(subjectLine(' Task\r\nBcc: all@example.com\u0000\u2028x ')).toBe('Task Bcc: all@example.com x');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\u2028\u2029]/u.test(subjectLine(text))));
  });
});

describe('what could end a header line', () => {
  it('is told of every unit as Unicode has it', () => {
    for (let unit = 0; unit <= 0xffff; unit += 1) {
      const text = `a${String.fromCharCode(unit)}`;
      if (hasControl(text) !== /[\p{Cc}\u2028\u2029]/u.test(text)) expect.unreachable(`U+${unit.toString(16)}`);
    }
  });
});

describe('the plain body', () => {
  it('is the message alone without an action URL', () => {
    expect(plainBody('Hello', null)).toBe('Hello');
    expect(plainBody('Hello', ' ')).toBe('Hello');
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
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, path) => {
        expect(htmlBody(message, `https://erp/${path}`)).toMatch(markup);
      }),
    );
  });

  it.each(['https://erp/1', 'HTTP://erp/1', 'mailto:a@example.com', '/tasks/1'])('links to %s', (url) => {
    expect(htmlBody('x', url)).toBe(`<p>x</p><p><a href="${url}">${url}</a></p>`);
  });

  it.each([
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'tasks/1',
    'https:evil',
  ])('never links to %j', (url) => {
    expect(htmlBody('x', url)).toBe('<p>x</p>');
  });
});
