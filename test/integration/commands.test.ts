/** What an operator asks from any machine: `tasks`, `schemas …`; and how the built command line ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { OUTPUT_TOPICS } from '../../common/record.js';
import { SOURCES } from '../../dev/contract/sources.js';
import { projectRoot } from '../../common/project-root.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { testStack } from './harness/test-stack.js';
import { startWorker } from './harness/worker.js';

const PARTITIONS = 2;
let test: TestEnvironment;
beforeAll(async () => {
  test = await prepareEnvironment('commands', PARTITIONS);
});

interface Ended {
  readonly lines: string[];
  readonly errors: string;
  readonly code: number | null;
}

interface Running {
  readonly ended: Promise<Ended>;
  /** The first piece of standard output. */
  readonly printed: Promise<unknown>;
  interrupt(): void;
}

function start(
  args: readonly string[],
  { input = '', env = {} }: { input?: string; env?: Readonly<Record<string, string>> } = {},
): Running {
  const { kafkaBrokers, schemaRegistryUrl } = testStack();
  const program = join(projectRoot(), 'dist/bin/notification-streams.js');
  const child = spawn(process.execPath, [program, ...args], {
    env: {
      PATH: process.env['PATH'],
      KAFKA_BROKERS: kafkaBrokers,
      SCHEMA_REGISTRY_URL: schemaRegistryUrl,
      ...test.env(),
      ...env,
    },
  });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (text) => (out += String(text)));
  child.stderr.on('data', (text) => (errors += String(text)));
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code]) => {
    return { lines: out.split('\n').slice(0, -1), errors, code: code as number | null };
  });
  return { ended, printed: once(child.stdout, 'data'), interrupt: () => child.kill('SIGINT') };
}

const run = (...args: readonly string[]): Promise<Ended> => start(args).ended;
function objects<T>({ lines, errors }: Ended): T[] {
  expect(errors).toBe('');
  return lines.map((line) => JSON.parse(line) as T);
}

interface TasksView {
  state: string;
  missing: string[];
  workers: { memberId: string; tasks: number[]; standbys: number[]; rules: object }[];
  tasks: { task: number; owner: string | null; lag: number | null; partitions: object[]; standbys: object[] }[];
}

describe('tasks', () => {
  it('says who owns what: nobody before a first start, then every task one worker, and nobody when they are gone', async () => {
    const before = objects<TasksView>(await run('tasks', '--json'))[0]!;
    expect(before).toMatchObject({ state: 'empty', workers: [], tasks: [] });
    expect(before.missing).toEqual([expect.stringMatching(/dedup-changelog$/)]);

    const workers = ['a', 'b'].map((state) =>
      startWorker({ env: test.env(state, { ROLES: 'stream', STANDBY_REPLICAS: '1', DEDUP_WINDW: '1d' }) }),
    );
    await Promise.all(workers.map((worker) => worker.ready()));
    expect(workers[0]!.logged('a name in the environment is no option')).toMatchObject([
      { level: 'warn', warning: expect.stringContaining('did you mean DEDUP_WINDOW?') as unknown },
    ]);
    // The second has joined when the first has been given its half.
    let view: TasksView;
    do view = objects<TasksView>(await run('tasks', '--json'))[0]!;
    while (view.state !== 'stable' || view.workers.some(({ tasks }) => tasks.length !== 1));
    expect(
      view.workers
        .map(({ tasks }) => tasks)
        .flat()
        .sort(),
    ).toEqual([0, 1]);
    for (const { tasks, standbys, rules } of view.workers) {
      expect(standbys).toEqual([1 - tasks[0]!]);
      expect(rules).toEqual({ version: 1, digest: expect.any(String) as unknown });
    }
    for (const { task, owner, partitions, standbys } of view.tasks) {
      expect(view.workers.find(({ memberId }) => memberId === owner)?.tasks).toEqual([task]);
      expect(partitions).toHaveLength(SOURCES.length);
      expect(standbys).toHaveLength(1);
    }
    const text = (await run('tasks', '--partitions')).lines;
    expect(text[0]).toMatch(/^the group .* is stable: 2 workers, 2 tasks$/);
    expect(text.filter((line) => line.includes('TASK_EVENT_TOPIC-'))).toHaveLength(PARTITIONS);
    expect(text.filter((line) => line.length > 120)).toEqual([]);

    const watching = start(['tasks', '--watch', '1', '--json']);
    await watching.printed;
    watching.interrupt();
    expect((await watching.ended).code).toBe(130);

    for (const worker of workers) expect((await worker.stop()).code).toBe(0);
    const after = objects<TasksView>(await run('tasks', '--json'))[0]!;
    expect([after.state, after.tasks.map(({ owner }) => owner)]).toEqual(['empty', [null, null]]);
  });
});

describe('schemas', () => {
  const subject = (topic: string): string => `other-${test.prefix}${topic}-value`;

  it('list says that every schema of ours is there', async () => {
    const listed = objects<Record<string, unknown>>(await run('schemas', 'list', '--json'));
    expect(listed).toHaveLength(SOURCES.length + OUTPUT_TOPICS.length);
    for (const one of listed)
      expect(one).toMatchObject({
        versions: [{ version: 1 }],
        ours: { version: 1 },
        compatibility: 'BACKWARD_TRANSITIVE',
      });
  });

  it('check and diff find nothing in a registry that holds ours', async () => {
    for (const verb of ['check', 'diff']) {
      const { lines, errors, code } = await run('schemas', verb);
      expect([lines.filter((line) => line.startsWith(' ')), errors, code]).toEqual([[], '', 0]);
    }
  });

  it('check and diff find what another has registered: a sink that the registry would refuse, a source we cannot read', async () => {
    const client = new RegistryClient({ url: testStack().schemaRegistryUrl });
    const post = async (topic: string, fields: readonly object[], record: object): Promise<void> => {
      const body = { schema: JSON.stringify({ type: 'record', ...record, fields }) };
      expect(await client.ask({ method: 'POST', path: `/subjects/${subject(topic)}/versions`, body })).toMatchObject({
        kind: 'ok',
      });
    };
    await client.ask({
      method: 'PUT',
      path: `/config/${subject('PUSH_REQUEST_TOPIC')}`,
      body: { compatibility: 'BACKWARD' },
    });
    const text = { name: 'eventId', type: 'string' };
    await post('PUSH_REQUEST_TOPIC', [text, { name: 'title', type: 'long' }], {
      name: 'PushRequestEvent',
      namespace: 'serp.notification',
    });
    await post('TASK_EVENT_TOPIC', [text], { name: 'TaskEvent', namespace: 'serp.task' });
    const env = { TOPIC_PREFIX: `other-${test.prefix}` };
    const check = await start(['schemas', 'check', '--json'], { env }).ended;
    expect(check.code).toBe(3);
    const found = Object.fromEntries(
      objects<{ subject: string; found: string[] }>(check).map((one) => [
        one.subject.replace(/^.*\.|-value$/g, ''),
        one.found.join('\n'),
      ]),
    );
    expect(found['PUSH_REQUEST_TOPIC']).toMatch(/^the registry would refuse ours/);
    expect(found['TASK_EVENT_TOPIC']).toMatch(/^no record of it is read: the writer has no /);
    expect(found['SALES_EVENT_TOPIC']).toBe('');
    const diff = await start(['schemas', 'diff'], { env }).ended;
    expect(diff.code).toBe(3);
    expect(diff.lines).toContain('  title: string in ours, long in the registry');
    expect(diff.lines.join('\n')).toContain('not registered: run `notification-streams schemas register`');
  });
});

it('reads a token from standard input', async () => {
  const { lines } = await run('token', 'make', '--user', '42', '--tenant', '7');
  const { lines: said, code } = await start(['token', 'check', '-'], { input: `${lines[0]!}\n` }).ended;
  expect([said[0], code]).toEqual([expect.stringContaining('good: user 42 of tenant 7'), 0]);
});
