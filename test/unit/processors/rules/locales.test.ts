import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalLocale, createLocaleChoice } from '../../../../processors/rules/locales.js';
import { knownTimeZone } from '../../../../processors/rules/time-zone.js';

describe("a user's language", () => {
  const choose = createLocaleChoice(['en', 'vi', 'pt-BR', 'zh', 'zh-Hant', 'en-GB']);

  it.each([
    ['vi', 'vi'],
    ['vi-VN', 'vi'],
    ['vi_VN', 'vi'],
    ['VI-vn', 'vi'],
    [' vi_VN.UTF-8 ', 'vi'],
    ['vi-Latn-VN-u-nu-latn', 'vi'],
    ['en-GB', 'en-GB'],
    ['en-AU', 'en'],
    ['zh-TW', 'zh-Hant'],
    ['zh-CN', 'zh'],
    ['pt', 'en'],
    ['fr-FR', 'en'],
    ['Vietnamese', 'en'],
    ['v', 'en'],
    ['', 'en'],
    [null, 'en'],
    [`vi-${'x'.repeat(100_000)}`, 'en'],
  ])('of %s is %s', (locale, language) => {
    expect(choose(locale)).toBe(language);
  });

  it('is one of those that are used, whatever stands in the directory', () => {
    fc.assert(fc.property(fc.string(), (locale) => ['en', 'vi', 'zh', 'zh-Hant', 'en-GB'].includes(choose(locale))));
  });

  it('is written as BCP 47 does', () => {
    expect(['VI-vn', 'iw', 'x', 'vi_VN'].map(canonicalLocale)).toEqual(['vi-VN', 'he', undefined, undefined]);
  });
});

describe("a user's time zone", () => {
  it.each([
    ['Asia/Tokyo', 'Asia/Tokyo'],
    [' europe/berlin ', 'Europe/Berlin'],
    ['Mars/Olympus', 'UTC'],
    ['', 'UTC'],
    [null, 'UTC'],
  ])('of %s is %s', (name, zone) => {
    expect(knownTimeZone(name)).toBe(zone);
  });
});
