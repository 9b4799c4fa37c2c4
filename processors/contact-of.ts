/** Where a recipient can be reached, on which channels not, and what the recipient reads. */
import type { DirectoryEntry } from '../state/directory/directory-entry.js';
import type { DirectoryView } from './context.js';
import { isBlank } from './blank.js';
import { isEmailAddress } from './email-address.js';
import type { Contact, MappedEvent } from './mapped-event.js';

const MAX_DEVICES = 100;
/** The most that a token may have, in UTF-8. */
const DEVICE_BYTES = 4096;
/** UTF-8 takes at most 3 bytes for a UTF-16 unit. */
const SURELY_SHORT = Math.floor(DEVICE_BYTES / 3);

const NOBODY: Contact = { email: null, deviceTokens: [], mutedChannels: [], locale: null, timeZone: null };

/** The state that the event itself brings, else the directory's; a deleted user has none of it. */
export function contactOf(event: MappedEvent, userId: bigint, directory: DirectoryView): Contact {
  if (event.directory !== null) return live(event.directory);
  const known = live(directory.get(event.tenantId, userId));
  return event.contact === null ? known : overlay(event.contact, known);
}

/** Whether neither the event nor the directory knows the user. */
export function isUnknown(event: MappedEvent, userId: bigint, directory: DirectoryView): boolean {
  return event.directory === null && directory.get(event.tenantId, userId) === undefined;
}

/** The address that an e-mail can be sent to; null when there is none. */
export function addressOf({ email }: Contact): string | null {
  return email !== null && isEmailAddress(email) ? email : null;
}

/** The devices that a push can be sent to, the first 100 of them; null when there is none. */
export function devicesOf({ deviceTokens }: Contact): readonly string[] | null {
  if (deviceTokens.length === 0) return null;
  if (deviceTokens.length <= MAX_DEVICES && deviceTokens.every(isDevice)) return deviceTokens;
  const tokens = deviceTokens.filter(isDevice).slice(0, MAX_DEVICES);
  return tokens.length === 0 ? null : tokens;
}

function isDevice(token: string): boolean {
  return !isBlank(token) && (token.length <= SURELY_SHORT || Buffer.byteLength(token) <= DEVICE_BYTES);
}

function live(entry: DirectoryEntry | undefined): Contact {
  return entry === undefined || entry.deleted ? NOBODY : entry;
}

function overlay(brought: Contact, known: Contact): Contact {
  return {
    email: addressOf(brought) ?? known.email,
    deviceTokens: brought.deviceTokens.length > 0 ? brought.deviceTokens : known.deviceTokens,
    mutedChannels: brought.mutedChannels.length > 0 ? brought.mutedChannels : known.mutedChannels,
    locale: given(brought.locale) ?? known.locale,
    timeZone: given(brought.timeZone) ?? known.timeZone,
  };
}

function given(text: string | null): string | null {
  return text === null || isBlank(text) ? null : text;
}
