/** account: a user was created, changed or deleted, or changed the password. Feeds the user directory. */
import type { UserEvent } from '../../schemas/types.js';
import { CLOCK_SLACK_MS, type DirectoryEntry } from '../../state/directory/directory-entry.js';
import type { ProcessorContext } from '../context.js';
import { NO_CORRECTIONS, type Correction } from '../../common/correction.js';
import { isBlank } from '../blank.js';
import { ChannelSet } from '../channel-set.js';
import type { MappedEvent, Notification } from '../mapped-event.js';
import { NO_VALUES, notify, type Mapper, type Mapping } from './mapping.js';

const SOURCE = { sourceService: 'account', category: 'ACCOUNT' };

const USER_CREATED: Mapping<UserEvent> = {
  title: 'Welcome',
  message: ({ fullName }) => (fullName === null || isBlank(fullName) ? 'Welcome!' : `Welcome, ${fullName}!`),
  channels: new ChannelSet(['IN_APP', 'EMAIL']),
  type: 'INFO',
};

const PASSWORD_CHANGED: Mapping<UserEvent> = {
  title: 'Password changed',
  message: () => 'Your password was changed',
  channels: new ChannelSet(['IN_APP', 'EMAIL']),
  type: 'WARNING',
};

const CORRECTED: readonly Correction[] = [{ kind: 'account-timestamp' }];

export const mapAccount: Mapper<UserEvent> = (event, context) => {
  const recorded = recordTime(context);
  // A producer that writes microseconds would else win for ever.
  if (event.timestamp <= BigInt(recorded + CLOCK_SLACK_MS)) return mapEvent(event);
  const mapped = mapEvent({ ...event, timestamp: BigInt(recorded) });
  return mapped && { ...mapped, corrections: CORRECTED };
};

/** The record's own timestamp; the clock where the producer set none. */
function recordTime({ record, now }: ProcessorContext): number {
  return record.timestamp < 0 ? now : record.timestamp;
}

function mapEvent(event: UserEvent): MappedEvent | undefined {
  switch (event.eventType) {
    case 'USER_CREATED':
      return mapped(event, tell(USER_CREATED, event, 'NORMAL'), stateOf(event));
    case 'USER_UPDATED':
      return mapped(event, null, stateOf(event));
    case 'USER_DELETED':
      return mapped(event, null, markerOf(event));
    case 'PASSWORD_CHANGED':
      // It does not carry the user's whole state, so it never touches the directory.
      return { ...mapped(event, tell(PASSWORD_CHANGED, event, 'HIGH'), null), contact: event };
    default:
      return undefined;
  }
}

function tell(mapping: Mapping<UserEvent>, event: UserEvent, priority: string): Notification {
  return notify(mapping, event, SOURCE, {
    priority,
    entityType: 'user',
    entityId: event.userId,
    metadata: NO_VALUES,
  });
}

function mapped(event: UserEvent, notification: Notification | null, directory: DirectoryEntry | null): MappedEvent {
  return {
    topic: 'USER_EVENT_TOPIC',
    eventId: event.eventId,
    timestamp: event.timestamp,
    tenantId: event.tenantId,
    recipients: [event.userId],
    notification,
    directory,
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
