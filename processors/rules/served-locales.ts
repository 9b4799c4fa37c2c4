/** Whether a rule set can be told in the languages of LOCALES. */
import { ConfigError } from '../../common/errors.js';
import { shortened } from './locales.js';
import type { RuleSet } from './rule-set.js';

/** The language of a rule set in which a locale is told: itself, or what it is without region and script; undefined for none. */
export function languageFor(locale: string, languages: RuleSet['languages']): string | undefined {
  return shortened(locale).find((tag) => languages.has(tag));
}

/** Throws ConfigError with every language that the rule set has no texts in. */
export function refuseUnserved(locales: readonly string[], languages: RuleSet['languages']): void {
  const missing = locales.filter((locale) => languageFor(locale, languages) === undefined);
  if (missing.length === 0) return;
  const known = [...languages.keys()].join(', ');
  throw new ConfigError(
    missing.map(
      (locale) =>
        `LOCALES is ${JSON.stringify(locales.join(','))}: the rules have no texts in ${locale}; expected languages of ${known}, or a file texts/${locale}.yaml`,
    ),
  );
}

/** All that a rule set has texts in, its own first. */
export function languagesOf({ language, languages }: RuleSet): [string, ...string[]] {
  return [language, ...[...languages.keys()].filter((tag) => tag !== language)];
}
