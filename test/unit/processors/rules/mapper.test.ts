import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../../schemas/codecs.js';
import { faultsOf } from '../../faults-of.js';

import { VI, mapped } from './leave-event.js';

describe('an event of a source that only rules know', () => {
  it('makes the notification that they say', () => {
    expect(mapped()).toMatchObject({
      ...{ topic: 'HR_EVENT_TOPIC', eventId: 'l-1', timestamp: 1_760_000_000_000n, tenantId: 3n },
      recipients: [8n, 9n, 7n],
      notification: {
        ...{ title: 'Leave approved', message: 'Lan & Co: 2 days', subject: 'Lan & Co: 2 days', type: 'INFO' },
        ...{ category: 'HR', sourceService: 'hr', priority: 'NORMAL', actionUrl: null, entityType: null },
        ...{ expiresAt: null, metadata: {}, localize: null, emailHtml: null },
      },
    });
  });

  it('shows a symbol, a decimal and bytes as texts', () => {
    const lines = { '{days, plural, one {# day} other {# days}}': '{kind} {pay} {badge}' };
    expect(mapped(lines)?.notification?.message).toBe('Lan & Co: APPROVED 1250.50 0aff');
  });

  it('is of an unknown type when they do not name it', () => {
    expect(mapped({}, { kind: 'REFUSED' })).toBeUndefined();
  });

  it('goes to nobody who is not given', () => {
    expect(mapped({}, { manager: null, approvers: [] })?.recipients).toEqual([]);
    expect(mapped({ '[approvers, manager]': 'manager' }, { manager: 0n })?.recipients).toEqual([0n]);
  });

  it('expires when they say', () => {
    const expiresAt = (expires: string, event?: EventRecord) =>
      mapped({ '[IN_APP]': `[IN_APP]\n    expires: ${expires}` }, event)?.notification?.expiresAt;
    expect(expiresAt('{ after: 36h }', { at: 0n })).toBeNull();
    expect(expiresAt('{ after: 36h }')).toBe(1_760_000_000_000n + 36n * 3_600_000n);
    expect(expiresAt('{ field: until }')).toBe(1_760_050_000_000n);
    expect(expiresAt('{ field: until }', { until: 0n })).toBeNull();
  });

  it('carries the fields that they name, where they are given', () => {
    const lines = { '[IN_APP]': '[IN_APP]\n    metadata: [notes, pay, days, link, badge]' };
    expect({ ...mapped(lines, { link: null })?.notification?.metadata }).toEqual({
      shift: 'late',
      pay: '1250.50',
      days: '2',
      badge: '0aff',
    });
  });
});

describe('an event without an id of its own', () => {
  const eventId = (rule: string, event?: EventRecord) => mapped({ 'eventId: id': `eventId: ${rule}` }, event)?.eventId;

  it('is known by its place, which a copy does not share', () => {
    expect(eventId('topic-partition-offset')).toBe('HR_EVENT_TOPIC-2@5');
  });

  it('is known by fields that say which it is, and never by where one ends and the next begins', () => {
    const rule = '{ hash: [id, currency] }';
    expect(eventId(rule)).toMatch(/^[0-9a-f]{32}$/);
    expect(eventId(rule, { days: 9 })).toBe(eventId(rule));
    expect(eventId(rule, { id: 'l-1E', currency: 'UR' })).not.toBe(eventId(rule, { id: 'l-1', currency: 'EUR' }));
  });

  it('is invalid where nothing says which it is: many such events must not pass for one', () => {
    expect(eventId('{ hash: [link, currency] }', { link: null, currency: '' })).toBe('');
    expect(eventId('tenantId', { tenantId: 0n })).toBe('');
  });

  it('or without a time has its record’s', () => {
    expect(mapped({ 'timestamp: at': 'timestamp: record-timestamp' })?.timestamp).toBe(99n);
  });
});

describe('an action URL', () => {
  const urlOf = (text: string, event?: EventRecord) =>
    mapped({ '[IN_APP]': `[IN_APP]\n    actionUrl: "${text}"` }, event);

  it('has its values escaped', () => {
    expect(urlOf('https://erp.example/leave?of={name}')?.notification?.actionUrl).toBe(
      'https://erp.example/leave?of=Lan%20%26%20Co',
    );
  });

  it('may be a field, which goes out as it is', () => {
    expect(urlOf('{link}')?.notification?.actionUrl).toBe('/leave/1');
    expect(urlOf('{link}', { link: null })).toMatchObject({ notification: { actionUrl: null }, corrections: [] });
  });

  it('is held to the rule for all of them', () => {
    expect(urlOf('{link}', { link: 'javascript:alert(1)' })).toMatchObject({
      notification: { actionUrl: null },
      corrections: [{ kind: 'action-url', fault: 'scheme' }],
    });
  });
});

describe('texts in the reader’s language', () => {
  const vi = (message: string): Record<string, string> => ({
    'texts/vi.yaml': VI.concat(`\nhr:\n  APPROVED: { title: Duyệt, message: "${message}" }\n`),
  });
  const message = '{days, plural, other {# ngày}} từ {until, date, short}, {pay}';
  const texts = (locale: string | null, timeZone: string | null) =>
    mapped(
      { 'employee.name': 'employee.name, sum: { money: pay, currency: currency }' },
      {},
      {
        locales: ['en', 'vi'],
        files: vi(message.replace('{pay}', '{sum}')),
      },
    )
      ?.notification?.localize?.(locale, timeZone)
      .message.replaceAll('\u00a0', ' ');

  it('are those of LOCALES, by fallback from a region to its language to the default', () => {
    expect(texts(null, null)).toBe('Lan & Co: 2 days');
    expect(texts('fr-FR', null)).toBe('Lan & Co: 2 days');
    expect(texts('vi-VN', null)).toBe('2 ngày từ 9/10/25, 1.250,50 €');
  });

  it('show a date as it is, wherever it is read', () => {
    const lines = { 'days, plural, one {# day} other {# days}': 'from, date, medium' };
    expect(mapped(lines)?.notification).toMatchObject({ message: 'Lan & Co: Oct 4, 2024', localize: null });
  });

  it('show times in the reader’s time zone', () => {
    expect(texts('vi', 'Asia/Ho_Chi_Minh')).toBe('2 ngày từ 10/10/25, 1.250,50 €');
    expect(texts('vi', 'nowhere')).toBe('2 ngày từ 9/10/25, 1.250,50 €');
  });

  it('are not offered in a language that the rules do not have', () => {
    expect(faultsOf(() => mapped({}, {}, { locales: ['en', 'fr'] }))).toEqual([
      expect.stringContaining('the rules have no texts in fr; expected languages of en'),
    ]);
  });
});

it('an e-mail layout has the texts of the reader, escaped', () => {
  const files = {
    'rules.yaml': 'version: 1\nlayout: layouts/own.html',
    'layouts/own.html': '<html lang="{{language}}"><p>{{message}}</p></html>',
  };
  expect(mapped({}, {}, { files })?.notification?.emailHtml?.(null)).toBe(
    '<html lang="en"><p>Lan &amp; Co: 2 days</p></html>',
  );
});
