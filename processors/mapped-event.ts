/** What a mapper makes of an ERP event: what its recipients are told, in the languages that they read. */
import type { DirectoryEntry } from '../state/directory/directory-entry.js';
import type { Correction } from '../common/correction.js';
import type { ChannelSet } from './channel-set.js';

/** What a recipient reads. */
export interface Texts {
  readonly title: string;
  readonly message: string;
  /** The e-mail's subject, not yet on one line; the message's first line where it is blank. */
  readonly subject: string;
  /** Makes the e-mail's HTML with the action URL, where somebody gets an e-mail; null for the standard one. */
  readonly emailHtml: ((actionUrl: string | null) => string) | null;
}

/** The texts of a reader by locale and time zone, as they stand in the directory; the same object for the same texts. */
export type Localize = (locale: string | null, timeZone: string | null) => Texts;

/**
 * What every recipient of the event is told, with the texts of the default language. Field by field as in
 * InAppNotification, unless said otherwise.
 */
export interface Notification extends Texts {
  readonly type: string;
  readonly category: string;
  readonly priority: string;
  readonly sourceService: string;
  /** One that may go out: see action-url.ts. */
  readonly actionUrl: string | null;
  readonly actionType: string | null;
  readonly entityType: string | null;
  readonly entityId: bigint | null;
  readonly expiresAt: bigint | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly channels: ChannelSet;
  /** Null where all recipients read the same texts: these. */
  readonly localize: Localize | null;
  /** A template that mailservice may know and we do not. */
  readonly templateCode: string | null;
  readonly templateVars: Readonly<Record<string, string>>;
}

/** How a user can be reached, and what the user reads. */
export type Contact = Pick<DirectoryEntry, 'email' | 'deviceTokens' | 'mutedChannels' | 'locale' | 'timeZone'>;

export interface MappedEvent {
  /** Logical name. */
  readonly topic: string;
  readonly eventId: string;
  /** When the event happened, ms since the epoch. */
  readonly timestamp: bigint;
  readonly tenantId: bigint;
  /** At least one, each once. */
  readonly recipients: readonly bigint[];
  /** Null for an event that only changes the user directory. */
  readonly notification: Notification | null;
  /** The whole state of a user, to be written to the directory if it is newer than what stands there. */
  readonly directory: DirectoryEntry | null;
  /** A part of the recipient's state; what it leaves out is in the directory. */
  readonly contact: Contact | null;
  /** What the mapper left out or set right. */
  readonly corrections: readonly Correction[];
}
