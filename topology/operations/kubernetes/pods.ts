/**
 * What both kinds of pods have in common: who they run as, what they are asked, what they may write.
 * Options and ports come from the table of options, so that a manifest cannot name what there is not.
 */
import { OPTIONS, type OptionName } from '../../worker/options.js';
import { stopBoundMs } from '../../worker/shutdown.js';
import { NAME, type Manifest } from './manifest.js';
import type { RuleFiles } from './rules.js';

/** What the manifests are printed for. */
export interface KubernetesSettings {
  readonly image: string;
  /** Files of rules by their paths in RULES_DIR; undefined: the image's own. */
  readonly rules?: RuleFiles | undefined;
}

export type Role = 'stream' | 'gateway';

/** As in the image: see the Dockerfile. */
const USER = 10_001;
/** The mount is another user's, and may be anybody's: the worker makes a folder of its own in it. */
const STATE_MOUNT = '/state';
const SECRETS_MOUNT = '/etc/notification-streams/secrets';
/** Until every node has heard that the pod gets no new connections. */
const UNLISTED_S = 5;
/** For whatever else a node does while it stops a pod. */
const MARGIN_S = 15;

const defaultOf = (name: OptionName & ('HTTP_PORT' | 'GATEWAY_PORT' | 'SHUTDOWN_SPREAD_MS')): number =>
  Number(OPTIONS[name].default);

export const HTTP_PORT = defaultOf('HTTP_PORT');
export const GATEWAY_PORT = defaultOf('GATEWAY_PORT');

export function labelsOf(role: Role): Record<string, string> {
  return { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/component': role };
}

export function metadataOf(role: Role, name = `${NAME}-${role}`): { name: string; labels: Record<string, string> } {
  return { name, labels: labelsOf(role) };
}

/** A pod of this role; `state` is the volume of its STATE_DIR. */
export function podOf(role: Role, { image, rules }: KubernetesSettings, state: readonly Manifest[]): Manifest {
  return {
    metadata: { labels: labelsOf(role) },
    spec: {
      ...guarded(),
      // From SIGTERM, or before it from the pause in which a gateway is taken off the list.
      terminationGracePeriodSeconds:
        UNLISTED_S + Math.ceil(stopBoundMs(defaultOf('SHUTDOWN_SPREAD_MS')) / 1000) + MARGIN_S,
      topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: labelsOf(role) },
      })),
      containers: [
        {
          ...containerOf(role, image, ['worker']),
          env: [...environmentOf(role), ...(rules?.env ?? [])],
          ports: [
            { name: 'http', containerPort: HTTP_PORT },
            ...(role === 'gateway' ? [{ name: 'ws', containerPort: GATEWAY_PORT }] : []),
          ],
          ...probesOf(role),
          ...(role === 'gateway' ? { lifecycle: { preStop: { sleep: { seconds: UNLISTED_S } } } } : {}),
          resources: RESOURCES[role],
          volumeMounts: [
            { name: 'state', mountPath: STATE_MOUNT },
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'secrets', mountPath: SECRETS_MOUNT, readOnly: true },
            ...(rules?.mounts ?? []),
          ],
        },
      ],
      volumes: [...state, TMP, SECRETS, ...(rules?.volumes ?? [])],
    },
  };
}

/** The pod of a job that runs these commands, one after another, by the rules of the workers, and writes nothing. */
export function commandsOf({ image, rules }: KubernetesSettings, commands: readonly (readonly string[])[]): Manifest {
  const containers = commands.map((args) => ({
    ...containerOf(args[0]!, image, args),
    ...(rules && { env: rules.env }),
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
    volumeMounts: [{ name: 'secrets', mountPath: SECRETS_MOUNT, readOnly: true }, ...(rules?.mounts ?? [])],
  }));
  return {
    metadata: { labels: { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/component': 'set-up' } },
    spec: {
      ...guarded(),
      restartPolicy: 'OnFailure',
      initContainers: containers.slice(0, -1),
      containers: containers.slice(-1),
      volumes: [SECRETS, ...(rules?.volumes ?? [])],
    },
  };
}

/** Without service links: a Service called `gateway` would set GATEWAY_PORT to its address. */
function guarded(): Manifest {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      // Else each start opens the store's files to the group, and the worker closes them again.
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

function containerOf(name: string, image: string, args: readonly string[]): Manifest {
  return {
    name,
    image,
    args,
    envFrom: [{ configMapRef: { name: NAME } }],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

function environmentOf(role: Role): Manifest[] {
  const set = (name: OptionName, value: string): Manifest => ({ name, value });
  return [
    set('ROLES', role),
    { name: 'WORKER_ID', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    set('STATE_DIR', `${STATE_MOUNT}/worker`),
    ...(role === 'gateway' ? [secretFile('JWT_SECRET')] : []),
  ];
}

/** A secret is read from a file: an environment is shown by too many tools. */
function secretFile(name: OptionName): Manifest {
  return { name: `${name}_FILE`, value: `${SECRETS_MOUNT}/${name}` };
}

/**
 * A first start restores, and waits for brokers and registry as long as they are out: an hour before it is tried again.
 * After that only a process that does not answer is ended: an outage is waited out, a restart would cost a rebalance.
 * A stream worker's readiness decides whether a roll-out goes on, and nothing else: it is that it has started. By /readyz
 * a partition that waits for newer rules would hold up the roll-out that brings them.
 */
function probesOf(role: Role): Manifest {
  const probe = (path: string, periodSeconds: number, failureThreshold: number): Manifest => ({
    httpGet: { path, port: 'http' },
    periodSeconds,
    timeoutSeconds: 5,
    failureThreshold,
  });
  return {
    startupProbe: probe('/startupz', 10, 360),
    livenessProbe: probe('/livez', 10, 6),
    readinessProbe: probe(role === 'stream' ? '/startupz' : '/readyz?role=gateway', 5, 2),
  };
}

/** No limit of CPU: one that is reached stops the heartbeats, and others take the tasks. */
const RESOURCES: Readonly<Record<Role, Manifest>> = {
  stream: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } },
  gateway: { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '2Gi' } },
};

const TMP: Manifest = { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } };
const SECRETS: Manifest = { name: 'secrets', secret: { secretName: NAME, defaultMode: 0o440 } };
