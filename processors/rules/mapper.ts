/** The interpreter: what a source's rules make of an event. Everything is compiled at the start. */
import { NO_CORRECTIONS, type Correction } from '../../common/correction.js';
import { FatalError } from '../../common/errors.js';
import type { EventRecord } from '../../schemas/codecs.js';
import type { ActionUrlRule } from '../action-url.js';
import type { ProcessorContext } from '../context.js';
import type { compileLayout } from '../email-layout.js';
import type { MappedEvent, Notification } from '../mapped-event.js';
import { compilerOf, type RuleReaders } from './compile-rules.js';
import type { ChooseLocale } from './locales.js';
import { createLocalizer, type LanguageTexts, type Localizer } from './localize.js';
import type { EventRule, RuleSet, SourceRules, TextPair } from './rule-set.js';
import { languageFor } from './served-locales.js';
import { compileText, type CompiledText } from './texts.js';
import { inUrl } from './url-text.js';

/** Makes of a source's events what its recipients are told. */
export interface Mapper {
  /** Undefined for an event type that is not known. */
  readonly map: (event: EventRecord, context: ProcessorContext) => MappedEvent | undefined;
  readonly typeOf: (event: EventRecord) => string;
}

/** What the rules of every source are compiled with. */
export interface MapperSettings {
  readonly languages: RuleSet['languages'];
  /** LOCALES: the first is the default. */
  readonly locales: readonly [string, ...string[]];
  readonly chooseLocale: ChooseLocale;
  readonly actionUrl: ActionUrlRule;
  /** Undefined for the contract's own e-mail. */
  readonly layout: ReturnType<typeof compileLayout> | undefined;
}

const NO_VALUES: Readonly<Record<string, string>> = Object.freeze({});

/** The rules are those that checkRules has passed: what does not fit now is a FatalError. */
export function createRuleMapper(source: SourceRules, settings: MapperSettings): Mapper {
  const compiler = compilerOf(source);
  const keys = compiler.keys(source);
  const rules = new Map<string, CompiledRule>();
  for (const [type, rule] of source.events) {
    const readers = compiler.rule(rule, (setting) => [type, setting]);
    rules.set(type, new CompiledRule(source, type, rule, readers, settings));
  }
  const map: Mapper['map'] = (event, context) => {
    const rule = rules.get(keys.eventType(event));
    if (rule === undefined) return undefined;
    const timestamp = keys.timestamp(event, context);
    const { url, corrections } = rule.actionUrl(event);
    return {
      topic: source.topic,
      eventId: keys.eventId(event, context),
      timestamp,
      tenantId: keys.tenantId(event),
      recipients: rule.readers.recipients(event),
      notification: rule.notification(event, timestamp, url),
      directory: null,
      contact: null,
      corrections,
    };
  };
  return { map, typeOf: keys.eventType };
}

/** An event's action URL, or why it has none. */
interface CheckedUrl {
  readonly url: string | null;
  readonly corrections: readonly Correction[];
}

const NO_URL: CheckedUrl = { url: null, corrections: NO_CORRECTIONS };

class CompiledRule {
  readonly readers: RuleReaders;
  readonly #service: string;
  readonly #settings: MapperSettings;
  readonly #byDefault: LanguageTexts;
  readonly #localizer: Localizer | null;
  readonly #url: CompiledText | undefined;

  constructor(source: SourceRules, type: string, rule: EventRule, readers: RuleReaders, settings: MapperSettings) {
    this.readers = readers;
    this.#service = source.service;
    this.#settings = settings;
    const { locales, languages, chooseLocale } = settings;
    const texts = new Map(
      locales.map((locale) => [locale, this.#compile(locale, textsFor(locale, languages, source.name, type))]),
    );
    this.#byDefault = texts.get(locales[0])!;
    this.#localizer = createLocalizer(texts, chooseLocale);
    this.#url =
      rule.actionUrl === undefined ? undefined : compiled(rule.actionUrl, 'en', inUrl(rule.actionUrl, readers.named));
  }

  notification(event: EventRecord, timestamp: bigint, actionUrl: string | null): Notification {
    const { readers } = this;
    const { title, message, subject, emailHtml } = this.#byDefault.render(event, null);
    const texts = this.#localizer && { title, message, subject, emailHtml };
    return {
      title,
      message,
      subject,
      emailHtml,
      type: readers.type,
      category: readers.category,
      priority: readers.priority(event),
      sourceService: this.#service,
      actionUrl,
      actionType: null,
      entityType: readers.entityType(event),
      entityId: readers.entityId(event),
      expiresAt: readers.expiresAt(event, timestamp),
      metadata: readers.metadata(event),
      channels: readers.channels,
      localize: texts && this.#localizer(event, texts),
      templateCode: null,
      templateVars: NO_VALUES,
    };
  }

  actionUrl(event: EventRecord): CheckedUrl {
    const url = this.#url?.render(event, null) ?? '';
    if (url === '') return NO_URL;
    const fault = this.#settings.actionUrl(url);
    return fault === undefined
      ? { url, corrections: NO_CORRECTIONS }
      : { url: null, corrections: [{ kind: 'action-url', fault }] };
  }

  /** What is said in one language. The e-mail's subject is the message, as the title is a fixed text. */
  #compile(locale: string, pair: TextPair): LanguageTexts {
    const title = compiled(pair.title, locale, this.readers.named);
    const message = compiled(pair.message, locale, this.readers.named);
    const { layout } = this.#settings;
    return {
      usesTimeZone: title.usesTimeZone || message.usesTimeZone,
      render: (event, timeZone) => {
        const head = title.render(event, timeZone);
        const body = message.render(event, timeZone);
        const emailHtml =
          layout &&
          ((actionUrl: string | null) =>
            layout({ language: locale, title: head, message: body, actionUrl, preheader: head }));
        return { title: head, message: body, subject: body, emailHtml: emailHtml ?? null };
      },
    };
  }
}

function compiled(text: string, locale: string, named: RuleReaders['named']): CompiledText {
  const made = compileText(text, locale, named, []);
  if (made.kind === 'faults') throw new FatalError(`the text ${JSON.stringify(text)}: ${made.faults.join('; ')}`);
  return made;
}

/** The texts of a locale, or of its language: en-GB may be told in en. */
function textsFor(locale: string, languages: RuleSet['languages'], source: string, type: string): TextPair {
  const language = languageFor(locale, languages);
  return languages.get(language!)!.get(source)!.get(type)!;
}
