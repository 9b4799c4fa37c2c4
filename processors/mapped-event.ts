/** What a mapper makes of an ERP event: one text for all its recipients. */
import type { DirectoryEntry } from '../state/directory/directory-entry.js';
import type { Correction } from '../common/correction.js';
import type { SourceTopic } from '../common/record.js';
import type { ChannelSet } from './channel-set.js';

/** What every recipient of the event is told. Field by field as in InAppNotification, unless said otherwise. */
export interface Notification {
  readonly title: string;
  readonly message: string;
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
  /** The e-mail's subject, not yet on one line; the message's first line where it is blank. */
  readonly subject: string;
  /** The e-mail's HTML from a template; null for the standard one. */
  readonly emailHtml: string | null;
  /** A template that mailservice may know and we do not. */
  readonly templateCode: string | null;
  readonly templateVars: Readonly<Record<string, string>>;
}

/** How a user can be reached. */
export type Contact = Pick<DirectoryEntry, 'email' | 'deviceTokens' | 'mutedChannels'>;

export interface MappedEvent {
  readonly topic: SourceTopic;
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
