/** Compose files and manifests are read with the types of the projects that they are for, which refuse what they do not know. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { projectRoot } from '../../common/project-root.js';
import { MANIFEST_FILES } from '../../topology/operations/kubernetes/manifests.js';

const run = promisify(execFile);
const COMPOSE = ['deploy/compose.yml', 'deploy/compose.full.yml'];
/** KEDA's own types take a minute and a half to compile: keda.yaml was decoded with them by hand (docs/deploying.md). */
const MANIFESTS = Object.keys(MANIFEST_FILES)
  .filter((name) => name !== 'keda.yaml')
  .map((name) => `deploy/k8s/${name}`);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notification-streams-deploy-'));
  // Kubernetes' types are most of it: not optimized they take three quarters of the time.
  const build = ['build', '-gcflags=all=-N -l', '-o', join(folder, 'check'), '.'];
  await run('go', build, { cwd: join(import.meta.dirname, 'deploy-go') });
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function check(...args: string[]): Promise<string[]> {
  const { stdout } = await run(join(folder, 'check'), args, { cwd: projectRoot() });
  return stdout.trimEnd().split('\n');
}

/** A copy of the file with a line after one that there is. */
async function withLine(file: string, after: string, line: string): Promise<string> {
  const text = await readFile(join(projectRoot(), file), 'utf8');
  expect(text).toContain(after);
  const copy = join(folder, 'changed.yaml');
  await writeFile(copy, text.replace(after, `${after}\n${line}`));
  return copy;
}

it('Kubernetes and the operator of Prometheus know every field of the manifests', async () => {
  expect(await check('k8s', ...MANIFESTS)).toEqual([
    'ConfigMap notification-streams',
    'Job notification-streams-set-up',
    'Service notification-streams-stream',
    'StatefulSet notification-streams-stream',
    'PodDisruptionBudget notification-streams-stream',
    'Service notification-streams-gateway',
    'Deployment notification-streams-gateway',
    'PodDisruptionBudget notification-streams-gateway',
    'HorizontalPodAutoscaler notification-streams-gateway',
    'NetworkPolicy notification-streams-stream',
    'NetworkPolicy notification-streams-gateway',
    'PodMonitor notification-streams',
  ]);
});

it('a field of a manifest that there is not is refused', async () => {
  const changed = await withLine(
    'deploy/k8s/stream.yaml',
    '  podManagementPolicy: Parallel',
    '  podManagement: Parallel',
  );
  await expect(check('k8s', changed)).rejects.toThrow('unknown field "podManagement"');
});

it('Compose knows every key of its files, alone and together', async () => {
  expect(await check('compose', COMPOSE[0]!)).toEqual(['service kafka', 'service registry']);
  const services = ['grafana', 'kafka', 'prometheus', 'proxy', 'registry', 'set-up', 'topics', 'worker-1', 'worker-2'];
  expect(await check('compose', ...COMPOSE)).toEqual(services.map((name) => `service ${name}`));
});

it('a key of a Compose file that there is not is refused', async () => {
  const changed = await withLine(COMPOSE[0]!, '    image: apache/kafka:4.2.2', '    restarts: always');
  await expect(check('compose', changed)).rejects.toThrow('restarts');
});
