/** Routes an event for recipients who read different languages, and says what was rendered for them. */
import { ChannelSet } from '../../../processors/channel-set.js';
import type { ProcessorContext } from '../../../processors/context.js';
import type { MappedEvent, Notification, Texts } from '../../../processors/mapped-event.js';
import type { RoutedEvent } from '../../../processors/routed-event.js';
import { createRoute } from '../../../processors/route.js';
import { createLocaleChoice } from '../../../processors/rules/locales.js';
import { createLocalizer } from '../../../processors/rules/localize.js';
import type { Sink } from '../../../processors/sink.js';
import type { DirectoryEntry } from '../../../state/directory/directory-entry.js';

const NAMES = { en: 'Welcome', vi: 'Xin chào', fr: 'Bienvenue' };
export type Language = keyof typeof NAMES;
const LANGUAGES: readonly Language[] = ['en', 'vi', 'fr'];

/** Texts that say their language, and the time zone where that is used; whatever they are made for is listed in `rendered`. */
function languages(rendered: string[], usesTimeZone: (language: Language) => boolean) {
  const render = (language: Language, timeZone: string | null): Texts => {
    rendered.push(usesTimeZone(language) ? `${language} ${timeZone}` : language);
    const message = usesTimeZone(language) ? `${NAMES[language]} in ${timeZone}` : NAMES[language];
    const emailHtml = () => {
      rendered.push(`HTML of ${message}`);
      return `<b>${message}</b>`;
    };
    return { title: `${language}!`, message, subject: message, emailHtml };
  };
  const all = LANGUAGES.map((language) => {
    const texts = {
      usesTimeZone: usesTimeZone(language),
      render: (_: unknown, timeZone: string | null) => render(language, timeZone),
    };
    return [language, texts] as const;
  });
  const localizer = createLocalizer(new Map(all), createLocaleChoice(['en', 'vi', 'fr']))!;
  return { localizer, inDefault: render('en', 'UTC') };
}

export function entry(userId: bigint, parts: Partial<DirectoryEntry>): DirectoryEntry {
  return {
    tenantId: 1n,
    userId,
    timestamp: 1n,
    eventId: 'u',
    deleted: false,
    email: `${userId}@example.com`,
    fullName: null,
    locale: null,
    timeZone: null,
    deviceTokens: ['phone'],
    mutedChannels: [],
    ...parts,
  };
}

export interface Given {
  readonly rendered: string[];
  readonly users: (userId: bigint) => DirectoryEntry | undefined;
  readonly usesTimeZone?: (language: Language) => boolean;
  readonly recipients: readonly bigint[];
  readonly channels?: readonly string[];
  readonly event?: Partial<MappedEvent>;
  readonly notification?: Partial<Notification>;
  readonly isSettled?: boolean;
}

/** What the event's parts are, one after another; undefined where it waits for the directory. */
export function route({ rendered, users, usesTimeZone = () => false, recipients, channels, ...rest }: Given) {
  const { localizer, inDefault } = languages(rendered, usesTimeZone);
  const notification = {
    ...inDefault,
    localize: localizer({}, inDefault),
    type: 'INFO',
    category: 'TASK',
    priority: 'NORMAL',
    sourceService: 'ptm_task',
    actionUrl: null,
    actionType: null,
    entityType: null,
    entityId: null,
    expiresAt: null,
    metadata: {},
    channels: new ChannelSet(channels ?? ['IN_APP', 'EMAIL', 'PUSH']),
    templateCode: null,
    templateVars: {},
    ...rest.notification,
  };
  const event: MappedEvent = {
    topic: 'TASK_EVENT_TOPIC',
    eventId: 'e-1',
    timestamp: 1n,
    tenantId: 1n,
    recipients,
    notification,
    directory: null,
    contact: null,
    corrections: [],
    ...rest.event,
  };
  const context = {
    now: 10,
    notify: true,
    record: { timestamp: 10 },
    stores: { 'user-directory': { get: (_: bigint, userId: bigint) => users(userId) } },
    isSettled: () => rest.isSettled ?? true,
  } as unknown as ProcessorContext;
  const parts: RoutedEvent[] = [];
  let outcome = createRoute()({ event, seed: 1n } as never, context);
  while (outcome.kind === 'forward') {
    parts.push(outcome.value);
    if (outcome.rest === undefined) break;
    outcome = outcome.rest();
  }
  const emitted = <Event>(sink: Sink<RoutedEvent, Event>): Event[] => {
    const events: Event[] = [];
    for (const part of parts) sink(part, { emit: (_, one) => events.push(one) }, context);
    return events;
  };
  return { kind: outcome.kind, parts, emitted };
}
