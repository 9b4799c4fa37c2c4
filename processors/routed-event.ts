/** What the sinks are given: an event, and what becomes of it for each recipient. */
import type { Digest } from '../state/dedup/digest-bytes.js';
import type { Fare } from './channel-set.js';
import type { DeliveryTally } from './delivery-tally.js';
import type { DirectoryEntry } from '../state/directory/directory-entry.js';
import type { MappedEvent, Notification, Texts } from './mapped-event.js';

/** An event that has not been seen before. */
export interface IdentifiedEvent {
  readonly event: MappedEvent;
  readonly digest: Digest;
  /** The part of a notificationId that all recipients share. */
  readonly seed: bigint;
}

/** One event for one recipient. */
export interface RoutedNotification {
  readonly notificationId: bigint;
  readonly userId: bigint;
  /** In the language of the recipient. */
  readonly texts: Texts;
  readonly inApp: boolean;
  /** The address to send to; null when no e-mail goes out. */
  readonly email: string | null;
  /** The devices to push to; null when no push goes out. */
  readonly deviceTokens: readonly string[] | null;
  readonly fare: Fare;
}

export interface RoutedEvent {
  readonly event: MappedEvent;
  readonly digest: Digest;
  /** Null when the event makes no notification; `recipients` is empty then. */
  readonly notification: Notification | null;
  /** All of them, or a part: the sinks are given one after another. */
  readonly recipients: readonly RoutedNotification[];
  /** The user state to be written; null when none, when the directory holds a newer one, and in every part but the first. */
  readonly directory: DirectoryEntry | null;
  /** How the recipients of all later parts fare, counted as these are made. Null when there is one part, and in later ones. */
  readonly later: DeliveryTally | null;
}
