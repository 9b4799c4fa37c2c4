/** Decides for each recipient and channel: handed on, skipped and why, or expired; and in which language. */
import type { Processor } from './processor.js';
import { replaces, type DirectoryEntry } from '../state/directory/directory-entry.js';
import type { ProcessorContext } from './context.js';
import { forward, UNSETTLED, type Forward, type Unsettled } from './outcome.js';
import type { Fare } from './channel-set.js';
import { addressOf, contactOf, devicesOf, isUnknown } from './contact-of.js';
import { DeliveryTally } from './delivery-tally.js';
import { notificationId } from './identity.js';
import type { MappedEvent, Notification, Texts } from './mapped-event.js';
import type { IdentifiedEvent, RoutedEvent, RoutedNotification } from './routed-event.js';

const NOTHING: readonly string[] = [];

/** An event may name hundreds of thousands of recipients: so many at a time take some 5 ms, their outputs included. */
const RECIPIENTS_A_PART = 2000;

export function createRoute(): Processor<IdentifiedEvent, RoutedEvent> {
  return (identified, context) => routeFrom(0, identified, context, null);
}

/** Routes the recipients from this one on, or the first of them. `counted`: how those of later parts fare, null for the first. */
function routeFrom(
  first: number,
  identified: IdentifiedEvent,
  context: ProcessorContext,
  counted: DeliveryTally | null,
): Forward<RoutedEvent> | Unsettled {
  const { event, digest } = identified;
  const notification = context.notify ? event.notification : null;
  const next = first + RECIPIENTS_A_PART;
  const isLast = notification === null || next >= event.recipients.length;
  const recipients = first === 0 && isLast ? event.recipients : event.recipients.slice(first, next);
  const notifications = notification === null ? [] : routeAll(recipients, identified, notification, context);
  if (notifications === undefined) return UNSETTLED;
  counted?.addEach(notifications);
  const later = counted ?? (isLast ? null : new DeliveryTally());
  const routed = {
    event,
    digest,
    notification,
    recipients: notifications,
    directory: first === 0 ? newEntry(event, context) : null,
    later: first === 0 ? later : null,
  };
  return isLast ? forward(routed) : forward(routed, () => routeFrom(next, identified, context, later));
}

function newEntry({ directory }: MappedEvent, { stores, record, now }: ProcessorContext): DirectoryEntry | null {
  if (directory === null) return null;
  const current = stores['user-directory'].get(directory.tenantId, directory.userId);
  // The record is a witness too: a worker whose clock is behind must not take good entries for those of the future.
  return current === undefined || replaces(directory, current, Math.max(now, record.timestamp)) ? directory : null;
}

/** Undefined when somebody is unknown who may become known. */
function routeAll(
  recipients: readonly bigint[],
  identified: IdentifiedEvent,
  notification: Notification,
  context: ProcessorContext,
): RoutedNotification[] | undefined {
  const { expiresAt, channels } = notification;
  if (expiresAt !== null && context.now > expiresAt) {
    const fare = channels.expired;
    return recipients.map((userId) => unsent(notificationId(identified.seed, userId), userId, notification, fare));
  }
  const routed: RoutedNotification[] = [];
  for (const userId of recipients) {
    const one = routeOne(identified, notification, userId, context);
    if (one === undefined) return undefined;
    routed.push(one);
  }
  return routed;
}

function unsent(id: bigint, userId: bigint, texts: Texts, fare: Fare): RoutedNotification {
  return { notificationId: id, userId, texts, inApp: false, email: null, deviceTokens: null, fare };
}

function routeOne(
  { event, seed }: IdentifiedEvent,
  notification: Notification,
  userId: bigint,
  context: ProcessorContext,
): RoutedNotification | undefined {
  const { priority, channels, localize } = notification;
  const users = context.stores['user-directory'];
  const contact = contactOf(event, userId, users);
  const muted = priority === 'HIGH' ? NOTHING : contact.mutedChannels;
  // Nobody asks how a channel would fare that the event does not name.
  const email = channels.email ? addressOf(contact) : null;
  const deviceTokens = channels.push ? devicesOf(contact) : null;
  const isUnreached = (channels.email && email === null) || (channels.push && deviceTokens === null);
  if (isUnreached && !context.isSettled() && isUnknown(event, userId, users)) return undefined;
  const inApp = muted.includes('IN_APP') ? 'MUTED' : 'DISPATCHED';
  const byEmail = muted.includes('EMAIL') ? 'MUTED' : email === null ? 'NO_ADDRESS' : 'DISPATCHED';
  const byPush = muted.includes('PUSH') ? 'MUTED' : deviceTokens === null ? 'NO_DEVICE' : 'DISPATCHED';
  return {
    notificationId: notificationId(seed, userId),
    userId,
    texts: localize === null ? notification : localize(contact.locale, contact.timeZone),
    inApp: inApp === 'DISPATCHED' && channels.inApp,
    email: byEmail === 'DISPATCHED' ? email : null,
    deviceTokens: byPush === 'DISPATCHED' ? deviceTokens : null,
    fare: channels.fare(inApp, byEmail, byPush),
  };
}
