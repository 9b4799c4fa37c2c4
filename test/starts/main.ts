/**
 * npm run starts -- [--refused 1000] [--terminated 1000] [--lanes 2] [--within 1500] [--cores /somewhere]
 * Starts the built worker so often where it must refuse, and so often with a SIGTERM at a random moment, and counts how
 * each ended. Ends with 1 when one ended otherwise than it should: by a signal that nobody sent, or not at all.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { applicableEnvironment } from '../../dev/stack/environment.js';
import { projectRoot } from '../../common/project-root.js';
import { reset, up } from '../../dev/stack/stack.js';
import { guardProcess, guardStack } from '../integration/harness/guard.js';
import { JWT_SECRET } from '../integration/harness/jwt-secret.js';
import { uniquePrefix } from '../integration/harness/unique-prefix.js';
import { REFUSED, SOUND, type Scene, type Stack } from './scenes.js';

const { values } = parseArgs({
  options: {
    refused: { type: 'string', default: '1000' },
    terminated: { type: 'string', default: '1000' },
    /** So many at a time. */
    lanes: { type: 'string', default: '2' },
    /** SIGTERM comes within so many ms of a start. */
    within: { type: 'string', default: '1500' },
    /** The package of another build. */
    entry: { type: 'string', default: join(projectRoot(), 'dist', 'bin', 'notification-streams.js') },
    /** Where core dumps and logs of what ended wrongly are kept. */
    cores: { type: 'string', default: join(tmpdir(), 'notification-streams-starts') },
  },
});

/** The worker's own patience with a stop is 9.5 s. */
const HUNG_MS = 60_000;

interface End {
  readonly how: string;
  readonly log: string;
  readonly folder: string;
}

const counts = new Map<string, number>();
let wrong = 0;
const root = mkdtempSync(join(tmpdir(), 'notification-streams-starts-'));
const stack = await findStack();
try {
  await Promise.all(Array.from({ length: Number(values.lanes) }, (_, lane) => runLane(lane)));
} finally {
  await reset({ root });
}
for (const [what, count] of [...counts].sort()) console.log(`${String(count).padStart(6)} ${what}`);
console.log(`${wrong} starts ended as none should`);
process.exitCode = wrong > 0 ? 1 : 0;

/** The one that the environment names, or one of our own. */
async function findStack(): Promise<Stack> {
  const configured = applicableEnvironment(process.env);
  if (configured.kind === 'configured') return configured;
  guardStack(root);
  return up({ root, shortLived: true, progress: (line) => console.log(line) });
}

/** A share of both kinds, in turns, each scene with topics of its own. */
async function runLane(lane: number): Promise<void> {
  const share = (all: string): number => Math.ceil((Number(all) - lane) / Number(values.lanes));
  const [refused, terminated] = [share(values.refused), share(values.terminated)];
  const prefixes = new Map<Scene, string>();
  for (const scene of [...REFUSED, SOUND]) {
    prefixes.set(scene, uniquePrefix(`lane-${lane}`));
    await scene.prepare(stack, prefixes.get(scene)!);
  }
  for (let start = 0; start < Math.max(refused, terminated); start += 1) {
    if (start < refused) {
      const scene = REFUSED[start % REFUSED.length]!;
      judge(scene, await startOnce(scene, prefixes.get(scene)!), [`exit ${scene.code}`]);
    }
    if (start < terminated) {
      // Before the worker listens for it, the signal ends it as it ends any process: half of them come later.
      const terminate = { afterMs: Math.random() * Number(values.within), ofFirstLine: start % 2 === 0 };
      judge(SOUND, await startOnce(SOUND, prefixes.get(SOUND)!, terminate), [`exit ${SOUND.code}`, 'SIGTERM']);
    }
  }
}

function judge({ name }: Scene, { how, log, folder }: End, right: readonly string[]): void {
  const what = `${name}: ${how}`;
  counts.set(what, (counts.get(what) ?? 0) + 1);
  const starts = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (starts % 100 === 0) console.log(`${starts} starts, ${wrong} of them ended as none should`);
  if (right.includes(how)) return;
  wrong += 1;
  const kept = mkdtempSync(join(mkdirs(values.cores), 'start-'));
  for (const file of readdirSync(folder))
    if (file.startsWith('core')) copyFileSync(join(folder, file), join(kept, file));
  console.log(`${what}, kept in ${kept}\n${log.split('\n').slice(-12).join('\n')}`);
}

/** The store stays from one start of a scene to the next, as a worker's does, or is made by every other one: then it is written. */
async function startOnce(
  scene: Scene,
  prefix: string,
  terminate?: { afterMs: number; ofFirstLine: boolean },
): Promise<End> {
  const folder = mkdirs(join(root, prefix));
  if (Math.random() < 0.5) rmSync(join(folder, 'state'), { recursive: true, force: true });
  for (const file of readdirSync(folder)) if (file.startsWith('core')) rmSync(join(folder, file));
  const child = spawn(
    '/bin/sh',
    ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', process.execPath, values.entry, 'worker'],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...envOf(prefix, folder), ...scene.env },
    },
  );
  guardProcess(child.pid!);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (log += data.toString()));
  const signal = (): void => {
    if (terminate) setTimeout(() => child.kill('SIGTERM'), terminate.afterMs).unref();
  };
  if (terminate?.ofFirstLine) child.stdout.once('data', signal);
  else signal();
  const watch = { isHung: false };
  const hung = setTimeout(() => {
    watch.isHung = true;
    child.kill('SIGABRT');
  }, HUNG_MS);
  const how = await new Promise<string>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`)),
  );
  clearTimeout(hung);
  return { how: watch.isHung ? 'hung' : how, log, folder };
}

function envOf(prefix: string, folder: string): Record<string, string> {
  return {
    PATH: process.env['PATH']!,
    KAFKA_BROKERS: stack.kafkaBrokers,
    SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
    TOPIC_PREFIX: prefix,
    APP_ID: 'app',
    STATE_DIR: join(folder, 'state'),
    START_FROM: 'earliest',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    GATEWAY_HOST: '127.0.0.1',
    GATEWAY_PORT: '0',
    JWT_SECRET,
    SESSION_TIMEOUT_MS: '6000',
  };
}

function mkdirs(folder: string): string {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  return folder;
}
