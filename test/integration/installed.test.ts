/** The package as its users have it: packed, installed into an empty folder with what the registry gives, and run from there. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { projectRoot } from '../../common/project-root.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';

const run = promisify(execFile);

let folder: string;
const installed = (...path: string[]): string => join(folder, 'node_modules', 'notification-streams', ...path);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notification-streams-installed-'));
  // Built already, and its kafkajs mended: else no test would have begun.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: projectRoot(), maxBuffer: 2 ** 24 });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await writeFile(join(folder, 'package.json'), '{"private": true}');
  await run('npm', ['install', '--prefer-offline', '--ignore-scripts', `./${filename}`], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(...args: string[]): WorkerProcess {
  return startWorker({ env: {}, args, entry: installed('dist', 'bin', 'notification-streams.js') });
}

async function playDemo(): Promise<void> {
  const demo = start('demo', '--rate', '40', '--seconds', '2');
  const { code } = await demo.exited;
  const said = demo.lines.join('\n');
  expect(said, said).toContain('Everything adds up.');
  expect(said).toMatch(/in-app \(gateways\) +[1-9]/);
  expect(code).toBe(0);
}

describe('the package, installed elsewhere', () => {
  it('brings notifications through without any script of an installation', playDemo);

  it('does so when they have run: none is ours', async () => {
    // What `npm install` does at its end without --ignore-scripts.
    await run('npm', ['rebuild'], { cwd: folder });
    await playDemo();
  });

  it('drives the topology without a broker, for the tests of those who use it', async () => {
    const drive = `
      import { TopologyDriver } from 'notification-streams/testing';
      const { processed } = await new TopologyDriver().feedValue('TASK_EVENT_TOPIC', Buffer.from('no Avro'));
      console.log(processed.kind, processed.cause.reason);
    `;
    const { stdout } = await run('node', ['--input-type=module', '--eval', drive], { cwd: folder });
    expect(stdout.trim()).toBe('dead-lettered bad-magic');
  });

  it('checks and tests the rules that it brings along', async () => {
    for (const [command, said] of [
      ['check', /^rules version \d+ \(\w+\): 5 sources, 14 event types/],
      ['test', /^\d+ passed, 0 failures$/],
    ] as const) {
      const { exited, lines } = start('rules', command);
      expect(await exited).toEqual({ code: 0, signal: null });
      expect(lines).toEqual([expect.stringMatching(said)]);
    }
  });

  it('says what is wrong, where and what to do when its kafkajs is not the mended one; exit code 1', async () => {
    await rm(installed('node_modules', 'kafkajs', 'src', 'mends.js'));
    const commands = ['worker', 'topics create', 'schemas register', 'state reseed', 'demo'];
    for (const refused of commands.map((command) => start(...command.split(' ')))) {
      expect(await refused.exited).toEqual({ code: 1, signal: null });
      expect(refused.lines[0]).toContain(`${installed('node_modules', 'kafkajs')} is not the kafkajs`);
      expect(refused.lines.join('\n')).toContain('install again with npm');
      expect(refused.lines).toHaveLength(3);
    }
  });
});
