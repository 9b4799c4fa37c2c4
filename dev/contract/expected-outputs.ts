/**
 * What the contract says becomes of an event, as a model of its own: nothing of `processors/` is used here, so that
 * what comes out can be held against it. The Java one is bench/java/Verify.java.
 */
import type { ContractEvent } from '../../schemas/codecs.js';
import type { ChannelDelivery, NotificationRequestEvent, UserEvent } from '../../schemas/types.js';
import { deliveredIdentity, emailIdentity, inAppIdentity, pushIdentity } from './identities.js';
import { NOTICES, SILENT, type Notice } from './notices.js';

/** What an event makes, and the topic that it is on. */
export const EVENT_OUTPUTS = [
  ['in-app', 'NOTIFICATION_INAPP_TOPIC'],
  ['e-mail', 'EMAIL_REQUEST_TOPIC'],
  ['push', 'PUSH_REQUEST_TOPIC'],
  ['delivered', 'NOTIFICATION_DELIVERED_TOPIC'],
] as const;

export type Output = (typeof EVENT_OUTPUTS)[number][0] | 'dead letter';
/** The outputs that are counted, by what they are called in the demo. */
export const OUTPUTS: readonly Output[] = [...EVENT_OUTPUTS.map(([output]) => output), 'dead letter'];

/** One record that must come out, once. */
export interface ExpectedOutput {
  readonly output: Output;
  /** See identities.ts. */
  readonly identity: string;
}

/** How many of each output there are. */
export type OutputCounts = Record<Output, number>;

/** How somebody can be reached, as far as the directory knows when an event of theirs is processed. */
export type Contact = Pick<UserEvent, 'email' | 'deviceTokens' | 'mutedChannels'>;

/** What is known when an event is processed. By default nobody is, and nothing has expired. */
export interface Known {
  /** Undefined for somebody who is not known, or deleted. */
  readonly contactOf?: (user: { readonly tenantId: bigint; readonly userId: bigint }) => Contact | undefined;
  /** ms since the epoch. */
  readonly now?: number;
}

const NOBODY: Contact = { email: null, deviceTokens: [], mutedChannels: [] };

/** What an event tells its recipients. */
interface Notification {
  readonly title: string;
  readonly message: string;
  readonly subject: string;
  readonly priority: string;
  readonly channels: readonly string[];
  readonly isExpired: boolean;
  readonly recipients: readonly bigint[];
}

/**
 * Every output of a valid event that was not seen before: for each recipient and channel, and the one that says how each
 * channel fared. Empty for a change that nobody hears of; undefined for an event type that the contract does not know.
 */
export function expectedOutputs(source: ContractEvent, known: Known = {}): ExpectedOutput[] | undefined {
  if (source.topic === 'USER_EVENT_TOPIC' && SILENT.includes(source.event.eventType)) return [];
  const notification = notificationOf(source, known.now ?? 0);
  return notification?.recipients.flatMap((userId) =>
    outputsFor(source, notification, userId, contactOf(source, userId, known)),
  );
}

export function noOutputs(): OutputCounts {
  return { 'in-app': 0, 'e-mail': 0, push: 0, delivered: 0, 'dead letter': 0 };
}

/** As `expectedOutputs`, counted. */
export function expectedCounts(source: ContractEvent, known: Known = {}): OutputCounts {
  const counts = noOutputs();
  for (const { output } of expectedOutputs(source, known) ?? []) counts[output] += 1;
  return counts;
}

function notificationOf({ topic, event }: ContractEvent, now: number): Notification | undefined {
  switch (topic) {
    case 'NOTIFICATION_REQUEST_TOPIC':
      return asRequested(event, now);
    case 'TASK_EVENT_TOPIC':
      return noticed(NOTICES[topic][event.eventType], event, event.assignedTo, priorityOf(event.priority));
    case 'CRM_EVENT_TOPIC':
      return noticed(NOTICES[topic][event.eventType], event, event.assignedTo, 'NORMAL');
    case 'SALES_EVENT_TOPIC':
      return noticed(NOTICES[topic][event.eventType], event, event.assignedTo, 'NORMAL');
    case 'USER_EVENT_TOPIC': {
      const priority = event.eventType === 'PASSWORD_CHANGED' ? 'HIGH' : 'NORMAL';
      return noticed(NOTICES[topic][event.eventType], event, event.userId, priority);
    }
  }
}

function noticed<Event>(
  notice: Notice<Event> | undefined,
  event: Event,
  userId: bigint,
  priority: string,
): Notification | undefined {
  if (notice === undefined) return undefined;
  const message = notice.message(event);
  return { ...notice, message, subject: message, priority, isExpired: false, recipients: [userId] };
}

/** A request is taken as it is, whatever its type says. */
function asRequested(event: NotificationRequestEvent, now: number): Notification {
  const { title, message, expiresAt } = event;
  return {
    title,
    message,
    subject: title.trim() === '' ? message.split('\n')[0]! : title,
    priority: priorityOf(event.priority),
    channels: event.channels.length === 0 ? ['IN_APP'] : event.channels,
    isExpired: expiresAt !== null && expiresAt > 0n && expiresAt <= now,
    recipients: [...new Set([event.userId, ...event.userIds])].filter((userId) => userId !== 0n),
  };
}

function priorityOf(given: string): string {
  const priority = given.toUpperCase();
  return ['LOW', 'HIGH'].includes(priority) ? priority : 'NORMAL';
}

/** An account event brings the state that its notification uses; PASSWORD_CHANGED need not bring all of it. */
function contactOf({ topic, event }: ContractEvent, userId: bigint, known: Known): Contact {
  const contact = known.contactOf?.({ tenantId: event.tenantId, userId }) ?? NOBODY;
  if (topic !== 'USER_EVENT_TOPIC') return contact;
  return event.eventType === 'PASSWORD_CHANGED' ? { ...event, email: event.email ?? contact.email } : event;
}

function outputsFor(
  { event }: ContractEvent,
  notification: Notification,
  userId: bigint,
  contact: Contact,
): ExpectedOutput[] {
  const { title, message, subject } = notification;
  const { eventId, tenantId } = event;
  const outputs: ExpectedOutput[] = [];
  const deliveries: ChannelDelivery[] = [];
  for (const channel of new Set(notification.channels)) {
    const reason = notification.isExpired ? null : skipped(channel, notification.priority, contact);
    const status = notification.isExpired ? 'EXPIRED' : reason === null ? 'DISPATCHED' : 'SKIPPED';
    deliveries.push({ channel, status, reason });
    if (status !== 'DISPATCHED') continue;
    const who = { eventId, tenantId, userId };
    if (channel === 'IN_APP') outputs.push({ output: 'in-app', identity: inAppIdentity({ ...who, title, message }) });
    if (channel === 'PUSH') outputs.push({ output: 'push', identity: pushIdentity({ ...who, title }) });
    if (channel === 'EMAIL') {
      outputs.push({ output: 'e-mail', identity: emailIdentity({ eventId, tenantId, to: [contact.email!], subject }) });
    }
  }
  outputs.push({ output: 'delivered', identity: deliveredIdentity({ eventId, tenantId, userId, deliveries }) });
  return outputs;
}

/** Why nothing goes out on this channel; null when something does. */
function skipped(channel: string, priority: string, contact: Contact): string | null {
  if (!['IN_APP', 'EMAIL', 'PUSH'].includes(channel)) return 'UNKNOWN_CHANNEL';
  if (priority !== 'HIGH' && contact.mutedChannels.includes(channel)) return 'MUTED';
  if (channel === 'EMAIL' && contact.email === null) return 'NO_ADDRESS';
  if (channel === 'PUSH' && contact.deviceTokens.length === 0) return 'NO_DEVICE';
  return null;
}
