/** `doctor`: the built command on the real stack, with all as it should be, and with what an operator gets wrong. */
import { beforeAll, describe, expect, it } from 'vitest';
import { configureTopic } from './harness/configure-topic.js';
import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { testStack } from './harness/test-stack.js';
import { deleteTopic, testKafka } from './harness/topics.js';
import { startWorker } from './harness/worker.js';

interface Said {
  readonly group: string;
  readonly check: string;
  readonly mark: 'ok' | 'warning' | 'fault';
  readonly found: string;
  readonly expected?: string;
  readonly toDo?: string;
}

async function run(env: Record<string, string>, ...flags: string[]): Promise<{ lines: string[]; code: number | null }> {
  const command = startWorker({ env, args: ['doctor', ...flags] });
  const { code } = await command.exited;
  return { lines: command.lines, code };
}

async function findings(env: Record<string, string>): Promise<{ said: Said[]; code: number | null }> {
  const { lines, code } = await run(env, '--json');
  return { said: lines.map((line) => JSON.parse(line) as Said), code };
}

const faultsIn = (said: readonly Said[]): string[] =>
  said.filter(({ mark }) => mark === 'fault').map(({ group, check, found }) => `${group}, ${check}: ${found}`);

let test: TestEnvironment;
beforeAll(async () => {
  test = await prepareEnvironment('doctor', 2);
});

describe('doctor', { timeout: 60_000 }, () => {
  it('finds nothing wrong where nothing is, changes nothing, and says so a line a check', async () => {
    const before = await listed();
    const { lines, code } = await run(test.env());
    expect(lines.filter((line) => line.startsWith('fault'))).toEqual([]);
    expect(lines.at(-1)).toMatch(/^0 faults, \d warnings?$/);
    expect(lines.filter((line) => /^[A-Z][\w ]+$/.test(line))).toEqual([
      ...['Options', 'Brokers', 'Rights', 'Topics', 'Schema registry', 'This machine'],
    ]);
    expect(lines).toContain('ok        releases: Kafka 4.2; the last number of a release cannot be known to a client');
    expect(lines).toContain('ok        subjects: 10 subjects hold what we write, and what we read');
    expect(code).toBe(0);
    expect(await listed()).toEqual(before);
  });

  it('names each thing that is wrong at once, with what to do, and ends with 3', async () => {
    const { kafkaBrokers, schemaRegistryUrl } = testStack();
    const { prefix } = test;
    await deleteTopic(kafkaBrokers, `${prefix}CRM_EVENT_TOPIC`);
    await configureTopic(`${prefix}NOTIFICATION_DLQ`, 'cleanup.policy', 'compact');
    await fetch(`${schemaRegistryUrl}/subjects/${prefix}PUSH_REQUEST_TOPIC-value`, { method: 'DELETE' });
    const { said, code } = await findings(test.env());
    expect(faultsIn(said)).toEqual([
      `Topics, existence: no worker starts without ${prefix}CRM_EVENT_TOPIC: missing`,
      expect.stringContaining(`Topics, cleanup.policy: ${prefix}NOTIFICATION_DLQ has cleanup.policy=compact`),
      `Schema registry, subjects: no worker starts while our schema is not under ${prefix}PUSH_REQUEST_TOPIC-value`,
    ]);
    const toDo = said.filter(({ mark }) => mark === 'fault').map((one) => one.toDo);
    expect(toDo).toEqual([
      expect.stringContaining('`notification-streams topics create`'),
      `kafka-configs --bootstrap-server <broker> --alter --topic ${prefix}NOTIFICATION_DLQ --add-config cleanup.policy=delete`,
      '`notification-streams schemas register`',
    ]);
    expect(code).toBe(3);
  });

  it('tells a wrong path of the registry, and brokers that are not there, from what hangs on them', async () => {
    const registry = `${testStack().schemaRegistryUrl}/nowhere`;
    const { said } = await findings(
      test.env('worker', { SCHEMA_REGISTRY_URL: registry, KAFKA_BROKERS: '127.0.0.1:1' }),
    );
    expect(faultsIn(said)).toEqual([
      'Brokers, addresses: "127.0.0.1:1" does not answer as a broker of ours: no broker answers',
      expect.stringMatching(/^Schema registry, addresses: the schema registry answered 404 to GET .*is the path in/),
    ]);
    const unknown = said.filter(({ found }) => found.startsWith('not known: '));
    expect(new Set(unknown.map(({ group, mark }) => `${group} ${mark}`))).toEqual(
      new Set(['Brokers warning', 'Rights warning', 'Topics warning', 'Schema registry warning']),
    );
  });

  it('ends with 2 where an option is wrong, and where nobody is named to whom rights are granted', async () => {
    expect((await run(test.env('worker', { MAX_TASKS: 'many' }))).code).toBe(2);
    const { lines, code } = await run(test.env(), '--acls');
    expect(lines.join('\n')).toContain('--principal is not given');
    expect(code).toBe(2);
  });
});

/** Topics and groups that the brokers have of ours. */
async function listed(): Promise<unknown> {
  const admin = testKafka(testStack().kafkaBrokers).admin();
  await admin.connect();
  try {
    const [topics, { groups }] = [await admin.listTopics(), await admin.listGroups()];
    const isOurs = (name: string): boolean => name.startsWith(test.prefix);
    return [topics.filter(isOurs).sort(), groups.map(({ groupId }) => groupId).filter(isOurs)];
  } finally {
    await admin.disconnect();
  }
}
