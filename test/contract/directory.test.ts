import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UserEvent } from '../../schemas/types.js';
import { TopologyDriver } from '../../topology/testing/driver.js';
import { counts, deliveries, driverWithUser, fate } from './drive.js';
import { HAPPENED, request, TENANT, user, USER } from './events.js';

const TOPIC = 'USER_EVENT_TOPIC';

describe('the user directory', () => {
  it.each(['USER_CREATED', 'USER_UPDATED'])('takes the whole state from %s', async (eventType) => {
    const driver = new TopologyDriver();
    const { outputs, processed } = await driver.feed(TOPIC, user({ eventType }));
    const entry = {
      tenantId: TENANT,
      userId: USER,
      timestamp: HAPPENED,
      eventId: 'user-1',
      deleted: false,
      email: 'linh@example.com',
      fullName: 'Linh Tran',
      locale: 'vi-VN',
      timeZone: 'Asia/Ho_Chi_Minh',
      deviceTokens: ['phone', 'tablet'],
      mutedChannels: [],
    };
    expect(outputs.USER_DIRECTORY.map(({ key, event }) => [key, { ...event }])).toEqual([['1|7', entry]]);
    expect(processed).toMatchObject({ kind: 'forwarded', value: { directory: entry } });
  });

  it('keeps a dated marker of a deleted user, and nothing else', async () => {
    const driver = await driverWithUser();
    await driver.feed(TOPIC, user({ eventType: 'USER_DELETED', timestamp: HAPPENED + 1n, eventId: 'gone' }));
    expect(driver.user(TENANT, USER)).toMatchObject({
      timestamp: HAPPENED + 1n,
      eventId: 'gone',
      deleted: true,
      email: null,
      fullName: null,
      locale: null,
      timeZone: null,
      deviceTokens: [],
      mutedChannels: [],
    });
  });

  it('is never touched by PASSWORD_CHANGED', async () => {
    const driver = await driverWithUser();
    const event = user({ eventType: 'PASSWORD_CHANGED', timestamp: HAPPENED + 9n, email: 'new@example.com' });
    const { outputs, processed } = await driver.feed(TOPIC, event);
    expect(outputs.USER_DIRECTORY).toEqual([]);
    expect(processed).toMatchObject({ kind: 'forwarded', value: { directory: null } });
    expect(driver.user(TENANT, USER)).toMatchObject({ eventId: 'known', email: 'linh@example.com' });
  });

  it('is left alone by an event that is older', async () => {
    const driver = await driverWithUser();
    const older = await driver.feed(TOPIC, user({ eventId: 'z', timestamp: HAPPENED - 1n }));
    expect(older.outputs.USER_DIRECTORY).toEqual([]);
    expect(driver.user(TENANT, USER)?.eventId).toBe('known');
  });

  it.each(['a', 'z'])('takes the later of two events of one time, whatever its id: %s', async (eventId) => {
    const driver = await driverWithUser();
    await driver.feed(TOPIC, user({ eventId, email: 'later@example.com' }));
    expect(driver.user(TENANT, USER)).toMatchObject({ eventId, email: 'later@example.com' });
  });

  it('holds the newest by time, then by its place in the partition, whatever order they come in', async () => {
    const events = fc.uniqueArray(
      fc.record({ timestamp: fc.bigInt(0n, 3n), eventId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f') }),
      { selector: ({ eventId }) => eventId, minLength: 1 },
    );
    const types = fc.constantFrom('USER_CREATED', 'USER_UPDATED', 'USER_DELETED');
    await fc.assert(
      fc.asyncProperty(events, types, async (parts, eventType) => {
        const driver = new TopologyDriver();
        for (const part of parts) await driver.feed(TOPIC, user({ ...part, eventType }));
        const newest = parts.reduce((a, b) => (b.timestamp >= a.timestamp ? b : a));
        expect(driver.user(TENANT, USER)).toMatchObject(newest);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the users of two tenants apart', async () => {
    const driver = await driverWithUser();
    await driver.feed(TOPIC, user({ tenantId: 2n, email: 'other@example.com', eventId: 'two' }));
    expect(driver.user(1n, USER)?.email).toBe('linh@example.com');
    expect(driver.user(2n, USER)?.email).toBe('other@example.com');
  });

  it('gives a deleted user no address, no device and no mutes', async () => {
    const driver = new TopologyDriver();
    await driver.feed(TOPIC, user({ mutedChannels: ['IN_APP', 'EMAIL'] }));
    await driver.feed(TOPIC, user({ eventType: 'USER_DELETED', timestamp: HAPPENED + 1n, eventId: 'gone' }));
    const driven = await driver.feed('NOTIFICATION_REQUEST_TOPIC', request({ channels: ['IN_APP', 'EMAIL', 'PUSH'] }));
    expect(deliveries(driven)).toEqual([['IN_APP DISPATCHED', 'EMAIL SKIPPED NO_ADDRESS', 'PUSH SKIPPED NO_DEVICE']]);
  });
});

describe('an account event with a wrong clock', () => {
  const MICROS = HAPPENED * 1000n;

  it('counts as of the time of its record, so that a later one wins', async () => {
    const driver = new TopologyDriver();
    const wrong = await driver.feed(TOPIC, user({ timestamp: MICROS, email: 'wrong@example.com' }));
    expect(driver.user(TENANT, USER)).toMatchObject({ timestamp: BigInt(driver.now), email: 'wrong@example.com' });
    expect(wrong.processed).toMatchObject({ value: { event: { corrections: [{ kind: 'account-timestamp' }] } } });
    driver.advance(1);
    await driver.feed(TOPIC, user({ eventId: 'right', timestamp: BigInt(driver.now) }));
    expect(driver.user(TENANT, USER)).toMatchObject({ eventId: 'right', email: 'linh@example.com' });
  });

  it('of an hour at most is believed, and not counted', async () => {
    const driver = new TopologyDriver();
    const recorded = { timestamp: driver.now - 10_000 };
    const hour = BigInt(recorded.timestamp + 3_600_000);
    const believed = await driver.feed(TOPIC, user({ timestamp: hour }), recorded);
    expect(driver.user(TENANT, USER)?.timestamp).toBe(hour);
    expect(believed.processed).toMatchObject({ value: { event: { corrections: [] } } });
    await driver.feed(TOPIC, user({ eventId: 'more', userId: 8n, timestamp: hour + 1n }), recorded);
    expect(driver.user(TENANT, 8n)?.timestamp).toBe(BigInt(recorded.timestamp));
  });

  it('goes by our clock where the record has no timestamp', async () => {
    const driver = new TopologyDriver();
    await driver.feed(TOPIC, user({ timestamp: MICROS }), { timestamp: -1 });
    expect(driver.user(TENANT, USER)?.timestamp).toBe(BigInt(driver.now));
  });

  it('tells its own notification with the time of its record', async () => {
    const driver = new TopologyDriver();
    for (const eventType of ['USER_CREATED', 'PASSWORD_CHANGED']) {
      const driven = await driver.feed(TOPIC, user({ eventId: eventType, eventType, timestamp: MICROS }));
      expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.timestamp).toBe(BigInt(driver.now));
      expect(driven.outputs.EMAIL_REQUEST_TOPIC[0]?.event.timestamp).toBe(BigInt(driver.now));
      expect(driven.processed).toMatchObject({ value: { event: { corrections: [{ kind: 'account-timestamp' }] } } });
    }
  });

  it('and a record of the same clock pins nothing either: the next event takes its place', async () => {
    const driver = new TopologyDriver();
    await driver.feed(TOPIC, user({ timestamp: MICROS, email: 'pinned@example.com' }), { timestamp: Number(MICROS) });
    expect(driver.user(TENANT, USER)?.timestamp).toBe(MICROS);
    await driver.feed(TOPIC, user({ eventId: 'next' }));
    expect(driver.user(TENANT, USER)).toMatchObject({ eventId: 'next', email: 'linh@example.com' });
  });
});

describe("an account event's own notification", () => {
  it('uses the state that it brings, even if the directory holds a newer one', async () => {
    const driver = new TopologyDriver();
    await driver.feed(TOPIC, user({ timestamp: HAPPENED + 5n, email: 'new@example.com', eventId: 'newer' }));
    const driven = await driver.feed(TOPIC, user({ eventType: 'USER_CREATED', email: 'old@example.com' }));
    expect(driven.outputs.EMAIL_REQUEST_TOPIC.map(({ event }) => event.to)).toEqual([['old@example.com']]);
    expect(driven.outputs.USER_DIRECTORY).toEqual([]);
  });

  it('heeds the mutes that it brings', async () => {
    const event = user({ eventType: 'USER_CREATED', mutedChannels: ['EMAIL'] });
    expect(deliveries(await new TopologyDriver().feed(TOPIC, event))).toEqual([
      ['IN_APP DISPATCHED', 'EMAIL SKIPPED MUTED'],
    ]);
  });

  it('has no address when it brings none, whatever the directory holds', async () => {
    const driver = await driverWithUser();
    const event = user({ eventType: 'USER_CREATED', email: null, timestamp: HAPPENED - 1n });
    expect(deliveries(await driver.feed(TOPIC, event))).toEqual([['IN_APP DISPATCHED', 'EMAIL SKIPPED NO_ADDRESS']]);
  });

  it.each<[string, Partial<UserEvent>, string]>([
    ['brings', { email: 'brought@example.com' }, 'brought@example.com'],
    ['does not bring, but the directory holds', { email: null }, 'linh@example.com'],
  ])('of PASSWORD_CHANGED goes to the address that it %s', async (_, fields, address) => {
    const driver = await driverWithUser();
    const driven = await driver.feed(TOPIC, user({ eventType: 'PASSWORD_CHANGED', ...fields }));
    expect(driven.outputs.EMAIL_REQUEST_TOPIC.map(({ event }) => event.to)).toEqual([[address]]);
  });

  it('is not made for an account event from before the start, which feeds the directory all the same', async () => {
    const driver = new TopologyDriver();
    const old = await driver.feed(TOPIC, user({ eventType: 'USER_CREATED' }), { notify: false });
    expect(fate(old)).toBe('forwarded');
    expect(counts(old)).toEqual({ USER_DIRECTORY: 1 });
    const again = await driver.feed(TOPIC, user({ eventType: 'USER_CREATED' }));
    expect(fate(again)).toBe('dropped: duplicate');
  });

  it('is not made for a password changed before the start', async () => {
    const driven = await new TopologyDriver().feed(TOPIC, user({ eventType: 'PASSWORD_CHANGED' }), { notify: false });
    expect([fate(driven), counts(driven)]).toEqual(['forwarded', {}]);
  });
});
