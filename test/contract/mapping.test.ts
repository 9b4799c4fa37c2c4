import { describe, expect, it } from 'vitest';
import { NOTICES, type Notice, type NoticeTopic } from '../../dev/contract/notices.js';
import type { SourceEvents } from '../../schemas/codecs.js';
import type { CrmEvent, SalesEvent, TaskEvent } from '../../schemas/types.js';
import { TopologyDriver, type Driven } from '../../topology/testing/driver.js';
import { deliveries, driverWithUser, fate } from './drive.js';
import { crm, HAPPENED, sales, task, TENANT, user, USER } from './events.js';

/** The event types of the topic with their notices. */
function rowsOf<T extends NoticeTopic>(topic: T): [eventType: string, notice: Notice<SourceEvents[T]>][] {
  return Object.entries(NOTICES[topic]);
}

function expectNotice<Event>(
  driven: Driven,
  { title, message: messageOf, channels, type }: Notice<Event>,
  event: Event,
): void {
  const message = messageOf(event);
  expect(driven.outputs.NOTIFICATION_INAPP_TOPIC.map(({ event }) => event)).toMatchObject([{ title, message, type }]);
  expect(deliveries(driven)).toEqual([channels.map((channel) => `${channel} DISPATCHED`)]);
  expect(driven.outputs.EMAIL_REQUEST_TOPIC).toHaveLength(channels.includes('EMAIL') ? 1 : 0);
  expect(driven.outputs.PUSH_REQUEST_TOPIC).toHaveLength(channels.includes('PUSH') ? 1 : 0);
}

async function inApp(driven: Promise<Driven>): Promise<unknown> {
  return (await driven).outputs.NOTIFICATION_INAPP_TOPIC[0]?.event;
}

/** The in-app record's metadata and the push record's data. */
function carriedBy({ outputs }: Driven): readonly object[] {
  const all = [outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.metadata, outputs.PUSH_REQUEST_TOPIC[0]?.event.data];
  return all.map((values) => ({ ...values }));
}

describe('a task event', () => {
  it.each(rowsOf('TASK_EVENT_TOPIC'))('%s makes what the table says', async (eventType, notice) => {
    const driver = await driverWithUser();
    const event = task({ eventType });
    expectNotice(await driver.feed('TASK_EVENT_TOPIC', event), notice, event);
  });

  it('is told to the assignee, as from ptm_task, about the task', async () => {
    const event: TaskEvent = task();
    expect(await inApp(new TopologyDriver().feed('TASK_EVENT_TOPIC', event))).toMatchObject({
      eventId: 'task-1',
      timestamp: HAPPENED,
      tenantId: TENANT,
      userId: USER,
      category: 'TASK',
      priority: 'LOW',
      sourceService: 'ptm_task',
      actionUrl: null,
      actionType: null,
      entityType: 'task',
      entityId: 501n,
      expiresAt: null,
      metadata: {},
    });
  });

  it('carries nothing besides', async () => {
    const driven = await (await driverWithUser()).feed('TASK_EVENT_TOPIC', task({ eventType: 'TASK_OVERDUE' }));
    expect(carriedBy(driven)).toEqual([{}, {}]);
  });

  it('has its priority in capitals', async () => {
    expect(await inApp(new TopologyDriver().feed('TASK_EVENT_TOPIC', task({ priority: 'high' })))).toMatchObject({
      priority: 'HIGH',
    });
  });

  it('has priority NORMAL when it brings none', async () => {
    expect(await inApp(new TopologyDriver().feed('TASK_EVENT_TOPIC', task({ priority: ' ' })))).toMatchObject({
      priority: 'NORMAL',
    });
  });
});

describe('a CRM event', () => {
  it.each(rowsOf('CRM_EVENT_TOPIC'))('%s makes what the table says', async (eventType, notice) => {
    const driver = await driverWithUser();
    const event = crm({ eventType, value: 12500 });
    expectNotice(await driver.feed('CRM_EVENT_TOPIC', event), notice, event);
  });

  it('is told to the assignee, as from crm, about its entity', async () => {
    const event: CrmEvent = crm({ entityType: 'opportunity' });
    expect(await inApp(new TopologyDriver().feed('CRM_EVENT_TOPIC', event))).toMatchObject({
      userId: USER,
      category: 'CRM',
      priority: 'NORMAL',
      sourceService: 'crm',
      entityType: 'opportunity',
      entityId: 601n,
    });
  });

  it('hands on its metadata, value and stage, as texts, to clients and apps', async () => {
    const metadata = { region: 'EU', stage: 'of the metadata' };
    const event = crm({ eventType: 'ACTIVITY_DUE', metadata, value: 12500.5, stage: 'WON' });
    const given = { region: 'EU', value: '12500.5', stage: 'WON' };
    expect(carriedBy(await (await driverWithUser()).feed('CRM_EVENT_TOPIC', event))).toEqual([given, given]);
  });

  it('hands on nothing that it does not bring', async () => {
    const event = crm({ eventType: 'ACTIVITY_DUE', metadata: {}, value: NaN, stage: '' });
    expect(carriedBy(await (await driverWithUser()).feed('CRM_EVENT_TOPIC', event))).toEqual([{}, {}]);
  });

  it('keeps metadata whose names are those of Object.prototype', async () => {
    const metadata = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
    const driven = await new TopologyDriver().feed('CRM_EVENT_TOPIC', crm({ metadata }));
    const out = driven.outputs.NOTIFICATION_INAPP_TOPIC[0]!.event.metadata;
    expect(Object.entries(out).sort()).toEqual(Object.entries(metadata).sort());
  });

  it.each([
    [12500.5, `🎉 Deal 'Acme' won! Value: $12,500.50`],
    [0, `🎉 Deal 'Acme' won! Value: $0`],
    [1234567, `🎉 Deal 'Acme' won! Value: $1,234,567`],
    [null, `🎉 Deal 'Acme' won!`],
    [NaN, `🎉 Deal 'Acme' won!`],
    [Infinity, `🎉 Deal 'Acme' won!`],
  ])('of a deal of %s reads: %s', async (value, message) => {
    const event = crm({ eventType: 'DEAL_WON', value });
    expect(await inApp(new TopologyDriver().feed('CRM_EVENT_TOPIC', event))).toMatchObject({ message });
  });
});

describe('a sales event', () => {
  it.each(rowsOf('SALES_EVENT_TOPIC'))('%s makes what the table says', async (eventType, notice) => {
    const driver = await driverWithUser();
    const event = sales({ eventType });
    expectNotice(await driver.feed('SALES_EVENT_TOPIC', event), notice, event);
  });

  it('is told to the assignee, as from sales, about the order', async () => {
    const event: SalesEvent = sales({ orderId: 2n ** 63n - 1n });
    expect(await inApp(new TopologyDriver().feed('SALES_EVENT_TOPIC', event))).toMatchObject({
      userId: USER,
      message: 'New order #9223372036854775807 created',
      category: 'SALES',
      priority: 'NORMAL',
      sourceService: 'sales',
      entityType: 'order',
      entityId: 2n ** 63n - 1n,
    });
  });

  it('hands on its metadata, amount, currency, due date and customer, as texts, to clients and apps', async () => {
    const event = sales({
      eventType: 'PAYMENT_DUE',
      amount: 10,
      currency: 'EUR',
      dueAt: 1_760_000_000_000n,
      customerName: 'Acme',
      metadata: { channel: 'web' },
    });
    const given = { channel: 'web', amount: '10', currency: 'EUR', dueAt: '1760000000000', customerName: 'Acme' };
    expect(carriedBy(await (await driverWithUser()).feed('SALES_EVENT_TOPIC', event))).toEqual([given, given]);
  });

  it('hands on nothing that it does not bring', async () => {
    const nothing = { amount: null, currency: '', dueAt: 0n, customerName: '', metadata: {} };
    const event = sales({ eventType: 'PAYMENT_DUE', ...nothing });
    expect(carriedBy(await (await driverWithUser()).feed('SALES_EVENT_TOPIC', event))).toEqual([{}, {}]);
  });
});

describe('an account event', () => {
  it('USER_CREATED welcomes the user by name', async () => {
    const driven = await new TopologyDriver().feed('USER_EVENT_TOPIC', user({ eventType: 'USER_CREATED' }));
    expectNotice(driven, NOTICES.USER_EVENT_TOPIC['USER_CREATED']!, user());
    expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event).toMatchObject({
      userId: USER,
      category: 'ACCOUNT',
      priority: 'NORMAL',
      sourceService: 'account',
      entityType: 'user',
      entityId: USER,
    });
  });

  it.each([null, '', ' '])('USER_CREATED without a name (%j) says Welcome!', async (fullName) => {
    const event = user({ eventType: 'USER_CREATED', fullName });
    expect(await inApp(new TopologyDriver().feed('USER_EVENT_TOPIC', event))).toMatchObject({ message: 'Welcome!' });
  });

  it('PASSWORD_CHANGED warns the user with priority HIGH', async () => {
    const driven = await new TopologyDriver().feed('USER_EVENT_TOPIC', user({ eventType: 'PASSWORD_CHANGED' }));
    expectNotice(driven, NOTICES.USER_EVENT_TOPIC['PASSWORD_CHANGED']!, user());
    expect(driven.outputs.EMAIL_REQUEST_TOPIC[0]?.event).toMatchObject({ priority: 'HIGH' });
  });

  it.each(['USER_UPDATED', 'USER_DELETED'])('%s notifies nobody', async (eventType) => {
    const driven = await new TopologyDriver().feed('USER_EVENT_TOPIC', user({ eventType }));
    expect(fate(driven)).toBe('forwarded');
    expect(driven.outputs).toMatchObject({ NOTIFICATION_INAPP_TOPIC: [], NOTIFICATION_DELIVERED_TOPIC: [] });
  });
});
