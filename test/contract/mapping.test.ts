import { describe, expect, it } from 'vitest';
import type { CrmEvent, SalesEvent, TaskEvent } from '../../schemas/types.js';
import { TopologyDriver, type Driven } from '../../topology/testing/driver.js';
import { deliveries, driverWithUser, fate } from './drive.js';
import { crm, HAPPENED, sales, task, TENANT, user, USER } from './events.js';

type Row = readonly [eventType: string, title: string, message: string, channels: readonly string[], type: string];

const TASK_ROWS: readonly Row[] = [
  ['TASK_ASSIGNED', 'Task assigned', `Task 'Prepare invoice' assigned to you`, ['IN_APP', 'EMAIL'], 'INFO'],
  ['TASK_OVERDUE', 'Task overdue', `Task 'Prepare invoice' is overdue!`, ['IN_APP', 'EMAIL', 'PUSH'], 'WARNING'],
  ['TASK_COMPLETED', 'Task completed', `Task 'Prepare invoice' marked as complete`, ['IN_APP'], 'SUCCESS'],
  ['TASK_COMMENTED', 'New comment', `New comment on task 'Prepare invoice'`, ['IN_APP', 'PUSH'], 'INFO'],
];

const CRM_ROWS: readonly Row[] = [
  ['LEAD_ASSIGNED', 'Lead assigned', `Lead 'Acme' assigned to you`, ['IN_APP', 'EMAIL'], 'INFO'],
  ['DEAL_WON', 'Deal won', `🎉 Deal 'Acme' won! Value: $12,500`, ['IN_APP', 'EMAIL'], 'SUCCESS'],
  ['DEAL_LOST', 'Deal lost', `Deal 'Acme' marked as lost`, ['IN_APP'], 'INFO'],
  ['ACTIVITY_DUE', 'Activity due', `Activity 'Acme' due today`, ['IN_APP', 'PUSH'], 'WARNING'],
];

const SALES_ROWS: readonly Row[] = [
  ['ORDER_CREATED', 'Order created', 'New order #701 created', ['IN_APP'], 'INFO'],
  ['PAYMENT_RECEIVED', 'Payment received', 'Payment received for order #701', ['IN_APP', 'EMAIL'], 'SUCCESS'],
  ['PAYMENT_DUE', 'Payment due', 'Payment due for order #701', ['IN_APP', 'EMAIL', 'PUSH'], 'WARNING'],
  ['ORDER_SHIPPED', 'Order shipped', 'Order #701 has been shipped', ['IN_APP', 'EMAIL'], 'INFO'],
];

function expectRow(driven: Driven, [, title, message, channels, type]: Row): void {
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
  it.each(TASK_ROWS)('%s makes "%s": %s', async (...row) => {
    const driver = await driverWithUser();
    expectRow(await driver.feed('TASK_EVENT_TOPIC', task({ eventType: row[0] })), row);
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
  it.each(CRM_ROWS)('%s makes "%s": %s', async (...row) => {
    const driver = await driverWithUser();
    expectRow(await driver.feed('CRM_EVENT_TOPIC', crm({ eventType: row[0], value: 12500 })), row);
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
  it.each(SALES_ROWS)('%s makes "%s": %s', async (...row) => {
    const driver = await driverWithUser();
    expectRow(await driver.feed('SALES_EVENT_TOPIC', sales({ eventType: row[0] })), row);
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
    expectRow(driven, ['USER_CREATED', 'Welcome', 'Welcome, Linh Tran!', ['IN_APP', 'EMAIL'], 'INFO']);
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
    expectRow(driven, [
      'PASSWORD_CHANGED',
      'Password changed',
      'Your password was changed',
      ['IN_APP', 'EMAIL'],
      'WARNING',
    ]);
    expect(driven.outputs.EMAIL_REQUEST_TOPIC[0]?.event).toMatchObject({ priority: 'HIGH' });
  });

  it.each(['USER_UPDATED', 'USER_DELETED'])('%s notifies nobody', async (eventType) => {
    const driven = await new TopologyDriver().feed('USER_EVENT_TOPIC', user({ eventType }));
    expect(fate(driven)).toBe('forwarded');
    expect(driven.outputs).toMatchObject({ NOTIFICATION_INAPP_TOPIC: [], NOTIFICATION_DELIVERED_TOPIC: [] });
  });
});
