import { describe, expect, it } from 'vitest';
import { languageFor, refuseUnserved } from '../../../../processors/rules/served-locales.js';
import { faultsOf } from '../../faults-of.js';

const LANGUAGES = new Map(['en', 'vi', 'pt-BR'].map((tag) => [tag, new Map()]));

describe('the languages of a rule set', () => {
  it.each([
    ['en', 'en'],
    ['en-GB', 'en'],
    ['pt-BR', 'pt-BR'],
    ['pt', undefined],
    ['zh-Hant-TW', undefined],
  ])('serve %s by %s', (locale, language) => {
    expect(languageFor(locale, LANGUAGES)).toBe(language);
  });

  it('are refused where LOCALES has others, each by its name', () => {
    expect(faultsOf(() => refuseUnserved(['vi', 'en-GB'], LANGUAGES))).toEqual([]);
    expect(faultsOf(() => refuseUnserved(['en', 'fr', 'pt'], LANGUAGES))).toEqual([
      'LOCALES is "en,fr,pt": the rules have no texts in fr; expected languages of en, vi, pt-BR, or a file texts/fr.yaml',
      'LOCALES is "en,fr,pt": the rules have no texts in pt; expected languages of en, vi, pt-BR, or a file texts/pt.yaml',
    ]);
  });
});
