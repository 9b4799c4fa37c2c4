/** A schema id that the registry does not know yet, or never gives: nothing waits for it for long, and its replay is processed. */
import { expect, it, onTestFinished } from 'vitest';

import { followCommitted } from '../../dev/oracle/read-committed.js';
import { SCHEMAS } from '../../schemas/types.js';
import { decode } from './harness/avro.js';
import { prepareEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { deadLetterOf, eventIds, headersOf, readOutputs } from './harness/outputs.js';
import { bringUpOwnRegistry } from './harness/own-stack.js';
import { spoilt, UNKNOWN_ID, withSchemaId } from './harness/poison.js';
import { registerVersion } from './harness/register-version.js';
import { testStack } from './harness/test-stack.js';
import { readinessOf } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';
import type { Sent } from './harness/workload.js';

// The next ids are foreseen here.
bringUpOwnRegistry('unknown-schemas');

const FAST_RETRIES = { RETRY_BACKOFF_MS: '20' };

it(
  'a dead-lettered event is processed when it is replayed after its schema was registered',
  { timeout: 60_000 },
  async () => {
    const test = await prepareEnvironment('replay', 1);
    const { task } = messagesOf(test);
    const register = (doc: string) => registerVersion(`${test.prefix}TASK_EVENT_TOPIC-value`, SCHEMAS.TaskEvent, doc);
    // Ids are given one after another.
    const future = (await register('version 0')) + 3;
    await produceAll(test.prefix, [spoilt(task({ eventId: 'early' }), 'early', withSchemaId(future))]);
    const worker = startWorker({ env: test.env('a', FAST_RETRIES) });
    await untilProcessed(test.prefix);
    const letter = deadLetterOf(await readOutputs(test.prefix), 'early');
    expect(headersOf(letter)['dlq.reason']).toBe('unknown-schema');

    for (let version = 1; (await register(`version ${version}`)) < future; version += 1)
      expect(version).toBeLessThan(50);
    const headers = { ...headersOf(letter), 'dlq.replay-count': '1' };
    const replay: Sent = { topic: 'TASK_EVENT_TOPIC', message: { key: letter.key, value: letter.value, headers } };
    // A worker that was told "unknown" asks again after half a minute; another one asks at once.
    expect((await worker.stop()).code).toBe(0);
    await produceAll(test.prefix, [replay, replay]);
    const next = startWorker({ env: test.env('a', FAST_RETRIES) });
    await untilProcessed(test.prefix);
    const outputs = await readOutputs(test.prefix);
    expect(eventIds(outputs.inApp)).toEqual(['early']);
    expect(eventIds(outputs.delivered)).toEqual(['early']);
    expect(outputs.deadLetters).toHaveLength(1);
    expect((await next.stop()).code).toBe(0);
  },
);

it(
  'many unknown ids hold up their own source partition alone, and that not for long',
  { timeout: 60_000 },
  async () => {
    const test = await prepareEnvironment('stall', 2);
    const { task, crm } = messagesOf(test);
    const unknown = Array.from({ length: 200 }, (_, index) => {
      const sent = spoilt(task({ eventId: `unknown-${index}` }), `unknown-${index}`, withSchemaId(UNKNOWN_ID + index));
      return { ...sent, message: { ...sent.message, partition: 0 } };
    });
    const appeared = new Map<string, number>();
    const topics = [`${test.prefix}NOTIFICATION_INAPP_TOPIC`];
    const reader = followCommitted({ brokers: testStack().kafkaBrokers, topics }, ({ value }) => {
      appeared.set(String(decode('InAppNotification', value!)['eventId']), performance.now());
    });
    onTestFinished(() => reader.stop());
    const worker = startWorker({ env: test.env() });
    await worker.ready();
    await produceAll(test.prefix, [task({ eventId: 'first' }, { partition: 0 })]);
    await until('the reader reads', () => appeared.has('first'));

    const began = performance.now();
    await produceAll(test.prefix, [
      ...unknown,
      task({ eventId: 'behind' }, { partition: 0 }),
      task({ eventId: 'other-partition' }, { partition: 1 }),
      crm({ eventId: 'other-topic' }, { partition: 0 }),
    ]);
    await until('the good ones appear', () => appeared.size === 4);
    const after = (eventId: string): number => appeared.get(eventId)! - began;
    // Three tries of an id take 3 s, and all are asked for together: what comes before that was not held up.
    expect(after('other-partition')).toBeLessThan(after('behind'));
    expect(after('other-topic')).toBeLessThan(after('behind'));
    expect(after('behind')).toBeGreaterThan(2_900);
    expect(after('behind')).toBeLessThan(20_000);
    await untilProcessed(test.prefix);
    const { deadLetters } = await readOutputs(test.prefix);
    const keys = deadLetters.map(({ key }) => String(key)).sort();
    expect(keys).toEqual(unknown.map(({ message }) => String(message.key)).sort());
    expect((await worker.stop()).code).toBe(0);
  },
);

/** An artifact that is no Avro: Apicurio 3 never gives it, Apicurio 2 gives it as it is. */
async function registerOfOtherType(subject: string): Promise<{ id: number; tries: number }> {
  const base = testStack().schemaRegistryUrl.replace('/ccompat/v7', '/registry');
  const content = `{"type":"struct","name":"${subject}"}`;
  const post = (url: string, headers: Record<string, string>, body: string): Promise<Response> =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  const wanted = {
    ...{ artifactId: subject, artifactType: 'KCONNECT' },
    firstVersion: { content: { content, contentType: 'application/json' } },
  };
  const third = await post(`${base}/v3/groups/default/artifacts`, {}, JSON.stringify(wanted));
  if (third.ok) return { id: ((await third.json()) as { version: { contentId: number } }).version.contentId, tries: 3 };
  const named = { 'x-registry-artifactid': subject, 'x-registry-artifacttype': 'KCONNECT' };
  const second = await post(`${base}/v2/groups/default/artifacts`, named, content);
  return { id: ((await second.json()) as { contentId: number }).contentId, tries: 1 };
}

it(
  'an id that the registry never gives is a fault of its records: the worker stays ready, and what is behind goes on',
  { timeout: 60_000 },
  async () => {
    const test = await prepareEnvironment('at-fault', 1);
    const { task } = messagesOf(test);
    const large = { ...SCHEMAS.TaskEvent, name: 'Large', doc: 'x'.repeat(1_100_000) };
    const ids = {
      'too-large': { id: await registerVersion(`${test.prefix}large`, large, large.doc), tries: 3 },
      'of-other-type': await registerOfOtherType(`${test.prefix}other`),
    };
    const bad = Object.entries(ids).map(([key, { id }]) => spoilt(task({ eventId: key }), key, withSchemaId(id)));
    // Before any id was answered: one of our own subjects shows that the registry works.
    await produceAll(test.prefix, [...bad, task({ eventId: 'behind' })]);
    const worker = startWorker({ env: test.env() });
    await worker.ready();
    await until('the good one is there', async () => {
      expect((await readinessOf(worker)).reasons).toEqual({});
      return eventIds((await readOutputs(test.prefix)).inApp).includes('behind');
    });
    await untilProcessed(test.prefix);
    const outputs = await readOutputs(test.prefix);
    for (const [key, { tries }] of Object.entries(ids)) {
      const headers = headersOf(deadLetterOf(outputs, key));
      expect(headers).toMatchObject({ 'dlq.reason': 'wrong-record', 'dlq.attempts': String(tries) });
    }
    const refused = Object.values(ids).filter(({ tries }) => tries > 1);
    const said = worker.logged('the schema registry answers, but not for this schema id');
    expect(said).toHaveLength(refused.length * 3);
    expect(worker.logged('waiting for the schema registry')).toEqual([]);
    expect((await worker.stop()).code).toBe(0);
  },
);
