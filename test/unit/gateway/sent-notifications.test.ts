import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventIds } from '../../../gateway/event-ids.js';
import { halvesOf } from '../../../gateway/id-ring.js';
import { DEFAULT_LIMITS } from '../../../gateway/limits.js';
import { ACK_CAME, SentMemory, SentNotifications, type NotificationRef } from '../../../gateway/sent-notifications.js';

const refOf = (id: number, eventId = `event-${id}`): NotificationRef => ({
  id: String(id),
  eventId,
  ...halvesOf(BigInt(id)),
});

describe('the eventIds of what was sent', () => {
  it('come back as they were, UUIDs and any other text', () => {
    const ids = new EventIds(4 * 1024 * 1024);
    const text = fc.oneof(
      fc.uuid(),
      fc.uuid().map((id) => id.toUpperCase()),
      fc.string({ maxLength: 300, unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 50 }), (eventIds) => {
        const places = eventIds.map((eventId) => ids.add(eventId));
        expect(places.map((at) => ids.get(at))).toEqual(eventIds);
      }),
    );
  });

  it('take no more memory than they may, and are forgotten in the order in which they came', () => {
    const ids = new EventIds(3 * 1024 * 1024);
    const places = Array.from({ length: 400_000 }, (_, index) => ids.add(`some event of some length ${index}`));
    expect(ids.bytes).toBe(3 * 1024 * 1024);
    const oldest = places.findIndex((at) => ids.get(at) !== undefined);
    expect(oldest).toBeGreaterThan(0);
    const kept = places.slice(oldest).map((at) => ids.get(at));
    expect(kept).toEqual(kept.map((_, index) => `some event of some length ${oldest + index}`));
    expect(kept.length).toBeGreaterThan(60_000);
  });
});

describe('what a socket was sent', () => {
  it('is remembered up to a number, and its ack is kept while that grows', () => {
    const memory = new SentMemory({ ...DEFAULT_LIMITS, rememberedNotifications: 100 }, () => 1);
    const sent = new SentNotifications(memory);
    for (let id = 0; id < 250; id += 1) {
      expect(sent.add(refOf(id))).toBe(true);
      expect(sent.add(refOf(id))).toBe(false);
      sent.mark(String(id), ACK_CAME);
      if (id === 5) expect(sent.eventIdOf('5')).toBe('event-5');
    }
    expect(sent.size).toBe(100);
    expect([sent.ackOf('149'), sent.eventIdOf('149')]).toEqual([undefined, undefined]);
    expect([sent.ackOf('150'), sent.eventIdOf('150')]).toEqual([ACK_CAME, 'event-150']);
    expect(sent.ackOf('249')).toBe(ACK_CAME);
  });

  it('is forgotten, the oldest first, by all when there are more sockets than may remember so much', () => {
    const sockets: SentNotifications[] = [];
    const memory = new SentMemory({ ...DEFAULT_LIMITS, rememberedInAll: 10_000 }, () => sockets.length);
    const fill = (sent: SentNotifications): void => {
      for (let id = 0; id < 2000; id += 1) sent.add(refOf(id));
    };
    for (let count = 0; count < 100; count += 1) {
      const sent = new SentNotifications(memory);
      sockets.push(sent);
      fill(sent);
    }
    for (const sent of sockets) sent.trim();
    expect(sockets.reduce((sum, { size }) => sum + size, 0)).toBe(10_000);
    for (const sent of sockets) expect([sent.ackOf('1899'), sent.ackOf('1900')]).toEqual([undefined, 0]);
  });
});
