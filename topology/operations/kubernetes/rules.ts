/** Rules as a ConfigMap: its keys can hold no slash, so each file is put where it belongs by the volume. */
import { ConfigError } from '../../../common/errors.js';
import type { OptionName } from '../../worker/options.js';
import { NAME, type Manifest } from './manifest.js';

/** Rules as a pod has them. */
export interface RuleFiles {
  readonly configMap: Manifest;
  readonly env: readonly Manifest[];
  readonly mounts: readonly Manifest[];
  readonly volumes: readonly Manifest[];
}

const MOUNT = '/etc/notification-streams/rules';
const RULES_DIR: OptionName = 'RULES_DIR';
/** What the API server takes in one object, less what is not ours. */
const MAX_BYTES = 1_000_000;

/** Throws ConfigError when they do not fit into one ConfigMap. */
export function ruleFiles(files: Readonly<Record<string, string>>): RuleFiles {
  const bytes = Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > MAX_BYTES) {
    throw new ConfigError([
      `--rules has ${bytes} bytes: expected ${MAX_BYTES} at most, which a ConfigMap holds; put the folder into the image`,
    ]);
  }
  const name = `${NAME}-rules`;
  const items = Object.keys(files).map((path) => ({ key: path.replaceAll('/', '.'), path }));
  return {
    configMap: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels: { 'app.kubernetes.io/name': NAME } },
      data: Object.fromEntries(Object.entries(files).map(([path, text]) => [path.replaceAll('/', '.'), text])),
    },
    env: [{ name: RULES_DIR, value: MOUNT }],
    mounts: [{ name: 'rules', mountPath: MOUNT, readOnly: true }],
    volumes: [{ name: 'rules', configMap: { name, items } }],
  };
}
