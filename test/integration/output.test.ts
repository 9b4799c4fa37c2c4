/** What the command writes, and its end when nobody reads it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { projectRoot } from '../../common/project-root.js';
import { prepareEnvironment } from './harness/environment.js';
import { testStack } from './harness/test-stack.js';
import { TestSocket } from './harness/socket.js';
import { startWorker } from './harness/worker.js';

/** As the shell says it of a program that was ended by SIGPIPE. */
const SIGPIPE = 141;

/** Runs it with a standard output that nobody reads any more once it has said this. */
async function unread(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  last = '',
): Promise<[number, string]> {
  const command = join(projectRoot(), 'dist', 'bin', 'notification-streams.js');
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [command, ...args], { env: { PATH, HOME, ...env } });
  let said = '';
  child.stdout.on('data', (text) => {
    said += String(text);
    if (said.includes(last)) child.stdout.destroy();
  });
  if (last === '') child.stdout.destroy();
  let complaint = '';
  child.stderr.on('data', (text) => (complaint += String(text)));
  return new Promise((resolve) => child.once('close', (code) => resolve([code ?? -1, complaint])));
}

describe('a command whose output nobody reads', () => {
  it('ends quietly, as one does that SIGPIPE ended', async () => {
    const { kafkaBrokers, schemaRegistryUrl } = testStack();
    const { prefix } = await prepareEnvironment('unread', 1);
    const env = { KAFKA_BROKERS: kafkaBrokers, SCHEMA_REGISTRY_URL: schemaRegistryUrl, TOPIC_PREFIX: prefix };
    const commands = ['--help', 'worker --help', 'topology', 'topics create', 'schemas register', 'state reseed'];
    const ends = commands.map((command) => unread(command.split(' '), { ...env, STATE_DIR: '/nowhere' }));
    expect(await Promise.all(ends)).toEqual(commands.map(() => [SIGPIPE, '']));
  });

  it('ends in order when it is a worker or the demo: what it has begun is undone', async () => {
    const { kafkaBrokers, schemaRegistryUrl } = testStack();
    const stack = { KAFKA_BROKERS: kafkaBrokers, SCHEMA_REGISTRY_URL: schemaRegistryUrl };
    const test = await prepareEnvironment('unread-worker', 1);
    const worker = { ...stack, ...test.env(), HTTP_PORT: '0', GATEWAY_PORT: '0' };
    expect(await unread(['worker'], worker, '"listening"')).toEqual([0, '']);
    expect(await unread(['demo'], stack, 'worker:')).toEqual([0, '']);
  });
});

it('a gateway writes nothing but JSON, also at its first socket', async () => {
  const test = await prepareEnvironment('first-socket', 1);
  const worker = startWorker({ env: test.env() });
  const { gateway } = await worker.ready();
  await TestSocket.open(gateway!, 1n, 7n);
  expect((await worker.stop()).code).toBe(0);
  expect(worker.lines.filter((line) => !line.startsWith('{"level":"'))).toEqual([]);
});

describe('a worker that cannot go on', () => {
  it('says why in its last line', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const test = await prepareEnvironment('fatal', 1, { topics: true, schemas: true });
    const worker = startWorker({ env: test.env('a', { GATEWAY_PORT: String(port) }) });
    expect(await worker.exited).toEqual({ code: 1, signal: null });
    taken.close();
    const levels = worker.lines.map((line) => (JSON.parse(line) as { level: string }).level);
    expect(levels.filter((level) => level === 'fatal')).toHaveLength(1);
    expect(worker.lines.at(-1)).toContain(`The gateway cannot listen on 127.0.0.1:${port}`);
    expect(levels.at(-1)).toBe('fatal');
  });
});
