/** Which of the languages of LOCALES a user reads, by what stands in the directory: free text. */
import { shown } from '../../common/shown.js';
import { remembered } from '../remembered.js';

export const DEFAULT_LOCALES: readonly string[] = ['en'];

/** One of LOCALES for a user's locale; the first of them where the locale is none that they know. */
export type ChooseLocale = (locale: string | null) => string;

/** Users write few, and each once. */
const REMEMBERED = 1000;
/** In UTF-16 units: what is longer is no tag of anybody's language, and is not kept. */
const MAX_LENGTH = 100;
/** What POSIX adds: `vi_VN.UTF-8`, `de_DE@euro`. */
const POSIX_MODIFIERS = /[.@].*$/s;

/** The tag as BCP 47 writes it; undefined for what is none. */
export function canonicalLocale(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What is wrong with a tag in LOCALES; undefined when its texts can be rendered. */
export function localeFault(tag: string): string | undefined {
  const canonical = canonicalLocale(tag);
  if (canonical === undefined) return `${shown(tag)} is no language tag; expected BCP 47, such as vi or pt-BR`;
  // Intl would write numbers and dates in the machine's language.
  return Intl.NumberFormat.supportedLocalesOf(canonical).length > 0
    ? undefined
    : `${shown(tag)} is no language whose numbers and dates Node knows; expected such as vi or pt-BR`;
}

/** `locales`: canonical, the default first. A user's vi-VN finds `vi-VN`, else `vi`; zh-TW finds `zh-Hant` before `zh`. */
export function createLocaleChoice(locales: readonly [string, ...string[]]): ChooseLocale {
  const [byDefault] = locales;
  const choose = remembered(REMEMBERED, (locale) => {
    const tag = canonicalLocale(locale.trim().replace(POSIX_MODIFIERS, '').replaceAll('_', '-'));
    return (tag !== undefined && prefixesOf(tag).find((prefix) => locales.includes(prefix))) || byDefault;
  });
  return (locale) => (locale === null || locale.length > MAX_LENGTH ? byDefault : choose(locale));
}

/** The tag, and what is left of it without its last subtag, and so on. */
export function shortened(tag: string): readonly [string, ...string[]] {
  const subtags = tag.split('-');
  return subtags.map((_, index) => subtags.slice(0, subtags.length - index).join('-')) as [string, ...string[]];
}

/** The same; before the language alone, it with its usual script. */
function prefixesOf(tag: string): readonly string[] {
  const prefixes = shortened(tag);
  const { language, script } = new Intl.Locale(tag).maximize();
  return script === undefined ? prefixes : prefixes.toSpliced(-1, 0, `${language}-${script}`);
}
