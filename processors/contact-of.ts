/** Where a recipient can be reached, and on which channels not. */
import type { DirectoryEntry } from '../state/directory-entry.js';
import type { DirectoryView } from '../topology/context.js';
import { isBlank } from './blank.js';
import { hasControl } from './email-text.js';
import type { Contact, MappedEvent } from './mapped-event.js';

const NOBODY: Contact = { email: null, deviceTokens: [], mutedChannels: [] };

/** The state that the event itself brings, else the directory's; a deleted user has no address, device or mutes. */
export function contactOf(event: MappedEvent, userId: bigint, directory: DirectoryView): Contact {
  if (event.directory !== null) return live(event.directory);
  const known = live(directory.get(event.tenantId, userId));
  return event.contact === null ? known : overlay(event.contact, known);
}

/** The address that an e-mail can be sent to; null when there is none. */
export function addressOf(contact: Contact): string | null {
  const { email } = contact;
  // A control character could end the header line that mailservice puts it in.
  return email === null || isBlank(email) || hasControl(email) ? null : email;
}

/** The devices that a push can be sent to; null when there is none. */
export function devicesOf(contact: Contact): readonly string[] | null {
  const { deviceTokens } = contact;
  if (deviceTokens.length === 0) return null;
  if (!deviceTokens.some(isBlank)) return deviceTokens;
  const tokens = deviceTokens.filter((token) => !isBlank(token));
  return tokens.length === 0 ? null : tokens;
}

function live(entry: DirectoryEntry | undefined): Contact {
  return entry === undefined || entry.deleted ? NOBODY : entry;
}

function overlay(brought: Contact, known: Contact): Contact {
  return {
    email: addressOf(brought) ?? known.email,
    deviceTokens: brought.deviceTokens.length > 0 ? brought.deviceTokens : known.deviceTokens,
    mutedChannels: brought.mutedChannels.length > 0 ? brought.mutedChannels : known.mutedChannels,
  };
}
