/** Dead letters replayed and imported, as an operator would: the outcome as the Java client sees it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readCommitted, type OracleRecord } from '../../dev/oracle/read-committed.js';
import { configureTopic } from './harness/configure-topic.js';
import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { testStack } from './harness/test-stack.js';
import { testKafka } from './harness/topics.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';

const LETTERS = 500;
const folder = mkdtempSync(join(tmpdir(), 'notification-streams-replay-'));
const file = join(folder, 'letters.ndjson');
let test: TestEnvironment;
let tasks: string;

beforeAll(async () => {
  test = await prepareEnvironment('dlq-replay', 2);
  tasks = `${test.prefix}TASK_EVENT_TOPIC`;
  const { task, request, user } = messagesOf(test);
  await configureTopic(`${test.prefix}EMAIL_REQUEST_TOPIC`, 'max.message.bytes', '60000');
  await produceAll(test.prefix, [
    user({ eventId: 'u' }),
    request({ eventId: 'large', channels: ['EMAIL', 'IN_APP'], message: 'x'.repeat(40_000) }),
    task(
      { eventId: 'wrong', tenantId: 0n },
      { headers: { 'trace-id': 't-1' }, timestamp: String(Date.now() - 60_000) },
    ),
    ...Array.from({ length: LETTERS }, (_, index) => task({ eventId: `bad-${index}`, assignedTo: 0n })),
  ]);
  await startWorker({ env: test.env('worker', { ROLES: 'stream' }) }).ready();
  await untilProcessed(test.prefix);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

const dlq = (...args: string[]): WorkerProcess => startWorker({ env: test.env(), args: ['dlq', ...args] });
async function said(...args: string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const command = dlq(...args);
  const { code } = await command.exited;
  return { code, text: command.lines.join('\n') };
}

async function records(topic: string): Promise<OracleRecord[]> {
  return readCommitted({ brokers: testStack().kafkaBrokers, topics: [topic] });
}

function header({ headers }: OracleRecord, name: string): string | undefined {
  return headers.findLast(([one]) => one === name)?.[1]?.toString();
}

/** Replayed by now, without a look at the records. */
async function replayedCount(): Promise<number> {
  const admin = testKafka(testStack().kafkaBrokers).admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(tasks);
  await admin.disconnect();
  // The two that were read before are no letters of the 500; markers count for a few.
  return ends.reduce((sum, { offset }) => sum + Number(offset), 0) - LETTERS;
}

describe('dead letters', { timeout: 60_000 }, () => {
  it('are notified, once, when they are replayed after their cause was mended', async () => {
    const dry = await said('replay', '--reason', 'too-large', '--dry-run');
    expect(dry.text).toMatch(/^1 dead letter would be sent\n +1 +too-large +to \S+NOTIFICATION_REQUEST_TOPIC$/m);
    await configureTopic(`${test.prefix}EMAIL_REQUEST_TOPIC`, 'max.message.bytes', '1000000');
    const sent = await said('replay', '--reason', 'too-large');
    expect(sent).toMatchObject({ code: 0, text: expect.stringMatching(/^1 dead letter sent$/m) as string });
    const [, since] = /`notification-streams dlq list (--since \S+)`/.exec(sent.text) ?? [];
    const again = await said('replay', '--reason', 'too-large');
    expect(again.text).toMatch(/^0 dead letters sent\n1 dead letter left\n +1 +already-replayed /m);
    await untilProcessed(test.prefix);
    const { inApp, emails } = await readOutputs(test.prefix);
    expect([eventIds(inApp), eventIds(emails)]).toEqual([['large'], ['large']]);
    expect((await said('list', ...since!.split(' '))).text).toContain('no dead letter is selected');
  });

  it('are notified, once, as they were edited in an export, however often that is imported', async () => {
    await said('export', '--payload', '--out', file);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const wrong = lines.find((line) => line.includes('"wrong"'))!;
    writeFileSync(file, `${wrong.replace('"tenantId":0', '"tenantId":"one"')}\n`);
    const refused = await said('import', file);
    expect([refused.code, refused.text]).toEqual([2, expect.stringContaining(`${file}:1: event: /tenantId is a text`)]);
    writeFileSync(file, `${wrong.replace('"tenantId":0', '"tenantId":1')}\n`);
    expect((await said('import', file, '--dry-run')).text).toMatch(/^ {4}tenantId: 0 -> 1$/m);
    expect((await said('import', file)).text).toMatch(/^1 dead letter sent$/m);
    expect((await said('import', file)).text).toMatch(/already-replayed/);
    await untilProcessed(test.prefix);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['large', 'wrong']);
    const both = (await records(tasks)).filter(({ key }) => String(key) === 'wrong');
    expect(both.map(({ partition }) => partition)).toEqual([both[0]!.partition, both[0]!.partition]);
    expect(both[1]!.timestamp).toBe(both[0]!.timestamp);
    expect(both[1]!.headers.map(([name, value]) => `${name}=${String(value)}`)).toEqual([
      'trace-id=t-1',
      'dlq.replay-count=1',
      expect.stringMatching(/^dlq\.replayed-from=\S+NOTIFICATION_DLQ-\d+@\d+$/),
    ]);
  });

  it('are each replayed exactly once by runs that are interrupted and killed, and those that fail again are left', async () => {
    const interrupted = dlq('replay', '--reason', 'invalid-event', '--rate', '60');
    const before = await replayedCount();
    const progress = (): Promise<boolean> => replayedCount().then((count) => count > before + 50);
    await until('some are replayed', progress, 20_000);
    interrupted.kill('SIGINT');
    expect((await interrupted.exited).code).toBe(130);
    const killed = dlq('replay', '--resume', '--rate', '60');
    const after = await replayedCount();
    await until('more are replayed', () => replayedCount().then((count) => count > after + 50), 20_000);
    killed.kill('SIGKILL');
    await killed.exited;
    const last = await said('replay', '--resume');
    expect([last.code, last.text]).toEqual([0, expect.stringMatching(/sent, after \d+ before this run was resumed/)]);
    await untilProcessed(test.prefix);

    const replayed = (await records(tasks)).filter((record) => header(record, 'dlq.replay-count') !== undefined);
    const bad = replayed.map(({ key }) => String(key)).filter((key) => key.startsWith('bad-'));
    expect(bad.sort()).toEqual(Array.from({ length: LETTERS }, (_, index) => `bad-${index}`).sort());
    const letters = (await records(`${test.prefix}NOTIFICATION_DLQ`)).filter(({ key }) =>
      String(key).startsWith('bad-'),
    );
    expect(letters.map((letter) => header(letter, 'dlq.replay-count')).sort()).toEqual([
      ...Array<string>(LETTERS).fill('0'),
      ...Array<string>(LETTERS).fill('1'),
    ]);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['large', 'wrong']);
  });
});
