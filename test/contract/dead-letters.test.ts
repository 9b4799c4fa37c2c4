import { describe, expect, it } from 'vitest';
import { encodeWith, TopologyDriver, type Driven } from '../../topology/testing/driver.js';
import { SCHEMAS } from '../../schemas/types.js';
import type { NotificationRequestEvent } from '../../schemas/types.js';
import { counts, driverWithUser, fate } from './drive.js';
import { request, sales, task, user } from './events.js';
import { RecordHeaders } from '../../common/record-headers.js';

const TOPIC = 'TASK_EVENT_TOPIC';
const REQUESTS = 'NOTIFICATION_REQUEST_TOPIC';
const INT64_MIN = -(2n ** 63n);

/** Those that were added, as texts. */
function headersOf({ outputs }: Driven): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...(outputs.NOTIFICATION_DLQ[0]?.added ?? [])].map(([name, value]) => [name, String(value)]),
  );
}

describe('an invalid event', () => {
  it.each<[string, Partial<NotificationRequestEvent>, RegExp]>([
    ['no recipient', { userId: 0n }, /names no recipient/],
    ['a negative recipient', { userId: -1n }, /recipient's id is -1/],
    ['a recipient that is 0 among others', { userIds: [8n, 0n] }, /recipient's id is 0/],
    ['a negative recipient among others', { userIds: [8n, INT64_MIN] }, /recipient's id is -9223372036854775808/],
    ['tenant 0', { tenantId: 0n }, /tenantId is 0/],
    ['a negative tenant', { tenantId: -5n }, /tenantId is -5/],
    ['an empty event id', { eventId: '' }, /eventId is empty/],
    ['an event id of 257 bytes', { eventId: `${'é'.repeat(128)}x` }, /eventId has 257 bytes; expected at most 256/],
    ['blank title and message', { title: ' ', message: '' }, /title and message are both blank/],
  ])('is one with %s', async (_, fields, message) => {
    const driven = await new TopologyDriver().feed(REQUESTS, request({ channels: ['IN_APP', 'EMAIL'], ...fields }));
    expect(counts(driven)).toEqual({ NOTIFICATION_DLQ: 1 });
    expect(headersOf(driven)).toMatchObject({
      'dlq.reason': 'invalid-event',
      '__streams.errors.exception': 'InvalidEvent',
      '__streams.errors.message': expect.stringMatching(message) as string,
    });
  });

  it('is not one whose event id has 256 bytes', async () => {
    const eventId = 'é'.repeat(128);
    expect(fate(await new TopologyDriver().feed(REQUESTS, request({ eventId })))).toBe('forwarded');
  });

  it('may come from every source', async () => {
    const driver = new TopologyDriver();
    const all = [
      await driver.feed(TOPIC, task({ assignedTo: 0n })),
      await driver.feed('SALES_EVENT_TOPIC', sales({ tenantId: -1n })),
      await driver.feed('USER_EVENT_TOPIC', user({ eventType: 'USER_UPDATED', userId: 0n })),
      await driver.feed('USER_EVENT_TOPIC', user({ eventType: 'USER_DELETED', tenantId: 0n })),
    ];
    expect(all.map(fate)).toEqual(all.map(() => 'invalid-event'));
    expect(all.map(counts)).toEqual(all.map(() => ({ NOTIFICATION_DLQ: 1 })));
  });

  it('says what is wrong without quoting what it holds', async () => {
    const secret = 'the-secret-'.repeat(30);
    const driven = await new TopologyDriver().feed(TOPIC, task({ eventId: secret, taskTitle: secret }));
    expect(JSON.stringify(headersOf(driven))).not.toContain('the-secret');
  });
});

describe('a record that cannot be decoded', () => {
  const driver = new TopologyDriver();
  const good = driver.encode(TOPIC, task());
  const withId = (id: number): Buffer => {
    const value = Buffer.from(good);
    value.writeUInt32BE(id, 1);
    return value;
  };

  it.each<[string, Buffer, string, string]>([
    ['an empty value', Buffer.alloc(0), 'bad-magic', 'BadMagic'],
    ['a value of 4 bytes', good.subarray(0, 4), 'bad-magic', 'BadMagic'],
    ['a value that does not begin with 0', Buffer.from('{"eventId":"1"}'), 'bad-magic', 'BadMagic'],
    ['a schema that the registry does not know', withId(9999), 'unknown-schema', 'UnknownSchema'],
    ["another topic's record", driver.encode('SALES_EVENT_TOPIC', sales()), 'wrong-record', 'WrongRecord'],
    ['a body cut short', good.subarray(0, -1), 'undecodable', 'MalformedBodyError'],
    ['bytes after its body', Buffer.concat([good, Buffer.from([0])]), 'undecodable', 'MalformedBodyError'],
  ])('such as one with %s goes straight there', async (_, value, reason, exception) => {
    const driven = await driver.feedValue(TOPIC, value, { key: Buffer.from('k') });
    expect(counts(driven)).toEqual({ NOTIFICATION_DLQ: 1 });
    expect(driven.outputs.NOTIFICATION_DLQ[0]).toMatchObject({ key: Buffer.from('k'), value });
    expect(headersOf(driven)).toMatchObject({ 'dlq.reason': reason, '__streams.errors.exception': exception });
  });

  it('for a schema unknown to the registry was asked for three times', async () => {
    expect(headersOf(await driver.feedValue(TOPIC, withId(8888)))).toMatchObject({ 'dlq.attempts': '3' });
  });

  it('for any other fault was tried once', async () => {
    expect(headersOf(await driver.feedValue(TOPIC, good.subarray(0, -1)))).toMatchObject({ 'dlq.attempts': '1' });
  });

  it("is not one written with another version of the topic's schema", async () => {
    const schema = {
      ...SCHEMAS.TaskEvent,
      fields: [
        ...SCHEMAS.TaskEvent.fields.filter(({ name }) => name !== 'deadlineMs'),
        { name: 'labels', type: { type: 'array', items: 'string' }, default: [] },
      ],
    };
    const value = encodeWith(schema, driver.register(schema), { ...task({ eventId: 'v2' }), labels: ['a'] });
    const driven = await driver.feedValue(TOPIC, value);
    expect(driven.outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.message).toBe(`Task 'Prepare invoice' assigned to you`);
  });
});

describe('an event whose output is too large', () => {
  it('is dead-lettered whole, for all its recipients', async () => {
    const driver = await driverWithUser();
    // In HTML each of these takes five bytes.
    const message = '&'.repeat(250_000);
    const event = request({ channels: ['IN_APP', 'EMAIL'], userIds: [8n, 9n], message });
    const driven = await driver.feed(REQUESTS, event);
    expect(counts(driven)).toEqual({ NOTIFICATION_DLQ: 1 });
    expect(headersOf(driven)).toMatchObject({
      'dlq.reason': 'too-large',
      '__streams.errors.exception': 'TooLarge',
      '__streams.errors.message': expect.stringMatching(/^email: a record has \d+ bytes/) as string,
    });
  });

  it('takes neither memory nor time for the product of many recipients and many channels', async () => {
    const channels = Array.from({ length: 30_000 }, (_, i) => `C${i}`);
    const userIds = Array.from({ length: 60_000 }, (_, i) => BigInt(i + 1));
    const driver = new TopologyDriver({ maxEventBytes: 2_000_000 });
    const driven = await driver.feed(REQUESTS, request({ channels, userIds }));
    expect(fate(driven)).toBe('too-large');
  });
});

describe('a dead letter', () => {
  const parts = {
    partition: 5,
    timestamp: 1_700_000_000_123,
    key: Buffer.from([0, 255, 1]),
    headers: RecordHeaders.of([
      ['many', Buffer.from('a')],
      ['trace-id', Buffer.from('t-1')],
      ['many', Buffer.from('b')],
      ['nothing', null],
    ]),
  };

  it('is the record as it came, with headers that say where from and why', async () => {
    const driver = new TopologyDriver({ appId: 'app-1' });
    await driver.feed(TOPIC, task({ eventId: 'before' }), parts);
    const driven = await driver.feed(TOPIC, task({ tenantId: 0n }), parts);
    const [letter, ...more] = driven.outputs.NOTIFICATION_DLQ;
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ topic: 'NOTIFICATION_DLQ', key: parts.key, value: driven.record.value });
    expect([...letter!.headers]).toEqual([...parts.headers]);
    expect(headersOf(driven)).toEqual({
      '__streams.errors.exception': 'InvalidEvent',
      '__streams.errors.message': 'tenantId is 0; expected a positive id',
      '__streams.errors.topic': TOPIC,
      '__streams.errors.partition': '5',
      '__streams.errors.offset': '1',
      '__streams.errors.stacktrace': '',
      'dlq.reason': 'invalid-event',
      'dlq.timestamp': '1700000000123',
      'dlq.attempts': '1',
      'dlq.replay-count': '0',
      'dlq.app': 'app-1',
    });
  });

  it('of a replay keeps its count, and says again what went wrong', async () => {
    const headers = RecordHeaders.of([
      ['dlq.replay-count', '2'],
      ['dlq.reason', 'undecodable'],
      ['__streams.errors.offset', '77'],
    ]);
    const driven = await new TopologyDriver().feed(TOPIC, task({ tenantId: 0n }), { headers });
    expect([...driven.outputs.NOTIFICATION_DLQ[0]!.headers]).toEqual([...headers]);
    expect(headersOf(driven)).toMatchObject({
      'dlq.replay-count': '2',
      'dlq.reason': 'invalid-event',
      '__streams.errors.offset': '0',
    });
  });

  it('says a replay count of 0 when the one that came is none', async () => {
    const headers = RecordHeaders.of([['dlq.replay-count', 'x'.repeat(100_000)]]);
    const driven = await new TopologyDriver().feed(TOPIC, task({ tenantId: 0n }), { headers });
    expect(headersOf(driven)).toMatchObject({ 'dlq.replay-count': '0' });
  });

  it('of a record over the bound says how large it was, and what its whole value is', async () => {
    const value = { bytes: 8_999_000, sha256: 'ab'.repeat(32) };
    const driven = await new TopologyDriver().feed(TOPIC, task(), {
      ...parts,
      defect: { kind: 'too-large', bytes: 9_000_000, maxBytes: 8_388_608, value },
    });
    expect(counts(driven)).toEqual({ NOTIFICATION_DLQ: 1 });
    expect(driven.outputs.NOTIFICATION_DLQ[0]).toMatchObject({ key: parts.key, wholeValue: value });
    expect(headersOf(driven)).toMatchObject({
      'dlq.reason': 'too-large',
      '__streams.errors.message': 'the record has 9000000 bytes; MAX_RECORD_BYTES is 8388608',
    });
  });

  it('of a batch that cannot be unpacked names its codec, its size and its last offset', async () => {
    const defect = {
      kind: 'unreadable-batch',
      lastOffset: 12,
      codec: 'gzip',
      bytes: 30_127,
      message: 'it is too large',
    } as const;
    const driven = await new TopologyDriver().feedValue(TOPIC, null, { defect });
    expect(driven.outputs.NOTIFICATION_DLQ).toMatchObject([{ key: null, value: null }]);
    expect(headersOf(driven)).toMatchObject({
      'dlq.reason': 'unreadable-batch',
      '__streams.errors.exception': 'UnreadableBatch',
      '__streams.errors.offset': '0',
      'dlq.batch-last-offset': '12',
      'dlq.batch-codec': 'gzip',
      'dlq.batch-bytes': '30127',
    });
  });

  it('has no key when the record had none', async () => {
    const driven = await new TopologyDriver().feedValue(TOPIC, Buffer.from('x'));
    expect(driven.outputs.NOTIFICATION_DLQ[0]?.key).toBeNull();
  });

  it('shows a stack only when that is switched on', async () => {
    const value = new TopologyDriver().encode(TOPIC, task()).subarray(0, -1);
    const off = await new TopologyDriver().feedValue(TOPIC, value);
    const on = await new TopologyDriver({ stackTraces: true }).feedValue(TOPIC, value);
    expect(headersOf(off)['__streams.errors.stacktrace']).toBe('');
    expect(headersOf(on)['__streams.errors.stacktrace']).toMatch(/^ {4}at /);
  });

  it('is the only output of its event, for any of its recipients', async () => {
    const driver = await driverWithUser();
    const driven = await driver.feed(
      REQUESTS,
      request({ channels: ['IN_APP', 'EMAIL', 'PUSH'], userIds: [8n, 9n, -1n] }),
    );
    expect(counts(driven)).toEqual({ NOTIFICATION_DLQ: 1 });
  });

  it('of an account event leaves the directory as it is', async () => {
    const driver = await driverWithUser();
    const before = driver.user(1n, 7n);
    await driver.feed('USER_EVENT_TOPIC', user({ eventId: '', email: 'new@example.com', timestamp: 2n ** 62n }));
    expect(driver.user(1n, 7n)).toBe(before);
  });
});
