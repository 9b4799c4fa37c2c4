/** The manifests for Kubernetes, by the file that each set of them lies in under deploy/k8s. */
import { Document } from 'yaml';
import { SECRET_NAMES } from '../../worker/options.js';
import { NAME, type Manifest } from './manifest.js';
import type { KubernetesSettings } from './pods.js';
import { networkPolicies, podMonitor, scaledObject } from './surroundings.js';
import { gateways, setUp, streamWorkers } from './workloads.js';

interface ManifestFile {
  /** What one should know before it is applied. */
  readonly note: readonly string[];
  readonly make: (settings: KubernetesSettings) => readonly Manifest[];
}

/** In the order in which they are applied. */
export const MANIFEST_FILES = {
  'set-up.yaml': {
    note: [
      'The options of every worker, and the job that makes topics and schemas where they do not exist yet.',
      'Any option of docs/configuration.md may stand in the ConfigMap; a change of it takes a restart of the pods.',
      `Secrets are files of a Secret: kubectl create secret generic ${NAME} --from-file=JWT_SECRET=jwt-secret`,
      'Another one is a further key there, and a further <NAME>_FILE beside JWT_SECRET_FILE, of:',
      `${SECRET_NAMES.join(', ')}.`,
    ],
    make: setUp,
  },
  'stream.yaml': {
    note: [
      'The stream role: each worker keeps its store, so that a restart takes seconds.',
      'How a roll-out goes, and what holds it up: docs/deploying.md, "A roll-out".',
    ],
    make: streamWorkers,
  },
  'gateway.yaml': {
    note: ['The gateway role: any gateway serves any user. Put TLS in front of the Service; no sticky sessions.'],
    make: gateways,
  },
  'network-policy.yaml': {
    note: [
      'An example: put in the namespaces of your Prometheus and your ingress, and the ports of your brokers and registry.',
      "The kubelet's probes come from the node, which network plugins let through.",
    ],
    make: networkPolicies,
  },
  'pod-monitor.yaml': {
    note: ["An example, for Prometheus' operator. The alerts are in deploy/monitoring."],
    make: podMonitor,
  },
  'keda.yaml': {
    note: [
      'An example, for KEDA: stream workers by lag. Do not use it beside a HorizontalPodAutoscaler of the same StatefulSet,',
      'nor without lag that a further worker can take: more workers than tasks stand by.',
    ],
    make: scaledObject,
  },
} as const satisfies Readonly<Record<string, ManifestFile>>;

export type ManifestFileName = keyof typeof MANIFEST_FILES;

/** One file as YAML. */
export function printManifests(name: ManifestFileName, settings: KubernetesSettings): string {
  const { note, make }: ManifestFile = MANIFEST_FILES[name];
  const head = [
    `${name}, printed by \`notification-streams generate k8s\`.`,
    'Decoded strictly with the types of Kubernetes; not applied to any cluster: see docs/deploying.md.',
    ...note,
  ];
  const documents = make(settings).map((manifest) =>
    new Document(manifest, { aliasDuplicateObjects: false }).toString({ lineWidth: 0, singleQuote: true }),
  );
  return `${head.map((line) => `# ${line}\n`).join('')}---\n${documents.join('---\n')}`;
}
