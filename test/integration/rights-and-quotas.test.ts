/** What a cluster grants us, and how much of it. A right that is missing is waited for by name, a quota is kept to; no record pays for either. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { compileJava } from '../../dev/oracle/compile.js';
import { fetchArtifacts } from '../../dev/stack/artifacts.js';
import { placeOf } from '../../dev/stack/place.js';
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
/** A worker asks again every half second. */
const LOOKED_AGAIN_MS = 1500;

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

/** By the commands that `doctor --acls` prints, typed as they are, except for the administrator's way in. */
async function grantAsPrinted(test: TestEnvironment): Promise<void> {
  const doctor = startLimited(test, 'doctor', '--acls');
  expect((await doctor.exited).code).toBe(0);
  const printed = doctor.lines.join('\n').replaceAll(' \\\n', ' ').split('\n');
  const commands = printed.filter((line) => !line.startsWith('#')).join(' ');
  const source = join(import.meta.dirname, 'harness', 'KafkaAcls.java');
  const { java, classPath } = await compileJava('kafka-acls', [source], {});
  const args = commands.replaceAll(secured!.kafkaBrokers, testStack().kafkaBrokers).split(/ +/);
  const { kafka } = await fetchArtifacts(placeOf());
  await promisify(execFile)(java, ['-XX:TieredStopAtLevel=1', '-cp', `${classPath}:${kafka}`, 'KafkaAcls', ...args]);
}

function isNamed({ kind, name }: Right, reasons: Readonly<Record<string, string>>): boolean {
  const said = Object.values(reasons).join('; ');
  return said.includes('we lack the right to it') && said.includes(kind === 'topic' ? name : kind);
}

function startLimited(test: TestEnvironment, ...args: readonly string[]): WorkerProcess {
  const { kafkaBrokers, ca } = secured!;
  return startWorker({
    ...(args.length > 0 && { args }),
    env: test.env('worker', {
      ...{ KAFKA_BROKERS: kafkaBrokers, KAFKA_SSL_CA: ca, KAFKA_SASL_MECHANISM: 'plain' },
      ...{ KAFKA_SASL_USERNAME: LIMITED_USER.username, KAFKA_SASL_PASSWORD: LIMITED_USER.password },
    }),
  });
}

describe.skipIf(secured === null)('a worker with the rights of the table, and no other', () => {
  it(
    "starts, and notifies, when Kafka's own tool has granted what doctor --acls prints",
    { timeout: 90_000 },
    async () => {
      const test = await prepareEnvironment('rights', 2);
      await grantAsPrinted(test);
      const worker = startLimited(test);
      await worker.ready();
      await produceAll(test.prefix, [messagesOf(test).task({ eventId: 'allowed' })]);
      await untilProcessed(test.prefix);
      expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['allowed']);
      expect((await worker.stop()).code).toBe(0);
    },
  );

  it('names each right that it lacks, from none of them to all', { timeout: 150_000 }, async () => {
    const test = await prepareEnvironment('rights-none', 1);
    const { user, request, task } = messagesOf(test);
    const needed = rightsOf(test).flatMap(({ operations, doneWithout, ...right }) =>
      operations
        .filter((operation) => !doneWithout.includes(operation))
        .map((operation): Right => ({ ...right, doneWithout, operations: [operation] })),
    );
    // Stream and gateway both write what was delivered.
    const lacking = [...new Map(needed.map((right) => [JSON.stringify(aclsOf(right)), right])).values()];
    await produceAll(test.prefix, [
      user({ userId: 7n }),
      request({ eventId: 'all-channels' }),
      task({ eventId: 'allowed' }),
      { topic: 'SALES_EVENT_TOPIC', message: { key: 'poison', value: Buffer.from('no event') } },
    ]);
    const worker = startLimited(test);
    const nextNamed = (): Promise<Right | 'none'> =>
      until('it names what it lacks, or is ready', async () => {
        const { status, reasons } = await readinessOf(worker);
        if (status === 200 && lacking.length === 0) return 'none';
        return lacking.find((right) => isNamed(right, reasons));
      });
    for (let named = await nextNamed(); named !== 'none'; named = await nextNamed()) {
      lacking.splice(lacking.indexOf(named), 1);
      await grant(named);
      const right = named;
      // Another right to the same may be lacking: then it stays named.
      const isGone = async (): Promise<boolean> => !isNamed(right, (await readinessOf(worker)).reasons);
      await until('it is named no more', isGone, LOOKED_AGAIN_MS).catch(() => undefined);
    }
    await untilProcessed(test.prefix);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toContain('allowed');
    expect((await worker.stop()).code).toBe(0);
  });

  it('is told by doctor what it lacks, with the command that grants it', { timeout: 60_000 }, async () => {
    const test = await prepareEnvironment('rights-doctor', 1);
    const missing = new Map([
      [`${test.prefix}TASK_EVENT_TOPIC`, 'Read'],
      [`${test.prefix}EMAIL_REQUEST_TOPIC`, 'DescribeConfigs'],
      [`${test.prefix}app`, 'Read'],
      [`${test.prefix}app-`, 'Write'],
    ]);
    const rights = rightsOf(test).map((right) => ({
      ...right,
      operations: right.operations.filter((operation) => missing.get(right.name) !== operation),
    }));
    await grant(...rights);
    const doctor = startLimited(test, 'doctor', '--json');
    expect((await doctor.exited).code).toBe(3);
    const findings = doctor.lines
      .map((line) => JSON.parse(line) as { group: string; check: string; mark: string; found: string; toDo?: string })
      .filter(({ group, mark }) => group === 'Rights' && mark !== 'ok');
    expect(findings.map(({ check, mark, found }) => `${check}, ${mark}: ${found}`)).toEqual([
      `topics, fault: no right Read to the topic ${test.prefix}TASK_EVENT_TOPIC`,
      `topics, warning: no right DescribeConfigs to the topic ${test.prefix}EMAIL_REQUEST_TOPIC: workers do without, take the settings to be right, and warn`,
      `topics, fault: no right Write to the topic ${test.prefix}app-…`,
      `group, fault: no right Read to the group ${test.prefix}app`,
      `transactional ids, fault: no right Write to the transactional ids ${test.prefix}app-…`,
    ]);
    expect(findings[0]!.toDo).toContain(
      `--add --allow-principal User:limited --operation Read --topic ${test.prefix}TASK_EVENT_TOPIC`,
    );
  });

  it('does without DescribeConfigs on what it writes, and says so', { timeout: 60_000 }, async () => {
    const test = await prepareEnvironment('rights-less', 1);
    const withoutConfigs = (right: Right): Right => ({
      ...right,
      operations: right.operations.filter((one) => !right.doneWithout.includes(one)),
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
      [`${prefix}NOTIFICATION_DELIVERED_TOPIC`, `${prefix}NOTIFICATION_DELIVERED_TOPIC`, 'topic', 'Write'],
      [`${prefix}NOTIFICATION_DLQ`, `${prefix}NOTIFICATION_DLQ`, 'topic', 'Write'],
      [`${prefix}app-`, `${prefix}app-`, 'topic', 'Write'],
      [`${prefix}TASK_EVENT_TOPIC`, `${prefix}TASK_EVENT_TOPIC`, 'topic', 'Read'],
      [`${prefix}app`, 'group', 'group', 'Read'],
      [`${prefix}app-`, 'transactional id', 'transactional id', 'Write'],
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
