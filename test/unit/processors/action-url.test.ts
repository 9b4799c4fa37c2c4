import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActionUrlRule, schemeFault } from '../../../processors/action-url.js';

const rule = createActionUrlRule(['https', 'http']);
const SITE = 'https://erp.example/app/';

describe('an action URL goes out', () => {
  it.each([
    'https://erp.example/tasks/1',
    'HTTPS://ERP.example:8443/',
    'http://erp.example?x=1#y',
    'https://erp.example/a@b?mail=c@d#@',
    'https://erp.example/x?text=line%0Aline',
    'https://erp.example/my file.pdf',
    'https://bücher.example/ñ',
    '/',
    '/tasks/1?next=//evil.example',
    '/../x',
    `https://e/${'x'.repeat(8182)}`,
  ])('when it is %s', (url) => {
    expect(rule(url)).toBeUndefined();
  });
});

describe('an action URL is left out', () => {
  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'java%0ascript:alert(1)',
    'javascript&colon;alert(1)',
    'vbscript:x',
    'data:text/html,<script>',
    'file:///etc/passwd',
    'blob:https://erp.example/1',
    'ftp://erp.example/',
    'mailto:a@b',
    '//evil.example',
    '///evil.example',
    '//user@evil.example',
    'tasks/1',
    '?x=1',
    '#x',
    ':https://e',
    'https',
  ])('for its scheme: %s', (url) => {
    expect(rule(url)).toBe('scheme');
  });

  it.each([
    'https://user:pass@evil.example/',
    'https://bank.example@evil.example',
    'https://@evil.example',
    'https://:@evil.example',
    'http://a@b@c/',
  ])('for the credentials in it: %s', (url) => {
    expect(rule(url)).toBe('credentials');
  });

  it.each([
    ' javascript:alert(1)',
    ' https://e/',
    'https://e/ ',
    '\u00a0/x',
    '\u0001javascript:alert(1)',
    'java\nscript:alert(1)',
    'java\tscript:alert(1)',
    '/\t/evil.example',
    '/\r\n/evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https:\\\\evil.example',
    'https://erp.example\\@evil.example',
    'https://e/\u0000',
    'https://e/\u007f',
    'https://e/\u009f',
    'https://e/\u2028',
    ...Array.from('\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c').map(
      (c) => `https://e/${c}gpj.exe`,
    ),
    ...Array.from('\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e').map((c) => `https://e${c}vil/`),
    'https://e/\u{e0041}',
    'https://e/\ud83c',
  ])('for the characters in it: %j', (url) => {
    expect(rule(url)).toBe('characters');
  });

  it.each([
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'https://',
    'https://?x',
    'https://e:99999/',
    'https://a b/',
    'https://a%0ab/',
    'https://[::1/',
    'https://1.2.3.256/',
  ])('as it is malformed: %s', (url) => {
    expect(rule(url)).toBe('malformed');
  });

  it('as it is too long', () => {
    expect(rule(`https://e/${'x'.repeat(8183)}`)).toBe('too-long');
    expect(rule('x'.repeat(900_000))).toBe('too-long');
  });

  it('whenever a browser would find another scheme, credentials, or another site behind a path', () => {
    const piece = fc.constantFrom(
      ...['https:', 'http:', 'javascript:', 'data:', 'HTTPS:', '//', '/', '\\', '@', ':', '?', '#', '.', 'a', 'e.com'],
      ...['\t', '\n', ' ', '\u0000', '\u200b', '\u202e', '%0a', '%2f', '[', ']', '0'],
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join('')),
        (url) => {
          if (rule(url) !== undefined) return true;
          const { protocol, username, password, origin } = new URL(url, SITE);
          if (!['https:', 'http:'].includes(protocol) || username + password !== '') return false;
          return url.startsWith('/') ? origin === new URL(SITE).origin : url.toLowerCase().startsWith(`${protocol}//`);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});

describe('other schemes', () => {
  const more = createActionUrlRule(['https', 'mailto', 'serp']);

  it('are accepted where they are allowed, and others no more', () => {
    expect(['serp://tasks/1', 'serp:tasks/1', 'mailto:a@b', '/x'].map(more)).toEqual(Array(4).fill(undefined));
    expect(more('http://erp.example/')).toBe('scheme');
    expect(more('serp://u:p@tasks/1')).toBe('credentials');
  });

  it('that bring their own page or script can never be allowed', () => {
    for (const scheme of ['javascript', 'data', 'vbscript', 'file', 'blob', 'filesystem', 'about', 'view-source'])
      expect(schemeFault(scheme)).toBe(`${scheme} can bring its own page or script, and is never allowed`);
    expect(['https', 'mailto', 'serp', 'web+serp'].map(schemeFault)).toEqual(Array(4).fill(undefined));
    expect(['https:', '', '1a', 'ht tp', '/'].filter((scheme) => schemeFault(scheme) === undefined)).toEqual([]);
  });
});
