import { describe, expect, it } from 'vitest';
import type { MappedEvent } from '../../../processors/mapped-event.js';
import { createLocalizer } from '../../../processors/rules/localize.js';
import { emitEmail } from '../../../processors/sinks/email.js';
import { emitInApp } from '../../../processors/sinks/in-app.js';
import { emitPush } from '../../../processors/sinks/push.js';
import type { EmailRequestEvent } from '../../../schemas/types.js';

import { entry, route } from './routed.js';

describe('the texts of a recipient', () => {
  it('are in the language that stands in the directory, on all channels', () => {
    const locales: Readonly<Record<string, string | null>> = { 7: 'vi-VN', 8: 'fr_FR', 9: 'ja', 10: null };
    const users = (userId: bigint) => entry(userId, { locale: locales[String(userId)] ?? null });
    const { emitted } = route({ rendered: [], users, recipients: [7n, 8n, 9n, 10n] });
    const messages = ['Xin chào', 'Bienvenue', 'Welcome', 'Welcome'];
    expect(emitted(emitInApp).map(({ title }) => title)).toEqual(['vi!', 'fr!', 'en!', 'en!']);
    expect(emitted(emitInApp).map(({ message }) => message)).toEqual(messages);
    expect(emitted(emitPush).map(({ title }) => title)).toEqual(['vi!', 'fr!', 'en!', 'en!']);
    expect(emitted(emitPush).map(({ body }) => body)).toEqual(messages);
    const mail = ({ subject, body, bodyHtml }: EmailRequestEvent) => [subject, body, bodyHtml];
    expect(emitted(emitEmail).map(mail)).toEqual(messages.map((text) => [text, text, `<b>${text}</b>`]));
  });

  it('are the default ones for somebody unknown or deleted, and in-app does not wait to know', () => {
    const users = (userId: bigint) => (userId === 7n ? undefined : entry(userId, { locale: 'vi', deleted: true }));
    const given = { rendered: [], users, recipients: [7n, 8n], isSettled: false };
    const { kind, emitted } = route({ ...given, channels: ['IN_APP'] });
    expect(kind).toBe('forward');
    expect(emitted(emitInApp).map(({ message }) => message)).toEqual(['Welcome', 'Welcome']);
    expect(route({ ...given, channels: ['IN_APP', 'EMAIL'] }).kind).toBe('unsettled');
  });

  it('are in the language that the event itself brings, whole or in part', () => {
    const users = (userId: bigint) => entry(userId, { locale: 'fr' });
    const messageWith = (event: Partial<MappedEvent>) =>
      route({ rendered: [], users, recipients: [7n], event }).emitted(emitInApp)[0]?.message;
    const contact = entry(7n, { locale: 'vi' });
    expect(messageWith({ directory: contact })).toBe('Xin chào');
    expect(messageWith({ contact })).toBe('Xin chào');
    expect(messageWith({ contact: { ...contact, locale: ' ' } })).toBe('Bienvenue');
    expect(messageWith({ directory: { ...contact, locale: null } })).toBe('Welcome');
  });

  it('change nothing about channels, mutes and expiry', () => {
    const users = (userId: bigint) => entry(userId, { locale: 'vi', email: null, mutedChannels: ['PUSH'] });
    const localized = route({ rendered: [], users, recipients: [7n] });
    const plain = route({ rendered: [], users, recipients: [7n], notification: { localize: null } });
    const deliveries = ({ parts }: typeof plain) => parts.map(({ recipients }) => recipients[0]?.fare);
    expect(deliveries(localized)).toEqual(deliveries(plain));
    expect(localized.emitted(emitEmail)).toEqual([]);
    expect(localized.emitted(emitPush)).toEqual([]);
    expect(plain.emitted(emitInApp)[0]?.message).toBe('Welcome');
    const rendered: string[] = [];
    const late = route({ rendered, users, recipients: [7n], notification: { expiresAt: 9n } });
    expect(late.emitted(emitInApp)).toEqual([]);
    expect(rendered).toEqual(['en']);
  });

  it('are rendered once a language for 100,000 recipients', () => {
    const rendered: string[] = [];
    const recipients = Array.from({ length: 100_000 }, (_, index) => BigInt(index + 1));
    const locales = ['en-US', 'vi', 'vi-VN', 'fr', 'fr-CA', 'ja', null];
    const users = (userId: bigint) => entry(userId, { locale: locales[Number(userId) % locales.length]! });
    const { emitted } = route({ rendered, users, recipients, channels: ['IN_APP'] });
    expect(emitted(emitInApp)).toHaveLength(100_000);
    expect(rendered).toEqual(['en', 'vi', 'fr']);
  });

  it('are rendered once a time zone too, only in languages whose texts tell times', () => {
    const rendered: string[] = [];
    const zones = ['Asia/Tokyo', 'asia/tokyo', null, 'Mars/Olympus', 'UTC'];
    const users = (userId: bigint) =>
      entry(userId, { locale: userId > 5n ? 'fr' : 'vi', timeZone: zones[Number(userId) % zones.length]! });
    const recipients = Array.from({ length: 10 }, (_, index) => BigInt(index + 1));
    const { emitted } = route({ rendered, users, recipients, usesTimeZone: (language) => language === 'vi' });
    expect(rendered).toEqual(['en', 'vi Asia/Tokyo', 'vi UTC', 'fr']);
    emitted(emitEmail);
    expect(rendered.slice(4)).toEqual([
      'HTML of Xin chào in Asia/Tokyo',
      'HTML of Xin chào in UTC',
      'HTML of Bienvenue',
    ]);
  });
});

describe('a localizer', () => {
  const texts = { title: '', message: '', subject: '', emailHtml: null };
  const one = (usesTimeZone: boolean) =>
    createLocalizer(new Map([['en', { usesTimeZone, render: () => texts }]]), () => 'en');

  it('is none where everybody reads the same', () => {
    expect(one(false)).toBeNull();
    expect(one(true)).not.toBeNull();
  });
});
