import { describe, expect, it } from 'vitest';
import { parseUrl } from '../../../common/parse-url.js';

describe('parseUrl', () => {
  it('gives the URL, or undefined, and the same each time', () => {
    // In Latin-1 these are the bytes of a good URL in UTF-8: `URL.canParse` says yes to it from some thousandth call on.
    const bad = 'https://\u00c3\u0080';
    const said = new Set(Array.from({ length: 30_000 }, () => parseUrl(bad)));
    expect([...said]).toEqual([undefined]);
    expect(parseUrl('https://\u00c0')?.hostname).toBe('xn--0ca');
    expect(parseUrl('not one')).toBeUndefined();
  });
});
