/** What lies under deploy/ names files, options and bounds that there are; test/integration/deploy.test.ts reads it with its own types. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultImage } from '../../../bin/generate/k8s.js';
import { projectRoot } from '../../../common/project-root.js';
import { OPTION_NAMES, OPTIONS, SECRET_NAMES } from '../../../topology/worker/options.js';
import { stopBoundMs } from '../../../topology/worker/shutdown.js';

const deploy = join(projectRoot(), 'deploy');
const read = (file: string): string => readFileSync(join(deploy, file), 'utf8');
const STOP_S = stopBoundMs(Number(OPTIONS.SHUTDOWN_SPREAD_MS.default)) / 1000;
const NAMES = new Set([...OPTION_NAMES, ...SECRET_NAMES.map((name) => `${name}_FILE`)]);

interface Service {
  image?: string;
  read_only?: boolean;
  stop_grace_period?: string;
  volumes?: string[];
  environment?: Record<string, string>;
}
const { services } = parse(read('compose.full.yml'), { merge: true }) as { services: Record<string, Service> };
const ours = Object.entries(services).filter(([, { image }]) => image === defaultImage());

describe('compose.full.yml', () => {
  it('runs this version, on a root that is read-only, and waits for longer than a worker takes to stop', () => {
    expect(ours.map(([name]) => name)).toEqual(['topics', 'set-up', 'worker-1', 'worker-2']);
    for (const [name, service] of ours) {
      expect(service.read_only, name).toBe(true);
      expect(Number(/^(\d+)s$/.exec(service.stop_grace_period!)![1]), name).toBeGreaterThan(STOP_S);
    }
  });

  it('sets options that there are', () => {
    const set = ours.flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect(set.filter((name) => !NAMES.has(name))).toEqual([]);
  });

  it('mounts files that there are', () => {
    const files = Object.values(services)
      .flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0]!))
      .filter((from) => from.startsWith('.'));
    expect(files.filter((file) => !existsSync(join(deploy, file)))).toEqual([]);
  });
});

describe('the unit for systemd', () => {
  const unit = read('systemd/notification-streams.service');

  it('sets options that there are, and waits for longer than a worker takes to stop', () => {
    const set = [...unit.matchAll(/^Environment=(\w+)=/gm)].map(([, name]) => name!);
    expect(set.filter((name) => !NAMES.has(name))).toEqual([]);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)![1])).toBeGreaterThan(STOP_S);
  });

  it.skipIf(!existsSync('/usr/bin/systemd-analyze'))('is one that systemd takes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'notification-streams-unit-'));
    const file = join(folder, 'notification-streams.service');
    writeFileSync(file, unit.replace('/usr/bin/node', process.execPath));
    const { stdout, stderr } = await promisify(execFile)('systemd-analyze', ['verify', file]);
    // It speaks of other units of the machine as well.
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('notification-streams'))).toEqual([]);
  });
});

it('no file under deploy/ is left out of these tests', () => {
  expect(readdirSync(deploy).sort()).toEqual([
    'compose.full.yml',
    'compose.yml',
    'image',
    'k8s',
    'monitoring',
    'proxy',
    'systemd',
  ]);
});
