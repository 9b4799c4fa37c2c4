/** What runs: stream workers that keep their stores, gateways that keep nothing, and the job that comes before both. */
import { CONFIGURATION } from './configuration.js';
import { NAME, type Manifest } from './manifest.js';
import { commandsOf, GATEWAY_PORT, HTTP_PORT, labelsOf, metadataOf, podOf, type KubernetesSettings } from './pods.js';

/** The options, and the job that makes topics and schemas where they do not exist yet. */
export function setUp({ image, rules }: KubernetesSettings): Manifest[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: NAME, labels: { 'app.kubernetes.io/name': NAME } },
      data: CONFIGURATION,
    },
    ...(rules ? [rules.configMap] : []),
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: `${NAME}-set-up`, labels: { 'app.kubernetes.io/name': NAME } },
      spec: {
        backoffLimit: 5,
        ttlSecondsAfterFinished: 3600,
        template: commandsOf({ image, rules }, [
          ['topics', 'create'],
          ['schemas', 'register'],
        ]),
      },
    },
  ];
}

/** The stream role. */
export function streamWorkers(settings: KubernetesSettings): Manifest[] {
  const metadata = metadataOf('stream');
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        clusterIP: 'None',
        // Nobody is served by them: whoever asks for their addresses wants those that are not ready as well.
        publishNotReadyAddresses: true,
        selector: labelsOf('stream'),
        ports: [{ name: 'http', port: HTTP_PORT, targetPort: 'http' }],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: {
        serviceName: metadata.name,
        replicas: 2,
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'RollingUpdate' },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        selector: { matchLabels: labelsOf('stream') },
        template: podOf('stream', settings, []),
        volumeClaimTemplates: [
          {
            metadata: { name: 'state' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } },
          },
        ],
      },
    },
    disruptionBudget('stream'),
  ];
}

/** The gateway role. */
export function gateways(settings: KubernetesSettings): Manifest[] {
  const metadata = metadataOf('gateway');
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labelsOf('gateway'), ports: [{ name: 'ws', port: GATEWAY_PORT, targetPort: 'ws' }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        // How many there are is the HorizontalPodAutoscaler's.
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        // The sockets of one are back before those of the next one are closed.
        minReadySeconds: 15,
        selector: { matchLabels: labelsOf('gateway') },
        template: podOf('gateway', { image: settings.image }, [{ name: 'state', emptyDir: { sizeLimit: '64Mi' } }]),
      },
    },
    disruptionBudget('gateway'),
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name },
        minReplicas: 2,
        maxReplicas: 10,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
        ],
        // Each that goes sends its sockets to the others.
        behavior: {
          scaleDown: {
            stabilizationWindowSeconds: 600,
            policies: [{ type: 'Pods', value: 1, periodSeconds: 300 }],
          },
        },
      },
    },
  ];
}

/** One at a time; one that is not ready may go: it may be what a node's drain waits for. */
function disruptionBudget(role: 'stream' | 'gateway'): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf(role),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: labelsOf(role) },
    },
  };
}
