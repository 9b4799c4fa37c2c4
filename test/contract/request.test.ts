import { describe, expect, it } from 'vitest';
import { compileTemplates } from '../../processors/templates.js';
import { SCHEMAS } from '../../schemas/types.js';
import { encodeWith, TopologyDriver, type Driven } from '../../topology/testing/driver.js';
import { counts, deliveries, driverWithUser, fate } from './drive.js';
import { HAPPENED, request, TENANT, user, USER } from './events.js';

const TOPIC = 'NOTIFICATION_REQUEST_TOPIC';
const EVERYWHERE = ['IN_APP', 'EMAIL', 'PUSH'];

function recipients({ outputs }: Driven): bigint[] {
  return outputs.NOTIFICATION_INAPP_TOPIC.map(({ event }) => event.userId);
}

describe('a request', () => {
  it('is passed on as it is', async () => {
    const driven = await new TopologyDriver().feed(
      TOPIC,
      request({
        title: 'A & B',
        message: '<b>not HTML</b>',
        type: 'CUSTOM',
        category: 'PAYROLL',
        priority: 'LOW',
        actionUrl: '/exports/9',
        actionType: 'OPEN',
        entityType: 'export',
        entityId: 2n ** 63n - 1n,
        metadata: { a: '1', __proto: 'x' },
      }),
    );
    const [record] = driven.outputs.NOTIFICATION_INAPP_TOPIC;
    expect({ ...record?.event, notificationId: 0n, metadata: { ...record?.event.metadata } }).toEqual({
      notificationId: 0n,
      eventId: 'request-1',
      timestamp: HAPPENED,
      tenantId: TENANT,
      userId: USER,
      title: 'A & B',
      message: '<b>not HTML</b>',
      type: 'CUSTOM',
      category: 'PAYROLL',
      priority: 'LOW',
      sourceService: 'reporting',
      actionUrl: '/exports/9',
      actionType: 'OPEN',
      entityType: 'export',
      entityId: 2n ** 63n - 1n,
      expiresAt: null,
      metadata: { a: '1', __proto: 'x' },
    });
  });

  it('keeps metadata whose names are those of Object.prototype', async () => {
    const metadata = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') as Record<string, string>;
    const driven = await new TopologyDriver().feed(TOPIC, request({ metadata }));
    const out = driven.outputs.NOTIFICATION_INAPP_TOPIC[0]!.event.metadata;
    expect(Object.entries(out).sort()).toEqual(Object.entries(metadata).sort());
  });

  it.each<[string, bigint, bigint[], bigint[]]>([
    ['userId alone', 7n, [], [7n]],
    ['userIds alone, where userId is 0', 0n, [9n, 8n], [9n, 8n]],
    ['userId and userIds', 7n, [8n, 9n], [7n, 8n, 9n]],
    ['each of them once', 7n, [8n, 7n, 8n], [7n, 8n]],
  ])('goes to %s', async (_, userId, userIds, expected) => {
    expect(recipients(await new TopologyDriver().feed(TOPIC, request({ userId, userIds })))).toEqual(expected);
  });

  it('goes to IN_APP when it names no channel', async () => {
    expect(deliveries(await driverWithUser().then((driver) => driver.feed(TOPIC, request())))).toEqual([
      ['IN_APP DISPATCHED'],
    ]);
  });

  it('goes to the channels that it names, in their order, each once', async () => {
    const driver = await driverWithUser();
    const driven = await driver.feed(TOPIC, request({ channels: ['PUSH', 'EMAIL', 'PUSH', 'EMAIL'] }));
    expect(deliveries(driven)).toEqual([['PUSH DISPATCHED', 'EMAIL DISPATCHED']]);
    expect(counts(driven)).toEqual({ EMAIL_REQUEST_TOPIC: 1, PUSH_REQUEST_TOPIC: 1, NOTIFICATION_DELIVERED_TOPIC: 1 });
  });

  it('skips a channel that nobody knows', async () => {
    const driver = await driverWithUser();
    const driven = await driver.feed(TOPIC, request({ channels: ['FAX', 'IN_APP', 'in_app', ''] }));
    expect(deliveries(driven)).toEqual([
      [
        'FAX SKIPPED UNKNOWN_CHANNEL',
        'IN_APP DISPATCHED',
        'in_app SKIPPED UNKNOWN_CHANNEL',
        ' SKIPPED UNKNOWN_CHANNEL',
      ],
    ]);
  });

  it('that names no known channel still says so', async () => {
    const driven = await new TopologyDriver().feed(TOPIC, request({ channels: ['FAX'] }));
    expect(counts(driven)).toEqual({ NOTIFICATION_DELIVERED_TOPIC: 1 });
  });

  it('has priority NORMAL when it names none', async () => {
    const driven = await new TopologyDriver().feed(TOPIC, request({ priority: '' }));
    expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.priority).toBe('NORMAL');
  });

  it('needs a title or a message, not both', async () => {
    const driver = new TopologyDriver();
    expect(fate(await driver.feed(TOPIC, request({ eventId: '1', title: '' })))).toBe('forwarded');
    expect(fate(await driver.feed(TOPIC, request({ eventId: '2', message: '' })))).toBe('forwarded');
    expect(fate(await driver.feed(TOPIC, request({ eventId: '3', title: ' ', message: '\n' })))).toBe('invalid-event');
  });

  it.each(['', 'CREATE_NOTIFICATION', 'DELETE_NOTIFICATION', 'toString'])(
    'is taken as it is, whatever its eventType says: %j',
    async (eventType) => {
      const driven = await new TopologyDriver().feed(TOPIC, request({ eventType }));
      expect(deliveries(driven)).toEqual([['IN_APP DISPATCHED']]);
    },
  );

  it.each([
    ['low', 'LOW'],
    ['High', 'HIGH'],
    ['NORMAL', 'NORMAL'],
    ['URGENT', 'NORMAL'],
    [' ', 'NORMAL'],
    ['toString', 'NORMAL'],
  ])('of priority %j has %s', async (priority, expected) => {
    const driver = await driverWithUser();
    const { outputs } = await driver.feed(TOPIC, request({ priority, channels: EVERYWHERE }));
    expect(outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.priority).toBe(expected);
    expect(outputs.PUSH_REQUEST_TOPIC[0]?.event.priority).toBe(expected);
    expect(outputs.EMAIL_REQUEST_TOPIC[0]?.event.priority).toBe(expected);
  });

  it('of priority high passes what the user muted, however it is written', async () => {
    const driver = new TopologyDriver();
    await driver.feed('USER_EVENT_TOPIC', user({ mutedChannels: EVERYWHERE }));
    const driven = await driver.feed(TOPIC, request({ priority: 'high', channels: EVERYWHERE }));
    expect(deliveries(driven)).toEqual([EVERYWHERE.map((channel) => `${channel} DISPATCHED`)]);
  });

  it('names an unknown channel whole, once, for each recipient', async () => {
    const long = `FAX-${'é'.repeat(1000)}🎉`;
    const driven = await new TopologyDriver().feed(
      TOPIC,
      request({ userIds: [8n], channels: [long, `${long}2`, long] }),
    );
    const skipped = [`${long} SKIPPED UNKNOWN_CHANNEL`, `${long}2 SKIPPED UNKNOWN_CHANNEL`];
    expect(deliveries(driven)).toEqual([skipped, skipped]);
  });

  it('whose unknown channels make more than goes out is dead-lettered, not cut', async () => {
    const channels = ['x'.repeat(600_000), 'y'.repeat(600_000)];
    expect(fate(await new TopologyDriver().feed(TOPIC, request({ channels })))).toBe('too-large');
  });

  it('with a blank title has the first line of its message as the subject of its e-mail', async () => {
    const driver = await driverWithUser();
    const event = request({ title: ' ', message: '\n Export ready\nGet it soon', channels: EVERYWHERE });
    const { outputs } = await driver.feed(TOPIC, event);
    expect(outputs.EMAIL_REQUEST_TOPIC[0]?.event.subject).toBe('Export ready');
    expect(outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.title).toBe(' ');
  });
});

describe('a request of a producer that writes 0 and "" where it has nothing', () => {
  const NOTHING = { userIds: [], actionUrl: '', actionType: '', entityType: '', entityId: 0n, expiresAt: 0n };

  it('has none of these fields, and is sent', async () => {
    const driver = await driverWithUser();
    const driven = await driver.feed(TOPIC, request({ ...NOTHING, channels: EVERYWHERE, templateCode: '' }));
    expect(deliveries(driven)).toEqual([EVERYWHERE.map((channel) => `${channel} DISPATCHED`)]);
    const none = { actionUrl: null, expiresAt: null };
    expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event).toMatchObject({
      ...none,
      actionType: null,
      entityType: null,
      entityId: null,
    });
    expect(driven.outputs.PUSH_REQUEST_TOPIC[0]?.event).toMatchObject(none);
    expect(driven.outputs.EMAIL_REQUEST_TOPIC[0]?.event).toMatchObject({
      templateCode: null,
      body: 'Your export can be downloaded',
    });
  });

  it('goes to userIds alone where userId is 0', async () => {
    expect(
      recipients(await new TopologyDriver().feed(TOPIC, request({ ...NOTHING, userId: 0n, userIds: [9n] }))),
    ).toEqual([9n]);
  });
});

describe('a request with an expiry', () => {
  it('is sent up to that time, which is passed on', async () => {
    const driver = await driverWithUser();
    const expiresAt = BigInt(driver.now);
    const driven = await driver.feed(TOPIC, request({ channels: EVERYWHERE, expiresAt }));
    expect(deliveries(driven)).toEqual([EVERYWHERE.map((channel) => `${channel} DISPATCHED`)]);
    expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.expiresAt).toBe(expiresAt);
    expect(driven.outputs.PUSH_REQUEST_TOPIC[0]?.event.expiresAt).toBe(expiresAt);
  });

  it('is sent nowhere after that time, and every channel is EXPIRED for every recipient', async () => {
    const driver = await driverWithUser();
    const expiresAt = BigInt(driver.now);
    driver.advance(1);
    const driven = await driver.feed(TOPIC, request({ channels: [...EVERYWHERE, 'FAX'], userIds: [8n], expiresAt }));
    const expired = ['IN_APP', 'EMAIL', 'PUSH', 'FAX'].map((channel) => `${channel} EXPIRED EXPIRED`);
    expect(deliveries(driven)).toEqual([expired, expired]);
    expect(counts(driven)).toEqual({ NOTIFICATION_DELIVERED_TOPIC: 2 });
  });

  it('of a writer in microseconds is expired at that time, too', async () => {
    const driver = new TopologyDriver();
    const fields = SCHEMAS.NotificationRequestEvent.fields.map((field) =>
      field.name === 'expiresAt'
        ? { ...field, type: ['null', { type: 'long', logicalType: 'timestamp-micros' }] }
        : field,
    );
    const schema = { ...SCHEMAS.NotificationRequestEvent, fields };
    const expiresAt = BigInt(driver.now - 1) * 1000n;
    const driven = await driver.feedValue(TOPIC, encodeWith(schema, driver.register(schema), request({ expiresAt })));
    expect(deliveries(driven)).toEqual([['IN_APP EXPIRED EXPIRED']]);
  });

  it('goes by the clock, not by the event', async () => {
    const driver = new TopologyDriver();
    const expiresAt = BigInt(driver.now) + 10n;
    const late = await driver.feed(TOPIC, request({ timestamp: expiresAt + 10n, expiresAt }));
    expect(deliveries(late)).toEqual([['IN_APP DISPATCHED']]);
  });
});

describe('a request with a template', () => {
  const templates = compileTemplates([
    {
      code: 'PAYSLIP',
      title: 'Payslip {{month}}',
      message: 'Dear {{name}}, your payslip is ready',
      email: '<h1>{{month}}</h1><p>{{name}}</p>',
    },
    { code: 'PLAIN', title: '{{title}}', message: '{{message}}', email: null },
  ]);
  const templateVars = { month: 'May', name: `<O'Neil>` };

  it('that we know takes title, message and e-mail from it', async () => {
    const driver = await driverWithUser({ templates });
    const driven = await driver.feed(
      TOPIC,
      request({ channels: EVERYWHERE, templateCode: 'PAYSLIP', templateVars, actionUrl: '/payslips/5' }),
    );
    expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event).toMatchObject({
      title: 'Payslip May',
      message: `Dear <O'Neil>, your payslip is ready`,
    });
    expect(driven.outputs.PUSH_REQUEST_TOPIC[0]?.event).toMatchObject({ title: 'Payslip May' });
    const email = driven.outputs.EMAIL_REQUEST_TOPIC[0]!.event;
    expect(email).toMatchObject({
      subject: 'Payslip May',
      body: `Dear <O'Neil>, your payslip is ready\n/payslips/5`,
      bodyHtml: '<h1>May</h1><p>&lt;O&#x27;Neil&gt;</p>',
      templateCode: null,
    });
    expect(Object.keys(email.templateVars)).toEqual([]);
  });

  it('without an e-mail of its own has the standard one', async () => {
    const driver = await driverWithUser({ templates });
    const vars = { title: 'T', message: 'a < b' };
    const driven = await driver.feed(
      TOPIC,
      request({ channels: ['EMAIL'], templateCode: 'PLAIN', templateVars: vars }),
    );
    expect(driven.outputs.EMAIL_REQUEST_TOPIC[0]?.event.bodyHtml).toBe('<p>a &lt; b</p>');
  });

  it('that we do not know is passed on to mailservice with its values, beside its own title and message', async () => {
    const driver = await driverWithUser({ templates });
    const driven = await driver.feed(TOPIC, request({ channels: EVERYWHERE, templateCode: 'OTHER', templateVars }));
    const email = driven.outputs.EMAIL_REQUEST_TOPIC[0]!.event;
    expect({ ...email, templateVars: { ...email.templateVars } }).toMatchObject({
      subject: 'Export ready',
      body: 'Your export can be downloaded',
      bodyHtml: '<p>Your export can be downloaded</p>',
      templateCode: 'OTHER',
      templateVars,
    });
    expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.title).toBe('Export ready');
    expect(driven.processed).toMatchObject({
      value: { event: { corrections: [{ kind: 'unknown-template', code: 'OTHER' }] } },
    });
  });

  it('that renders title and message blank is invalid', async () => {
    const driven = await new TopologyDriver({ templates }).feed(TOPIC, request({ templateCode: 'PLAIN' }));
    expect(fate(driven)).toBe('invalid-event');
  });

  it('needs no title and message of its own', async () => {
    const driven = await new TopologyDriver({ templates }).feed(
      TOPIC,
      request({ title: '', message: '', templateCode: 'PAYSLIP', templateVars }),
    );
    expect(fate(driven)).toBe('forwarded');
  });
});
