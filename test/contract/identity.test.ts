import { describe, expect, it } from 'vitest';
import { SCHEMAS } from '../../schemas/types.js';
import { encodeWith, TopologyDriver } from '../../topology/testing/driver.js';
import { counts, fate } from './drive.js';
import { crm, request, sales, task, user } from './events.js';

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

describe('an event id that is no UTF-8', () => {
  /** A task event whose id is these bytes. */
  function valueWithId(driver: TopologyDriver, id: Buffer): Buffer {
    const value = driver.encode('TASK_EVENT_TOPIC', task({ eventId: 'x'.repeat(id.length) }));
    id.copy(value, value.indexOf('xx'));
    return value;
  }

  it.each([
    ['a byte that begins nothing', [0x61, 0xff]],
    ['another such byte', [0x61, 0xfe]],
    ['a sequence cut short', [0x61, 0xc3]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ])('is undecodable, and no copy of another: %s', async (_, bytes) => {
    const driver = new TopologyDriver();
    const driven = await driver.feedValue('TASK_EVENT_TOPIC', valueWithId(driver, Buffer.from(bytes)));
    expect(driven.processed).toMatchObject({
      cause: { reason: 'undecodable', message: expect.stringContaining('no valid UTF-8') as string },
    });
  });

  it('is not one that holds the replacement character itself, or any other text', async () => {
    const driver = new TopologyDriver();
    for (const eventId of ['a\ufffd', '\ufffd', 'é🎉', 'x'.repeat(200)])
      expect(fate(await driver.feed('TASK_EVENT_TOPIC', task({ eventId })))).toBe('forwarded');
  });

  it('is undecodable in every topic, and with a schema of another order', async () => {
    const driver = new TopologyDriver();
    const bad = (value: Buffer): Buffer => {
      value[value.indexOf('xx')] = 0xff;
      return value;
    };
    const eventId = 'xx';
    const schema = { ...SCHEMAS.TaskEvent, fields: SCHEMAS.TaskEvent.fields.toReversed() };
    const all = [
      await driver.feedValue('CRM_EVENT_TOPIC', bad(driver.encode('CRM_EVENT_TOPIC', crm({ eventId })))),
      await driver.feedValue('USER_EVENT_TOPIC', bad(driver.encode('USER_EVENT_TOPIC', user({ eventId })))),
      await driver.feedValue(
        'NOTIFICATION_REQUEST_TOPIC',
        bad(driver.encode('NOTIFICATION_REQUEST_TOPIC', request({ eventId }))),
      ),
      await driver.feedValue('TASK_EVENT_TOPIC', bad(encodeWith(schema, driver.register(schema), task({ eventId })))),
    ];
    expect(all.map(fate)).toEqual(all.map(() => 'undecodable'));
  });

  it('does not make a text elsewhere undecodable: there it is read as Avro reads it', async () => {
    const driver = new TopologyDriver();
    const value = driver.encode('TASK_EVENT_TOPIC', task({ taskTitle: 'xx' }));
    value[value.indexOf('xx')] = 0xff;
    const driven = await driver.feedValue('TASK_EVENT_TOPIC', value);
    expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.message).toBe(`Task '\ufffdx' assigned to you`);
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
      await driver.feed('SALES_EVENT_TOPIC', sales({ ...invalid, eventType: '' })),
    ];
    expect(all.map(fate)).toEqual(all.map(() => 'dropped: unknown-type'));
    expect(all.map(counts)).toEqual(all.map(() => ({})));
  });

  it.each(['wait', 'dead-letter', 'skip'] as const)(
    'is dropped in a group of one version, with UNKNOWN_TYPES=%s too',
    async (unknownTypes) => {
      const driver = new TopologyDriver({ unknownTypes });
      expect(fate(await driver.feed('CRM_EVENT_TOPIC', crm({ eventType: 'DEAL_PAUSED' })))).toBe(
        'dropped: unknown-type',
      );
    },
  );

  it('waits while newer rules are in the group, by default', async () => {
    const driver = new TopologyDriver({ isBehind: true });
    const driven = await driver.feed('SALES_EVENT_TOPIC', sales({ eventType: 'INVOICE_OVERDUE' }));
    expect([driven.processed, counts(driven)]).toMatchObject([{ kind: 'waiting', eventType: 'INVOICE_OVERDUE' }, {}]);
  });

  it('is then kept as a dead letter where UNKNOWN_TYPES says so, and its replay is processed by a version that knows it', async () => {
    const driver = new TopologyDriver({ unknownTypes: 'dead-letter', isBehind: true });
    const all = [
      await driver.feed('TASK_EVENT_TOPIC', task({ eventType: 'TASK_PAUSED', eventId: '', tenantId: 0n })),
      await driver.feed('CRM_EVENT_TOPIC', crm({ eventType: 'DEAL_PAUSED' })),
      await driver.feed('USER_EVENT_TOPIC', user({ eventType: 'USER_LOGGED_IN' })),
      await driver.feed('SALES_EVENT_TOPIC', sales({ eventType: '' })),
    ];
    expect(all.map(fate)).toEqual(all.map(() => 'unknown-type'));
    expect(all.map(counts)).toEqual(all.map(() => ({ NOTIFICATION_DLQ: 1 })));
    expect(all[0]!.processed).toMatchObject({
      cause: { message: 'the eventType is none that this version knows', attempts: 1 },
    });
    // A request is taken whatever its type says; and nothing remembers the event.
    expect(fate(await driver.feed('NOTIFICATION_REQUEST_TOPIC', request({ eventType: 'ANOTHER' })))).toBe('forwarded');
    const { eventId } = crm({});
    expect(fate(await driver.feed('CRM_EVENT_TOPIC', crm({ eventId })))).toBe('forwarded');
  });
});
