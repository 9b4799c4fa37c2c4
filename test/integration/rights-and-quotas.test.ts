/** What a cluster grants us, and how much of it. A right that is missing is waited for by name, a quota is kept to; no record pays for either. */
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { LIMITED_USER } from '../../dev/stack/secured.js';
import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { runKafkaTool } from './harness/run-kafka-tool.js';
import { readinessOf } from './harness/scrape.js';
import { testStack } from './harness/test-stack.js';
import { testKafka } from './harness/topics.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import { aclsOf, rightsOf, type Kind, type Right } from './harness/rights.js';

/** The backlog's outputs have some 600 KB: more than the 11 s over which a broker counts may have. */
const BYTES_A_SECOND = 40_000;
const EVENTS = 2_500;

const secured = inject('STACK_SECURED');
let admin: Admin;

beforeAll(async () => {
  admin = testKafka(testStack().kafkaBrokers).admin();
  await admin.connect();
});
afterAll(() => admin.disconnect());

async function grant(...rights: Right[]): Promise<void> {
  await admin.createAcls({ acl: rights.flatMap(aclsOf) });
}

async function quota(...change: string[]): Promise<void> {
  const user = ['--entity-type', 'users', '--entity-name', LIMITED_USER.username];
  await runKafkaTool(testStack().kafkaBrokers, 'kafka.admin.ConfigCommand', ['--alter', ...user, ...change]);
}

async function take(right: Right): Promise<void> {
  for (const acl of aclsOf(right)) await admin.deleteAcls({ filters: [acl] });
}

function startLimited(test: TestEnvironment): WorkerProcess {
  const { kafkaBrokers, ca } = secured!;
  return startWorker({
    env: test.env('worker', {
      ...{ KAFKA_BROKERS: kafkaBrokers, KAFKA_SSL_CA: ca, KAFKA_SASL_MECHANISM: 'plain' },
      ...{ KAFKA_SASL_USERNAME: LIMITED_USER.username, KAFKA_SASL_PASSWORD: LIMITED_USER.password },
    }),
  });
}

describe.skipIf(secured === null)('a worker with the rights that docs/operations.md names, and no other', () => {
  it('starts, and notifies', { timeout: 60_000 }, async () => {
    const test = await prepareEnvironment('rights', 2);
    await grant(...rightsOf(test));
    const worker = startLimited(test);
    await worker.ready();
    await produceAll(test.prefix, [messagesOf(test).task({ eventId: 'allowed' })]);
    await untilProcessed(test.prefix);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['allowed']);
    expect((await worker.stop()).code).toBe(0);
  });

  it('does without DescribeConfigs on what it writes, and says so', { timeout: 60_000 }, async () => {
    const test = await prepareEnvironment('rights-less', 1);
    const withoutConfigs = ({ name, operations, ...resource }: Right): Right => ({
      ...{ ...resource, name },
      operations: operations.filter((one) => one !== 'DESCRIBE_CONFIGS' || !operations.includes('WRITE')),
    });
    await grant(...rightsOf(test).map(withoutConfigs));
    const worker = startLimited(test);
    await worker.ready();
    expect(worker.logged('max.message.bytes cannot be asked for: taken to be the default')).toHaveLength(1);
    expect((await worker.stop()).code).toBe(0);
  });

  it('waits for each that is taken away, names it, and goes on where it was', { timeout: 180_000 }, async () => {
    const test = await prepareEnvironment('rights-taken', 1);
    const { prefix } = test;
    const rights = rightsOf(test);
    await grant(...rights);
    const worker = startLimited(test);
    await worker.ready();
    const { task, crm } = messagesOf(test);
    const expected: string[] = [];
    const taken: [name: string, said: string, kind: Kind, operation: Right['operations'][number]][] = [
      [`${prefix}NOTIFICATION_DELIVERED_TOPIC`, `${prefix}NOTIFICATION_DELIVERED_TOPIC`, 'topic', 'WRITE'],
      [`${prefix}NOTIFICATION_DLQ`, `${prefix}NOTIFICATION_DLQ`, 'topic', 'WRITE'],
      [`${prefix}app-`, `${prefix}app-`, 'topic', 'WRITE'],
      [`${prefix}TASK_EVENT_TOPIC`, `${prefix}TASK_EVENT_TOPIC`, 'topic', 'READ'],
      [`${prefix}app`, 'group', 'group', 'READ'],
      [`${prefix}app-`, 'transactional id', 'transactional id', 'WRITE'],
    ];
    for (const [index, [name, said, kind, operation]] of taken.entries()) {
      const right = rights.find((one) => one.name === name && one.kind === kind && one.operations.includes(operation))!;
      await take(right);
      const events = [`t${index}`, `c${index}`];
      expected.push(...events);
      await produceAll(prefix, [
        task({ eventId: events[0]! }),
        crm({ eventId: events[1]! }),
        { topic: 'SALES_EVENT_TOPIC', message: { key: `poison-${index}`, value: Buffer.from('no event') } },
      ]);
      await until(`the worker waits for the right to ${name}`, async () => {
        const { status, reasons } = await readinessOf(worker);
        const all = Object.values(reasons).join('; ');
        return status === 503 && all.includes('we lack the right to it') && all.includes(said);
      });
      await grant(right);
      await until('it is ready again', async () => (await readinessOf(worker)).status === 200);
      await untilProcessed(prefix);
    }
    const { inApp, deadLetters } = await readOutputs(prefix);
    expect(eventIds(inApp)).toEqual(expected.sort());
    expect(deadLetters.map(({ key }) => key?.toString()).sort()).toEqual(taken.map((_, index) => `poison-${index}`));
    expect((await worker.stop()).code).toBe(0);
  });

  it('works off a backlog at the pace of its quota, with no commit made twice', { timeout: 150_000 }, async () => {
    const test = await prepareEnvironment('quota', 1);
    const { task } = messagesOf(test);
    await grant(...rightsOf(test));
    await quota('--add-config', `producer_byte_rate=${BYTES_A_SECOND}`);
    onTestFinished(() => quota('--delete-config', 'producer_byte_rate'));
    const names = Array.from({ length: EVENTS }, (_, index) => `q${index}`);
    await produceAll(
      test.prefix,
      names.map((eventId) => task({ eventId, eventType: 'TASK_COMPLETED' })),
    );
    const worker = startLimited(test);
    await worker.ready();
    await untilProcessed(test.prefix, 120_000);
    const { inApp, deadLetters } = await readOutputs(test.prefix);
    expect(eventIds(inApp)).toEqual([...names].sort());
    expect(deadLetters).toEqual([]);
    expect(worker.logged('the outcome of a commit is unknown: it is read from the brokers')).toEqual([]);
    expect((await worker.stop()).code).toBe(0);
  });
});
