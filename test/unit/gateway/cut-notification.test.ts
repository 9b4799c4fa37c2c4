import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText } from '../../../gateway/cut-notification.js';
import { encodeNotification, MAX_FRAME_BYTES } from '../../../gateway/protocol.js';
import type { InAppNotification } from '../../../schemas/types.js';
import { notificationOf } from './harness.js';

interface Frame {
  readonly truncated?: true;
  readonly notification: Record<string, unknown> & { metadata: Record<string, string> };
}

const frameOf = (fields: Partial<InAppNotification>): Frame => {
  const { frame } = encodeNotification(notificationOf(fields), '1.0.1.topic');
  expect(frame.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  return JSON.parse(frame.toString()) as Frame;
};

describe('the frame of a notification', () => {
  it('says nothing of being cut when it fits, up to the last byte', () => {
    const overhead = encodeNotification(notificationOf({ message: '' }), '1.0.1.topic').frame.length;
    const longest = 'x'.repeat(MAX_FRAME_BYTES - overhead);
    expect(frameOf({ message: longest })).not.toHaveProperty('truncated');
    expect(frameOf({ message: longest }).notification['message']).toBe(longest);
    expect(frameOf({ message: `${longest}x` }).truncated).toBe(true);
  });

  it.each(['x', '"', '\\', '\u0001', 'é', '€', '🎉', '\ud83c'])(
    'has a prefix of a message of 900 KB of %j, of whole code points, and everything else',
    (character) => {
      const message = character.repeat(900_000);
      const { truncated, notification } = frameOf({ message });
      expect(truncated).toBe(true);
      const cut = notification['message'] as string;
      expect(message.startsWith(cut)).toBe(true);
      expect(cut.length % character.length).toBe(0);
      expect(Buffer.byteLength(JSON.stringify(cut))).toBeGreaterThan(50_000);
      const { title, eventId } = notificationOf();
      expect(notification).toMatchObject({ title, eventId, notificationId: '9007199254740993', userId: '7' });
    },
  );

  it('fits when every text is long, metadata too, and its ids are whole', () => {
    const long = 'é"'.repeat(200_000);
    const eventId = 'e'.repeat(256);
    const metadata = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`name ${index}`, long]));
    const { truncated, notification } = frameOf({
      eventId,
      metadata,
      title: long,
      message: long,
      type: long,
      category: long,
      priority: long,
      sourceService: long,
      actionType: long,
      entityType: long,
      actionUrl: `https://erp.example.com/${'x'.repeat(100_000)}`,
    });
    expect(truncated).toBe(true);
    expect(notification).toMatchObject({ eventId, notificationId: '9007199254740993', entityId: '42' });
    // A link that is cut leads elsewhere.
    expect(notification['actionUrl']).toBeNull();
    expect(Object.keys(notification.metadata)[0]).toBe('name 0');
    expect(frameOf({ metadata: { ['n'.repeat(100_000)]: 'x' } }).notification.metadata).toEqual({});
    expect(frameOf({ message: long, actionUrl: '/tasks/42' }).notification['actionUrl']).toBe('/tasks/42');
  });

  it('is valid and short whatever the texts are', () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 4 })
      .chain((seed) => fc.constantFrom(1, 10_000).map((times) => seed.repeat(times)));
    fc.assert(
      fc.property(
        text,
        text,
        text,
        fc.dictionary(fc.string({ maxLength: 4 }), text, { maxKeys: 3 }),
        (title, message, actionUrl, metadata) => {
          const { truncated, notification } = frameOf({ title, message, actionUrl, metadata });
          // Compared here: to show such texts takes long.
          const isPrefix = [title, message].map((whole, index) =>
            whole.startsWith(notification[index === 0 ? 'title' : 'message'] as string),
          );
          const isWhole = notification['title'] === title && notification['message'] === message;
          expect([isPrefix, truncated ?? isWhole]).toEqual([[true, true], true]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('counts what JSON makes of each code point', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat({ max: 100 }), (text, most) => {
        const cut = cutText(text, most);
        const bytes = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;
        expect(bytes(cut)).toBeLessThanOrEqual(most);
        const next = text.codePointAt(cut.length);
        if (next !== undefined) expect(bytes(cut + String.fromCodePoint(next))).toBeGreaterThan(most);
      }),
    );
  });
});
