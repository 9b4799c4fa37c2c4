/** The texts of a rule set: ICU MessageFormat, compiled once for a language. `<` is a character like any other. */
import { parse, type MessageFormatElement } from '@formatjs/icu-messageformat-parser';
import { compileAll, type Scope } from './text-parts.js';
import { syntaxFault } from './text-faults.js';
import type { EventRecord } from '../../schemas/codecs.js';

export interface CompiledText {
  readonly kind: 'text';
  /** Whether readers in two time zones may read two texts. */
  readonly usesTimeZone: boolean;
  /** Times are shown in UTC where the zone is null or none. */
  readonly render: (event: EventRecord, timeZone: string | null) => string;
}

/** Each with the column that it is about, in words for those who write texts. */
export interface TextFaults {
  readonly kind: 'faults';
  readonly faults: readonly string[];
}

/** `resolve`: undefined for a name that the event does not have, which is a fault; it names the closest of `names`. */
export function compileText(
  text: string,
  locale: string,
  resolve: Scope['resolve'],
  names: readonly string[],
): CompiledText | TextFaults {
  const parsed = parsedText(text, locale);
  if (typeof parsed === 'string') return { kind: 'faults', faults: [parsed] };
  const scope: Scope = { text, locale, resolve, names, faults: [], usesTimeZone: false };
  const part = compileAll(parsed, scope);
  const { faults, usesTimeZone } = scope;
  if (faults.length > 0) return { kind: 'faults', faults };
  return { kind: 'text', usesTimeZone, render: (event, timeZone) => part(event, timeZone, 0) };
}

/** Or the fault. */
function parsedText(text: string, locale: string): MessageFormatElement[] | string {
  try {
    return parse(text, { ignoreTag: true, captureLocation: true, locale: new Intl.Locale(locale) });
  } catch (error) {
    // SyntaxError with a location, and RangeError of a skeleton.
    if (error instanceof Error) return syntaxFault(text, error);
    throw error;
  }
}
