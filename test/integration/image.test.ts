/**
 * What the Dockerfile's stages do, in a folder, and a worker that runs from what comes of it: as another user, who may
 * write in the state's folder and in no other. Without an engine: `npm ci` is a copy of what it has made here, the build
 * is the one that is there, and the root is not read-only but not ours.
 */
import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { projectRoot } from '../../common/project-root.js';
import { all, readDockerfile } from '../unit/deploy/dockerfile.js';
import { prepareEnvironment } from './harness/environment.js';
import { readinessOf } from './harness/scrape.js';
import { startWorker } from './harness/worker.js';

const run = promisify(execFile);
const USER = 10_001;
/** Only root can start a process as somebody else. */
const isRoot = process.getuid?.() === 0;
const [build, runtime] = readDockerfile();

let folder: string;
let app: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notification-streams-image-'));
  const stage = join(folder, 'build');
  await mkdir(stage);
  for (const file of ['package.json', 'package-lock.json', '.npmrc', 'patches', 'LICENSE', 'dist', 'rules', 'schemas'])
    await cp(join(projectRoot(), file), join(stage, file), { recursive: true });
  await cp(join(projectRoot(), 'docs/third-party.md'), join(stage, 'docs/third-party.md'));
  await cp(join(projectRoot(), 'deploy/image'), join(stage, 'deploy/image'), { recursive: true });
  await link(realpathSync(join(projectRoot(), 'node_modules')), join(stage, 'node_modules'));
  const [ci, compile, ...steps] = all(build!, 'RUN');
  expect([ci, compile]).toEqual(['npm ci --no-audit --no-fund', 'npm run build']);
  for (const step of steps) await run('/bin/sh', ['-c', step], { cwd: stage });
  app = join(folder, 'app');
  await mkdir(app);
  for (const line of all(runtime!, 'COPY')) {
    const paths = line.split(' ').slice(1);
    const to = paths.pop()!;
    for (const path of paths) {
      const from = path.replace('/app/', '');
      const target = to === './' ? from : to;
      await mkdir(dirname(join(app, target)), { recursive: true });
      await link(join(stage, from), join(app, target));
    }
  }
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Copies a tree without its bytes, where both are on one disk. What is done with the copy removes files, and changes none. */
async function link(from: string, to: string): Promise<void> {
  await run('cp', ['-al', from, to]).catch(() => run('cp', ['-a', from, to]));
}

const filesIn = (where: string): string[] =>
  readdirSync(where, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

it('holds one library of sockets, what a worker needs and no more, and the licences', () => {
  const files = filesIn(app);
  const native = files.filter((file) => file.endsWith('.node')).map((file) => basename(file));
  const { platform, arch, versions } = process;
  expect(native.filter((name) => name.startsWith('uws_'))).toEqual([
    `uws_${platform}_${arch}_${versions.modules}.node`,
  ]);
  const megabytes = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
  // 38 MB when this was written; 324 with every library of sockets.
  expect(megabytes).toBeLessThan(60);
  expect(existsSync(join(app, 'node_modules/typescript'))).toBe(false);
  expect(existsSync(join(app, 'node_modules/uWebSockets.js/LICENSE'))).toBe(true);
});

it('runs as another user that may write in its state alone, is ready, and drains', { timeout: 90_000 }, async () => {
  const test = await prepareEnvironment('image', 1);
  const state = join(folder, 'state');
  await mkdir(state, { mode: 0o700 });
  if (isRoot) await chown(state, USER, USER);
  await chmod(folder, 0o755);
  const worker = startWorker({
    env: { ...test.env('a'), STATE_DIR: join(state, 'worker'), HOME: '/nowhere', NODE_ENV: 'production' },
    entry: join(app, 'dist/bin/notification-streams.js'),
    ...(isRoot ? { user: USER } : {}),
  });
  await worker.ready();
  expect((await readinessOf(worker)).status).toBe(200);
  // Brokers may hold batches of any codec: their libraries load.
  const load = ['snappy', 'lz4-napi', '@node-rs/crc32', 'lmdb'].map((name) => `await import('${name}');`).join('');
  await run(process.execPath, ['--input-type=module', '--eval', load], { cwd: app });
  expect(await worker.stop()).toEqual({ code: 0, signal: null });
  expect(filesIn(state).map((file) => basename(file))).toContain('data.mdb');
  if (isRoot) expect(new Set(filesIn(state).map((file) => statSync(file).uid))).toEqual(new Set([USER]));
});
