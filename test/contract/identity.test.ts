import { describe, expect, it } from 'vitest';
import { TopologyDriver } from '../../topology/driver.js';
import { counts, fate } from './drive.js';
import { crm, request, task, user } from './events.js';

describe('an event that comes again', () => {
  it('is dropped, whatever else is in it', async () => {
    const driver = new TopologyDriver();
    const fates = [
      await driver.feed('TASK_EVENT_TOPIC', task()),
      await driver.feed('TASK_EVENT_TOPIC', task()),
      await driver.feed('TASK_EVENT_TOPIC', task({ taskTitle: 'Other', assignedTo: 9n, eventType: 'TASK_COMPLETED' })),
    ].map(fate);
    expect(fates).toEqual(['forwarded', 'dropped: duplicate', 'dropped: duplicate']);
  });

  it('makes no output', async () => {
    const driver = new TopologyDriver();
    await driver.feed('TASK_EVENT_TOPIC', task());
    expect(counts(await driver.feed('TASK_EVENT_TOPIC', task()))).toEqual({});
  });

  it('is another one under another topic, tenant or event id', async () => {
    const driver = new TopologyDriver();
    const fates = [
      await driver.feed('TASK_EVENT_TOPIC', task({ eventId: 'e' })),
      await driver.feed('CRM_EVENT_TOPIC', crm({ eventId: 'e' })),
      await driver.feed('TASK_EVENT_TOPIC', task({ eventId: 'e', tenantId: 2n })),
      await driver.feed('TASK_EVENT_TOPIC', task({ eventId: 'E' })),
    ].map(fate);
    expect(fates).toEqual(['forwarded', 'forwarded', 'forwarded', 'forwarded']);
  });

  it('is caught as well when it only changed the directory, or was expired', async () => {
    const driver = new TopologyDriver();
    const expired = request({ expiresAt: 1n });
    await driver.feed('USER_EVENT_TOPIC', user());
    await driver.feed('NOTIFICATION_REQUEST_TOPIC', expired);
    expect(fate(await driver.feed('USER_EVENT_TOPIC', user()))).toBe('dropped: duplicate');
    expect(fate(await driver.feed('NOTIFICATION_REQUEST_TOPIC', expired))).toBe('dropped: duplicate');
  });

  it('is processed again once the window is past', async () => {
    const driver = new TopologyDriver({ dedupWindowMs: 1000 });
    await driver.feed('TASK_EVENT_TOPIC', task());
    driver.advance(1000);
    expect(fate(await driver.feed('TASK_EVENT_TOPIC', task()))).toBe('dropped: duplicate');
    driver.advance(1);
    expect(fate(await driver.feed('TASK_EVENT_TOPIC', task()))).toBe('forwarded');
  });

  it('is processed when its first copy was dead-lettered', async () => {
    const driver = new TopologyDriver();
    expect(fate(await driver.feed('TASK_EVENT_TOPIC', task({ assignedTo: 0n })))).toBe('invalid-event');
    expect(fate(await driver.feed('TASK_EVENT_TOPIC', task()))).toBe('forwarded');
  });
});

describe('what is no event of ours', () => {
  it('is dropped when its value is null', async () => {
    const driven = await new TopologyDriver().feedValue('TASK_EVENT_TOPIC', null);
    expect([fate(driven), counts(driven)]).toEqual(['dropped: tombstone', {}]);
  });

  it('is dropped when its type is unknown, without a dead letter, before anything is checked', async () => {
    const driver = new TopologyDriver();
    const invalid = { eventType: 'toString', eventId: '', tenantId: 0n };
    const all = [
      await driver.feed('TASK_EVENT_TOPIC', task(invalid)),
      await driver.feed('CRM_EVENT_TOPIC', crm({ ...invalid, eventType: 'DEAL_PAUSED' })),
      await driver.feed('USER_EVENT_TOPIC', user({ ...invalid, eventType: 'USER_LOGGED_IN' })),
      await driver.feed('NOTIFICATION_REQUEST_TOPIC', request({ ...invalid, eventType: '' })),
    ];
    expect(all.map(fate)).toEqual(all.map(() => 'dropped: unknown-type'));
    expect(all.map(counts)).toEqual(all.map(() => ({})));
  });
});
