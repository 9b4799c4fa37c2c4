/** What the mappers share: their type, and the rows of the mapping table. */
import type { ProcessorContext } from '../context.js';
import type { ChannelSet } from '../channel-set.js';
import type { MappedEvent, Notification } from '../mapped-event.js';

/** Undefined for an event type that the mapper does not know. */
export type Mapper<Event> = (event: Event, context: ProcessorContext) => MappedEvent | undefined;

/** A row of the mapping table: what one event type tells its recipient. */
export interface Mapping<Event> {
  readonly title: string;
  readonly message: (event: Event) => string;
  readonly channels: ChannelSet;
  readonly type: 'INFO' | 'SUCCESS' | 'WARNING';
}

/** What all mapped events of a source share. */
export interface MappingSource {
  readonly sourceService: string;
  readonly category: string;
}

export const NO_VALUES: Readonly<Record<string, string>> = Object.freeze({});

/** What an event is about, and what it carries besides. */
export interface Subject {
  /** Empty when the event has none. */
  readonly priority: string;
  readonly entityType: string;
  readonly entityId: bigint;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The notification that a row makes of an event. The e-mail's subject is the message, as the title is a fixed text. */
export function notify<Event>(
  mapping: Mapping<Event>,
  event: Event,
  source: MappingSource,
  { priority, entityType, entityId, metadata }: Subject,
): Notification {
  const message = mapping.message(event);
  return {
    title: mapping.title,
    message,
    type: mapping.type,
    category: source.category,
    priority: priorityOf(priority),
    sourceService: source.sourceService,
    actionUrl: null,
    actionType: null,
    entityType,
    entityId,
    expiresAt: null,
    metadata,
    channels: mapping.channels,
    subject: message,
    emailHtml: null,
    templateCode: null,
    templateVars: NO_VALUES,
  };
}

/** LOW, NORMAL or HIGH, in capitals; NORMAL for anything else. */
export function priorityOf(priority: string): string {
  if (PRIORITIES.has(priority)) return priority;
  const capitals = priority.toUpperCase();
  return PRIORITIES.has(capitals) ? capitals : 'NORMAL';
}

const PRIORITIES = new Set(['LOW', 'NORMAL', 'HIGH']);
