/** The fields of an event that the message of its dead letter is about. */
import type { SourceRules } from '../../../processors/rules/rule-set.js';
import type { EventRecord } from '../../../schemas/codecs.js';
import type { DeadLetter } from './dead-letter.js';

/** Messages that are about a field: the others may hold a field's name by chance. */
const OF_FIELDS: readonly string[] = ['invalid-event', 'undecodable', 'unknown-type'];
/** The field of a request's recipients, and of more than one. */
const REQUESTED = ['userId', 'userIds'];

/** Paths such as `customer.name`; none where the message names no field. */
export function faultyFields(
  { reason, message }: Pick<DeadLetter, 'reason' | 'message'>,
  event: EventRecord,
  source: SourceRules | undefined,
): string[] {
  if (!OF_FIELDS.includes(reason)) return [];
  if (reason === 'unknown-type') return [source?.fields.eventType ?? 'eventType'].filter((name) => name in event);
  // What stands behind it is expected, not found.
  const [found = ''] = message.replace(/^the body does not fit schema id \d+: /, '').split('; expected');
  if (/\brecipient\b/.test(found)) return recipientsOf(source, event).filter((path) => hasField(event, path));
  const named = Object.keys(event).filter((name) => hasWord(found, name));
  return named.length === 0 && /\ban id is no valid UTF-8\b/.test(found) ? idsOf(source) : named;
}

/** The fields with the ids of who is told, by the rules of the source and of the event's type. */
export function recipientsOf(source: SourceRules | undefined, event?: EventRecord): string[] {
  if (source === undefined) return [];
  if (source.handler === 'requests') return REQUESTED;
  const type = event?.[source.fields.eventType];
  const rules = typeof type === 'string' ? source.events.get(type) : undefined;
  const all = rules === undefined ? [...source.events.values()] : [rules];
  return [...new Set(all.flatMap(({ recipient = [] }) => recipient))];
}

function idsOf(source: SourceRules | undefined): string[] {
  const eventId = source?.fields.eventId;
  return [typeof eventId === 'string' ? eventId : (source?.idField ?? 'eventId')];
}

function hasField(event: EventRecord, path: string): boolean {
  return path.split('.')[0]! in event;
}

function hasWord(text: string, word: string): boolean {
  return text.split(/[^\w]+/).includes(word);
}
