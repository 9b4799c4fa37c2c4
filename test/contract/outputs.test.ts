import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf, notificationId } from '../../processors/identity.js';
import { compileTemplates } from '../../processors/templates.js';
import type { ActionUrlFault } from '../../common/correction.js';
import { TopologyDriver } from '../../topology/testing/driver.js';
import { counts, deliveries, driverWithUser } from './drive.js';
import { HAPPENED, request, sales, task, TENANT, user, USER } from './events.js';

const REQUESTS = 'NOTIFICATION_REQUEST_TOPIC';
const EVERYWHERE = ['IN_APP', 'EMAIL', 'PUSH'];

describe('the outputs of an event', () => {
  it('are keyed by event, the in-app ones by user', async () => {
    const driver = await driverWithUser();
    const { outputs } = await driver.feed('TASK_EVENT_TOPIC', task({ eventType: 'TASK_OVERDUE' }));
    expect(outputs.EMAIL_REQUEST_TOPIC.map(({ key }) => key)).toEqual(['task-1']);
    expect(outputs.PUSH_REQUEST_TOPIC.map(({ key }) => key)).toEqual(['task-1']);
    expect(outputs.NOTIFICATION_DELIVERED_TOPIC.map(({ key }) => key)).toEqual(['task-1']);
    expect(outputs.NOTIFICATION_INAPP_TOPIC.map(({ key }) => key)).toEqual(['1|7']);
  });

  it('are one of each for every recipient', async () => {
    const driver = await driverWithUser();
    await driver.feed('USER_EVENT_TOPIC', user({ eventId: 'other', userId: 8n }));
    const driven = await driver.feed(REQUESTS, request({ channels: EVERYWHERE, userIds: [8n] }));
    expect(counts(driven)).toEqual({
      EMAIL_REQUEST_TOPIC: 2,
      PUSH_REQUEST_TOPIC: 2,
      NOTIFICATION_INAPP_TOPIC: 2,
      NOTIFICATION_DELIVERED_TOPIC: 2,
    });
  });

  it('bear one notificationId a recipient, on every topic the same', async () => {
    const driver = await driverWithUser();
    const { outputs } = await driver.feed('TASK_EVENT_TOPIC', task({ eventType: 'TASK_OVERDUE' }));
    const identity = identityOf({ topic: 'TASK_EVENT_TOPIC', tenantId: TENANT, eventId: 'task-1' });
    const id = notificationId(identity.seed, USER);
    expect(outputs.EMAIL_REQUEST_TOPIC[0]?.event.notificationId).toBe(id);
    expect(outputs.PUSH_REQUEST_TOPIC[0]?.event.notificationId).toBe(id);
    expect(outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.notificationId).toBe(id);
    expect(outputs.NOTIFICATION_DELIVERED_TOPIC[0]?.event.notificationId).toBe(id);
  });

  it('bear a notificationId that depends on nothing but topic, tenant, event id and user', async () => {
    const one = await new TopologyDriver({ now: 1 }).feed('TASK_EVENT_TOPIC', task());
    const other = await new TopologyDriver({ now: 2 }).feed(
      'TASK_EVENT_TOPIC',
      task({ taskTitle: 'Other', timestamp: 5n, eventType: 'TASK_COMMENTED' }),
      { partition: 3, timestamp: 9 },
    );
    const ids = [one, other].map(({ outputs }) => outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.notificationId);
    expect(ids[0]).toBe(ids[1]);
  });

  it('carry every id losslessly, over the whole range', async () => {
    const positive = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
    await fc.assert(
      fc.asyncProperty(positive, positive, positive, async (tenantId, userId, orderId) => {
        const event = sales({ tenantId, assignedTo: userId, orderId, timestamp: orderId });
        const { outputs } = await new TopologyDriver().feed('SALES_EVENT_TOPIC', event);
        const [inApp] = outputs.NOTIFICATION_INAPP_TOPIC;
        expect(inApp?.key).toBe(`${tenantId}|${userId}`);
        expect(inApp?.event).toMatchObject({ tenantId, userId, entityId: orderId, timestamp: orderId });
      }),
      { numRuns: 20 },
    );
  });

  it('are in the wire format: a zero, the id of the schema, the body', async () => {
    const { records } = await new TopologyDriver().feed('TASK_EVENT_TOPIC', task());
    expect(records.length).toBeGreaterThan(0);
    for (const { value } of records) {
      expect(value?.[0]).toBe(0);
      expect(value?.readUInt32BE(1)).toBeGreaterThan(0);
    }
  });
});

describe('an e-mail', () => {
  it('goes to the address in the directory, with the message of a mapped event as its subject', async () => {
    const driver = await driverWithUser();
    const { outputs } = await driver.feed('TASK_EVENT_TOPIC', task({ taskTitle: `<b>"A" & 'B'</b>` }));
    const email = outputs.EMAIL_REQUEST_TOPIC[0]!.event;
    expect({ ...email, notificationId: 0n, templateVars: { ...email.templateVars } }).toEqual({
      eventId: 'task-1',
      timestamp: HAPPENED,
      to: ['linh@example.com'],
      subject: `Task '<b>"A" & 'B'</b>' assigned to you`,
      body: `Task '<b>"A" & 'B'</b>' assigned to you`,
      bodyHtml: '<p>Task &#39;&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;&#39; assigned to you</p>',
      templateCode: null,
      templateVars: {},
      notificationId: 0n,
      tenantId: TENANT,
      priority: 'LOW',
    });
  });

  it('has the title of a request as its subject, on one line', async () => {
    const driver = await driverWithUser();
    const event = request({ channels: ['EMAIL'], title: 'Export\r\nBcc: all@example.com\tready ' });
    const { outputs } = await driver.feed(REQUESTS, event);
    expect(outputs.EMAIL_REQUEST_TOPIC[0]?.event.subject).toBe('Export Bcc: all@example.com ready');
  });

  it('has the message of a mapped event as its subject on one line, too', async () => {
    const driver = await driverWithUser();
    const { outputs } = await driver.feed('TASK_EVENT_TOPIC', task({ taskTitle: 'a\nb' }));
    expect(outputs.EMAIL_REQUEST_TOPIC[0]?.event).toMatchObject({
      subject: `Task 'a b' assigned to you`,
      body: `Task 'a\nb' assigned to you`,
    });
  });

  it('has the action URL on a line and in a link of its own', async () => {
    const driver = await driverWithUser();
    const actionUrl = 'https://erp.example/x?a=1&b="2"';
    const { outputs } = await driver.feed(REQUESTS, request({ channels: ['EMAIL'], message: 'Done', actionUrl }));
    expect(outputs.EMAIL_REQUEST_TOPIC[0]?.event).toMatchObject({
      body: `Done\n${actionUrl}`,
      bodyHtml:
        '<p>Done</p><p><a href="https://erp.example/x?a=1&amp;b=&quot;2&quot;">' +
        'https://erp.example/x?a=1&amp;b=&quot;2&quot;</a></p>',
    });
  });

  it.each([null, '', ' ', 'a@example.com\r\nBcc: b@example.com', 'a@b,c@d', 'Bcc: z@z'])(
    'is skipped for the address %j',
    async (email) => {
      const driver = new TopologyDriver();
      await driver.feed('USER_EVENT_TOPIC', user({ email }));
      const driven = await driver.feed(REQUESTS, request({ channels: ['EMAIL'] }));
      expect(deliveries(driven)).toEqual([['EMAIL SKIPPED NO_ADDRESS']]);
      expect(counts(driven)).toEqual({ NOTIFICATION_DELIVERED_TOPIC: 1 });
    },
  );

  it('is skipped for a user whom the directory does not know, or knows in another tenant only', async () => {
    const driver = await driverWithUser();
    const driven = await driver.feed(REQUESTS, request({ channels: ['EMAIL'], tenantId: 2n }));
    expect(deliveries(driven)).toEqual([['EMAIL SKIPPED NO_ADDRESS']]);
  });
});

describe('an action URL', () => {
  it.each<[ActionUrlFault, string]>([
    ['scheme', 'javascript:alert(1)'],
    ['scheme', '//evil.example'],
    ['credentials', 'https://user:pass@erp.example/'],
    ['characters', 'https://erp.example/\u202e'],
    ['malformed', 'https:erp.example'],
    ['too-long', `/${'x'.repeat(10_000)}`],
  ])('that must not go out (%s) is null in every output, and counted', async (fault, actionUrl) => {
    const driver = await driverWithUser();
    const driven = await driver.feed(REQUESTS, request({ channels: EVERYWHERE, message: 'Done', actionUrl }));
    expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.actionUrl).toBeNull();
    expect(driven.outputs.PUSH_REQUEST_TOPIC[0]?.event.actionUrl).toBeNull();
    expect(driven.outputs.EMAIL_REQUEST_TOPIC[0]?.event).toMatchObject({ body: 'Done', bodyHtml: '<p>Done</p>' });
    expect(driven.processed).toMatchObject({ value: { event: { corrections: [{ kind: 'action-url', fault }] } } });
  });

  it('goes out as it came otherwise, and nothing is counted', async () => {
    const actionUrl = 'HTTPS://ERP.example/%7Ea/../b?x=1';
    const driver = await driverWithUser();
    const driven = await driver.feed(REQUESTS, request({ channels: EVERYWHERE, message: 'Done', actionUrl }));
    expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.actionUrl).toBe(actionUrl);
    expect(driven.outputs.PUSH_REQUEST_TOPIC[0]?.event.actionUrl).toBe(actionUrl);
    expect(driven.outputs.EMAIL_REQUEST_TOPIC[0]?.event.body).toBe(`Done\n${actionUrl}`);
    expect(driven.processed).toMatchObject({ value: { event: { corrections: [] } } });
  });

  it('may have the schemes that are configured', async () => {
    const driver = await driverWithUser({ actionUrlSchemes: ['serp'] });
    const urls = ['serp://tasks/1', 'https://erp.example/', '/tasks/1'].map(async (actionUrl) => {
      const driven = await driver.feed(REQUESTS, request({ eventId: actionUrl, actionUrl }));
      return driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.actionUrl;
    });
    expect(await Promise.all(urls)).toEqual(['serp://tasks/1', null, '/tasks/1']);
  });

  it('that is blank is none, and nothing is counted', async () => {
    for (const actionUrl of ['', ' ']) {
      const driven = await new TopologyDriver().feed(REQUESTS, request({ actionUrl }));
      expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.actionUrl).toBeNull();
      expect(driven.processed).toMatchObject({ value: { event: { corrections: [] } } });
    }
  });

  it("in a template's link is held to the same rule, and counted", async () => {
    const email = '<a href="{{url}}">{{url}}</a>';
    const templates = compileTemplates([{ code: 'T', title: 't', message: 'm', email }]);
    const driver = await driverWithUser({ templates });
    const templateVars = { url: 'javascript:alert(1)' };
    const driven = await driver.feed(REQUESTS, request({ channels: ['EMAIL'], templateCode: 'T', templateVars }));
    expect(driven.outputs.EMAIL_REQUEST_TOPIC[0]?.event.bodyHtml).toBe('<a href="#">javascript:alert(1)</a>');
    expect(driven.processed).toMatchObject({
      value: { event: { corrections: [{ kind: 'action-url', fault: 'scheme' }] } },
    });
  });
});

describe('a push', () => {
  it("goes to the user's devices, with the request's metadata", async () => {
    const driver = await driverWithUser();
    const event = request({ channels: ['PUSH'], actionUrl: '/x', metadata: { a: '1' }, priority: 'HIGH' });
    const push = (await driver.feed(REQUESTS, event)).outputs.PUSH_REQUEST_TOPIC[0]!.event;
    expect({ ...push, notificationId: 0n, data: { ...push.data } }).toEqual({
      eventId: 'request-1',
      timestamp: HAPPENED,
      userId: USER,
      tenantId: TENANT,
      deviceTokens: ['phone', 'tablet'],
      title: 'Export ready',
      body: 'Your export can be downloaded',
      actionUrl: '/x',
      data: { a: '1' },
      notificationId: 0n,
      priority: 'HIGH',
      expiresAt: null,
    });
  });

  it.each([[[]], [['', ' ']]])('is skipped for the devices %j', async (deviceTokens) => {
    const driver = new TopologyDriver();
    await driver.feed('USER_EVENT_TOPIC', user({ deviceTokens }));
    const driven = await driver.feed(REQUESTS, request({ channels: ['PUSH'] }));
    expect(deliveries(driven)).toEqual([['PUSH SKIPPED NO_DEVICE']]);
    expect(counts(driven)).toEqual({ NOTIFICATION_DELIVERED_TOPIC: 1 });
  });

  it('leaves out a blank device among others', async () => {
    const driver = new TopologyDriver();
    await driver.feed('USER_EVENT_TOPIC', user({ deviceTokens: ['', 'phone'] }));
    const { outputs } = await driver.feed(REQUESTS, request({ channels: ['PUSH'] }));
    expect(outputs.PUSH_REQUEST_TOPIC[0]?.event.deviceTokens).toEqual(['phone']);
  });
});

describe('a channel that the user muted', () => {
  it.each(EVERYWHERE)('%s is skipped, and no other', async (muted) => {
    const driver = new TopologyDriver();
    await driver.feed('USER_EVENT_TOPIC', user({ mutedChannels: [muted] }));
    const driven = await driver.feed(REQUESTS, request({ channels: EVERYWHERE }));
    expect(deliveries(driven)).toEqual([
      EVERYWHERE.map((channel) => (channel === muted ? `${channel} SKIPPED MUTED` : `${channel} DISPATCHED`)),
    ]);
    expect(Object.keys(counts(driven))).toHaveLength(3);
  });

  it('is used all the same when the priority is HIGH', async () => {
    const driver = new TopologyDriver();
    await driver.feed('USER_EVENT_TOPIC', user({ mutedChannels: EVERYWHERE }));
    const driven = await driver.feed(REQUESTS, request({ channels: EVERYWHERE, priority: 'HIGH' }));
    expect(deliveries(driven)).toEqual([EVERYWHERE.map((channel) => `${channel} DISPATCHED`)]);
  });

  it('is MUTED before it is without an address or a device', async () => {
    const driver = new TopologyDriver();
    await driver.feed('USER_EVENT_TOPIC', user({ email: null, deviceTokens: [], mutedChannels: EVERYWHERE }));
    const driven = await driver.feed(REQUESTS, request({ channels: EVERYWHERE }));
    expect(deliveries(driven)).toEqual([EVERYWHERE.map((channel) => `${channel} SKIPPED MUTED`)]);
  });

  it('is unknown before it is muted', async () => {
    const driver = new TopologyDriver();
    await driver.feed('USER_EVENT_TOPIC', user({ mutedChannels: ['FAX'] }));
    const driven = await driver.feed(REQUESTS, request({ channels: ['FAX'] }));
    expect(deliveries(driven)).toEqual([['FAX SKIPPED UNKNOWN_CHANNEL']]);
  });
});

describe('the delivered event', () => {
  it('says when the outcome was known: by the clock', async () => {
    const driver = new TopologyDriver({ now: 5000 });
    driver.advance(500);
    const { outputs } = await driver.feed('TASK_EVENT_TOPIC', task({ eventType: 'TASK_COMPLETED' }));
    expect(outputs.NOTIFICATION_DELIVERED_TOPIC[0]?.event).toMatchObject({
      eventId: 'task-1',
      timestamp: 5500n,
      tenantId: TENANT,
      userId: USER,
      deliveries: [{ channel: 'IN_APP', status: 'DISPATCHED', reason: null }],
    });
  });

  it('tells each recipient apart', async () => {
    const driver = await driverWithUser();
    await driver.feed('USER_EVENT_TOPIC', user({ eventId: 'u8', userId: 8n, mutedChannels: ['EMAIL'] }));
    await driver.feed('USER_EVENT_TOPIC', user({ eventId: 'u11', userId: 11n, mutedChannels: ['PUSH'] }));
    const driven = await driver.feed(REQUESTS, request({ channels: EVERYWHERE, userIds: [8n, 9n, 10n, 11n] }));
    expect(deliveries(driven)).toEqual([
      ['IN_APP DISPATCHED', 'EMAIL DISPATCHED', 'PUSH DISPATCHED'],
      ['IN_APP DISPATCHED', 'EMAIL SKIPPED MUTED', 'PUSH DISPATCHED'],
      ['IN_APP DISPATCHED', 'EMAIL SKIPPED NO_ADDRESS', 'PUSH SKIPPED NO_DEVICE'],
      ['IN_APP DISPATCHED', 'EMAIL SKIPPED NO_ADDRESS', 'PUSH SKIPPED NO_DEVICE'],
      ['IN_APP DISPATCHED', 'EMAIL DISPATCHED', 'PUSH SKIPPED MUTED'],
    ]);
  });
});
