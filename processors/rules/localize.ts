/** Renders an event for readers of several languages and time zones: once for each that reads another text. */
import type { Localize, Texts } from '../mapped-event.js';
import type { ChooseLocale } from './locales.js';
import type { EventRecord } from '../../schemas/codecs.js';

import { knownTimeZone } from './time-zone.js';

/** What an event type says in one language. */
export interface LanguageTexts {
  /** Whether readers in two time zones may read two texts. */
  readonly usesTimeZone: boolean;
  /** Times are shown in UTC where the zone is null. */
  readonly render: (event: EventRecord, timeZone: string | null) => Texts;
}

/** Makes the `localize` of an event, given its texts in the default language for readers without a time zone. */
export type Localizer = (event: EventRecord, inDefault: Texts) => Localize;

/**
 * `languages`: by locale, as `choose` names them, the default first. Null where everybody reads the same: one language,
 * and no times in it.
 */
export function createLocalizer(languages: ReadonlyMap<string, LanguageTexts>, choose: ChooseLocale): Localizer | null {
  const all = [...languages.values()];
  if (all.length <= 1 && !all.some(({ usesTimeZone }) => usesTimeZone)) return null;
  const [byDefault] = all;
  return (event, inDefault) => {
    // Nobody may read another text than the default.
    let rendered: Map<string, Texts> | undefined;
    return (locale, timeZone) => {
      const chosen = choose(locale);
      const language = languages.get(chosen) ?? byDefault!;
      const zone = language.usesTimeZone ? knownTimeZone(timeZone) : 'UTC';
      if (language === byDefault && zone === 'UTC') return inDefault;
      const reader = `${chosen} ${zone}`;
      const known = rendered?.get(reader);
      if (known !== undefined) return known;
      const texts = language.render(event, zone);
      (rendered ??= new Map()).set(reader, texts);
      return texts;
    };
  };
}
