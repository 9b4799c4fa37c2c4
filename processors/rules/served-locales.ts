/** Whether a rule set can be told in the languages of LOCALES. */
import { ConfigError } from '../../common/errors.js';
import type { RuleSet } from './rule-set.js';

/** The language of a rule set in which a locale is told: itself, or what it is without region and script; undefined for none. */
export function languageFor(locale: string, languages: RuleSet['languages']): string | undefined {
  for (let tag = locale; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
    if (languages.has(tag)) return tag;
  }
  return undefined;
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
