/** deploy/k8s is printed from the table of options, and names what there is; test/integration/deploy.test.ts decodes it with Kubernetes' types. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { defaultImage, printK8s } from '../../../../../bin/generate/k8s.js';
import { ConfigError } from '../../../../../common/errors.js';
import { projectRoot } from '../../../../../common/project-root.js';
import { rulesIn, SHIPPED_RULES } from '../../../../../processors/rules/shipped.js';
import { MANIFEST_FILES } from '../../../../../topology/operations/kubernetes/manifests.js';
import { ruleFiles } from '../../../../../topology/operations/kubernetes/rules.js';
import { parseConfig, type RawConfig } from '../../../../../topology/worker/config.js';
import { OPTION_NAMES, SECRET_NAMES } from '../../../../../topology/worker/options.js';
import { stopBoundMs } from '../../../../../topology/worker/shutdown.js';

interface Container {
  name: string;
  args: string[];
  env?: { name: string; value?: string }[];
  ports?: { name: string; containerPort: number }[];
  volumeMounts: { name: string; mountPath: string }[];
}
interface Pod {
  terminationGracePeriodSeconds?: number;
  initContainers?: Container[];
  containers: Container[];
  volumes: { name: string; configMap?: { items: { key: string; path: string }[] } }[];
}
interface Workload {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec?: { template?: { spec: Pod } };
}

const read = (text: string): Workload[] => parseAllDocuments(text).map((one) => one.toJS() as Workload);
const image = defaultImage();
const all = read(printK8s({ image }));
const podsOf = (manifests: Workload[]): [string, Pod][] =>
  manifests.flatMap(({ metadata, spec }) => (spec?.template ? [[metadata.name, spec.template.spec]] : []));
const configuration = all.find(({ kind }) => kind === 'ConfigMap')!.data!;

describe('the manifests for Kubernetes', () => {
  it.each(Object.keys(MANIFEST_FILES))('lie in deploy/k8s as they are printed; -u writes them: %s', async (only) => {
    await expect(printK8s({ only, image })).toMatchFileSnapshot(join(projectRoot(), 'deploy/k8s', only));
  });

  it('set options that there are', () => {
    const names = new Set([...OPTION_NAMES, ...SECRET_NAMES.map((name) => `${name}_FILE`)]);
    const set = podsOf(all).flatMap(([, { containers }]) => containers.flatMap(({ env = [] }) => env));
    expect([...Object.keys(configuration), ...set.map(({ name }) => name)].filter((name) => !names.has(name))).toEqual(
      [],
    );
  });

  it.each(['stream', 'gateway'])('configure a worker that starts, with the ports that its pod has: %s', (role) => {
    const [, pod] = podsOf(all).find(([name]) => name.endsWith(role))!;
    const [{ env = [], ports = [] }] = pod.containers as [Container];
    const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    const secrets = own['JWT_SECRET_FILE'] ? { JWT_SECRET: 'a secret of thirty-two characters' } : {};
    const raw: RawConfig = { ...configuration, ...own, ...secrets };
    const config = parseConfig(raw, { registry: true, gateway: true });
    expect(config.roles).toEqual([role]);
    const expected = role === 'gateway' ? [config.httpPort, config.gatewayPort] : [config.httpPort];
    expect(ports.map(({ containerPort }) => containerPort)).toEqual(expected);
    expect(pod.terminationGracePeriodSeconds! * 1000).toBeGreaterThan(stopBoundMs(config.shutdownSpreadMs) + 10_000);
    expect(config.stateDir).toMatch(/^\/state\/\w/);
  });

  it('mount what there is a volume for', () => {
    const claims = ['state'];
    const unknown = podsOf(all).flatMap(([pod, { initContainers = [], containers, volumes }]) =>
      [...initContainers, ...containers]
        .flatMap(({ volumeMounts }) => volumeMounts)
        .filter(({ name }) => ![...claims, ...volumes.map((volume) => volume.name)].includes(name))
        .map(({ name }) => `${pod}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('bring rules that a worker reads as they were, by a ConfigMap', () => {
    const manifests = read(printK8s({ image, rules: SHIPPED_RULES }));
    const { data } = manifests.find(({ metadata }) => metadata.name.endsWith('-rules'))!;
    const [, { containers, volumes }] = podsOf(manifests).find(([name]) => name.endsWith('stream'))!;
    const mount = containers[0]!.volumeMounts.find(({ name }) => name === 'rules')!;
    expect(containers[0]!.env).toContainEqual({ name: 'RULES_DIR', value: mount.mountPath });
    const folder = mkdtempSync(join(tmpdir(), 'notification-streams-rules-'));
    for (const { key, path } of volumes.find(({ name }) => name === 'rules')!.configMap!.items) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), data![key]!);
    }
    expect(rulesIn(folder).digest).toBe(rulesIn(undefined).digest);
  });

  it("bring a source of one's own with its schema, and set it up by the same rules", () => {
    const folder = mkdtempSync(join(tmpdir(), 'notification-streams-rules-'));
    cpSync(SHIPPED_RULES, folder, { recursive: true });
    mkdirSync(join(folder, 'schemas'));
    const schema = readFileSync(join(projectRoot(), 'schemas', 'CrmEvent.avsc'), 'utf8');
    writeFileSync(join(folder, 'schemas', 'Mine.avsc'), schema);
    const manifests = read(printK8s({ image, rules: folder }));
    const { data } = manifests.find(({ metadata }) => metadata.name.endsWith('-rules'))!;
    expect(data!['schemas.Mine.avsc']).toBe(schema);
    const [, job] = podsOf(manifests).find(([name]) => name.endsWith('set-up'))!;
    for (const { env, volumeMounts } of [...(job.initContainers ?? []), ...job.containers]) {
      const { mountPath } = volumeMounts.find(({ name }) => name === 'rules')!;
      expect(env).toContainEqual({ name: 'RULES_DIR', value: mountPath });
    }
    expect(job.volumes.map(({ name }) => name)).toContain('rules');
  });

  it('are refused for a file that there is not, and for rules that are faulty or too large', () => {
    expect(() => printK8s({ image, only: 'stream' })).toThrow('--only is "stream": expected one of set-up.yaml');
    expect(() => printK8s({ image, rules: '/nowhere' })).toThrow(ConfigError);
    expect(() => ruleFiles({ 'rules.yaml': 'x'.repeat(1_000_001) })).toThrow('--rules has 1000001 bytes');
  });
});
