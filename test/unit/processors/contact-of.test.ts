import { describe, expect, it } from 'vitest';
import { addressOf, contactOf, devicesOf } from '../../../processors/contact-of.js';
import type { Contact, MappedEvent } from '../../../processors/mapped-event.js';
import type { DirectoryEntry } from '../../../state/directory/directory-entry.js';
import { entry } from './routed.js';
import type { DirectoryView } from '../../../processors/context.js';

const NOBODY: Contact = { email: null, deviceTokens: [], mutedChannels: [], locale: null, timeZone: null };

const ENTRY = entry(7n, { email: 'linh@example.com', mutedChannels: ['PUSH'] });

const EVENT: MappedEvent = {
  topic: 'USER_EVENT_TOPIC',
  eventId: 'e-1',
  timestamp: 1n,
  tenantId: 1n,
  recipients: [7n],
  notification: null,
  directory: null,
  contact: null,
  corrections: [],
};

function directoryOf(entry: DirectoryEntry | undefined): DirectoryView {
  return { get: (tenantId, userId) => (tenantId === 1n && userId === 7n ? entry : undefined) };
}

describe('where a recipient can be reached', () => {
  it('stands in the directory, by tenant and user', () => {
    expect(contactOf(EVENT, 7n, directoryOf(ENTRY))).toMatchObject({ email: 'linh@example.com' });
    expect(contactOf(EVENT, 8n, directoryOf(ENTRY))).toEqual(NOBODY);
    expect(contactOf({ ...EVENT, tenantId: 2n }, 7n, directoryOf(ENTRY))).toEqual(NOBODY);
  });

  it('is nowhere once the user is deleted, whatever the marker still holds', () => {
    expect(contactOf(EVENT, 7n, directoryOf({ ...ENTRY, deleted: true }))).toEqual(NOBODY);
    expect(contactOf({ ...EVENT, directory: { ...ENTRY, deleted: true } }, 7n, directoryOf(ENTRY))).toEqual(NOBODY);
  });

  it('is what an event brings that carries the whole state', () => {
    const brought = { ...ENTRY, email: null, deviceTokens: [], mutedChannels: [] };
    expect(contactOf({ ...EVENT, directory: brought }, 7n, directoryOf(ENTRY))).toMatchObject(NOBODY);
  });

  it('is what an event brings that carries a part of it, and the directory for the rest', () => {
    const language = { locale: 'vi', timeZone: 'Asia/Tokyo' };
    const known = { email: 'linh@example.com', deviceTokens: ['phone'], mutedChannels: ['PUSH'], ...language };
    const brought = {
      email: 'new@example.com',
      deviceTokens: ['tablet'],
      mutedChannels: ['EMAIL'],
      locale: 'en',
      timeZone: 'UTC',
    };
    const merged = (contact: Contact): Contact =>
      contactOf({ ...EVENT, contact }, 7n, directoryOf({ ...ENTRY, ...language }));
    expect(merged(NOBODY)).toEqual(known);
    expect(merged(brought)).toEqual(brought);
    expect(merged({ ...brought, email: ' ' })).toEqual({ ...brought, email: known.email });
    expect(merged({ ...brought, deviceTokens: [] })).toEqual({ ...brought, deviceTokens: known.deviceTokens });
    expect(merged({ ...brought, mutedChannels: [] })).toEqual({ ...brought, mutedChannels: known.mutedChannels });
    expect(merged({ ...brought, locale: '', timeZone: ' ' })).toEqual({ ...brought, ...language });
  });
});

describe('an address', () => {
  it.each([null, '', ' ', 'a@b\nBcc: c@d', 'a@b,c@d'])('is none when it is %j', (email) => {
    expect(addressOf({ ...NOBODY, email })).toBeNull();
  });

  it('is taken as it is', () => {
    expect(addressOf({ ...NOBODY, email: 'ng.thị@example.com' })).toBe('ng.thị@example.com');
  });
});

describe('devices', () => {
  const devices = (deviceTokens: readonly string[]): readonly string[] | null => devicesOf({ ...NOBODY, deviceTokens });

  it('are those whose tokens are not blank', () => {
    expect(devices(['a', '', ' ', 'b'])).toEqual(['a', 'b']);
    expect(devices([' '])).toBeNull();
    expect(devicesOf(NOBODY)).toBeNull();
  });

  it('are the first 100 of those of up to 4 KB', () => {
    const many = Array.from({ length: 150 }, (_, i) => `device-${i}`);
    expect(devices(many)).toEqual(many.slice(0, 100));
    const [fits, tooLong] = ['é'.repeat(2048), `${'é'.repeat(2048)}x`];
    expect(devices([tooLong, fits, ...many])).toEqual([fits, ...many.slice(0, 99)]);
    expect(devices([tooLong, 'x'.repeat(900_000)])).toBeNull();
  });
});
