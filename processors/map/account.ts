/** Account events: what the rules tell the user, and what the user directory takes from them. */
import { NO_CORRECTIONS, type Correction } from '../../common/correction.js';
import type { EventRecord } from '../../schemas/codecs.js';
import type { UserEvent } from '../../schemas/types.js';
import { CLOCK_SLACK_MS, type DirectoryEntry } from '../../state/directory/directory-entry.js';
import type { MappedEvent } from '../mapped-event.js';
import { recordTime } from '../rules/compile-rules.js';
import { createRuleMapper, type Mapper, type MapperSettings } from '../rules/mapper.js';
import type { SourceRules } from '../rules/rule-set.js';

const CORRECTED: readonly Correction[] = [{ kind: 'account-timestamp' }];

/** The source's record is UserEvent: the rules are checked for it. */
export function createAccountMapper(source: SourceRules, settings: MapperSettings): Mapper {
  const tell = createRuleMapper(source, settings);
  const map: Mapper['map'] = (record, context) => {
    const given = record as unknown as UserEvent;
    const recorded = recordTime(context);
    // A producer that writes microseconds would else win for ever.
    const isAhead = given.timestamp > BigInt(recorded + CLOCK_SLACK_MS);
    const event = isAhead ? { ...given, timestamp: BigInt(recorded) } : given;
    const effect = effectOf(event);
    const mapped = tell.map(event as unknown as EventRecord, context);
    if (effect === undefined && mapped === undefined) return undefined;
    return {
      ...(mapped ?? silent(source.topic, event)),
      ...effect,
      ...(isAhead && { corrections: [...(mapped?.corrections ?? NO_CORRECTIONS), ...CORRECTED] }),
    };
  };
  return { map, typeOf: tell.typeOf };
}

/** What an event changes in the directory, or says of its user; undefined for a type that code does not know. */
function effectOf(event: UserEvent): Pick<MappedEvent, 'directory' | 'contact'> | undefined {
  switch (event.eventType) {
    case 'USER_CREATED':
    case 'USER_UPDATED':
      return { directory: stateOf(event), contact: null };
    case 'USER_DELETED':
      return { directory: markerOf(event), contact: null };
    case 'PASSWORD_CHANGED':
      // It does not carry the user's whole state, so it never touches the directory.
      return { directory: null, contact: event };
    default:
      return undefined;
  }
}

/** An event that the rules tell nobody of. */
function silent(topic: string, { eventId, timestamp, tenantId, userId }: UserEvent): MappedEvent {
  return {
    topic,
    eventId,
    timestamp,
    tenantId,
    recipients: [userId],
    notification: null,
    directory: null,
    contact: null,
    corrections: NO_CORRECTIONS,
  };
}
function stateOf(event: UserEvent): DirectoryEntry {
  const { tenantId, userId, timestamp, eventId, email, fullName, locale, timeZone, deviceTokens, mutedChannels } =
    event;
  return {
    tenantId,
    userId,
    timestamp,
    eventId,
    deleted: false,
    email,
    fullName,
    locale,
    timeZone,
    deviceTokens,
    mutedChannels,
  };
}

/** What is left of a deleted user: that, and when. */
function markerOf({ tenantId, userId, timestamp, eventId }: UserEvent): DirectoryEntry {
  return {
    tenantId,
    userId,
    timestamp,
    eventId,
    deleted: true,
    email: null,
    fullName: null,
    locale: null,
    timeZone: null,
    deviceTokens: [],
    mutedChannels: [],
  };
}
