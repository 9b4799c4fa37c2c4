/** `generate k8s`: the manifests for Kubernetes, from the table of options. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Command } from 'commander';
import { ConfigError } from '../../common/errors.js';
import { projectVersion } from '../../common/project-root.js';
import { rulesIn } from '../../processors/rules/shipped.js';
import {
  MANIFEST_FILES,
  printManifests,
  type ManifestFileName,
} from '../../topology/operations/kubernetes/manifests.js';
import { ruleFiles } from '../../topology/operations/kubernetes/rules.js';

const FILES = Object.keys(MANIFEST_FILES) as ManifestFileName[];

interface Flags {
  readonly only?: string;
  readonly image: string;
  readonly rules?: string;
}

/** Adds `k8s` to `generate`. */
export function addGenerateK8s(generate: Command): void {
  generate
    .command('k8s')
    .description('print manifests for Kubernetes: what to look at before you apply it is in docs/deploying.md')
    .option('--only <file>', `one of them: ${FILES.join(', ')}`)
    .option('--image <image>', 'the image that the pods run', defaultImage())
    .option('--rules <folder>', "rules that come as a ConfigMap, instead of the image's own")
    .action((flags: Flags) => void process.stdout.write(printK8s(flags)));
}

/** Throws ConfigError for a file that there is not, or for rules that are faulty. */
export function printK8s({ only, image, rules }: Flags): string {
  const wanted = only === undefined ? FILES : FILES.filter((name) => name === only);
  if (wanted.length === 0) throw new ConfigError([`--only is "${only ?? ''}": expected one of ${FILES.join(', ')}`]);
  const settings = { image, rules: rules === undefined ? undefined : ruleFiles(readRuleFiles(rules)) };
  return wanted.map((name) => printManifests(name, settings)).join('');
}

/** The image of this version, in no registry: it is pushed by whoever runs it. */
export function defaultImage(): string {
  return `notification-streams:${projectVersion()}`;
}

/** What a worker reads of the folder, by path from there; sound, or ConfigError is thrown. */
function readRuleFiles(folder: string): Record<string, string> {
  rulesIn(folder);
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(yaml|hbs|html|avsc)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    paths.sort().map((path) => [relative(folder, path).replaceAll(sep, '/'), readFileSync(path, 'utf8')]),
  );
}
