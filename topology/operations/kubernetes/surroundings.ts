/** What is around the workers: who may talk to them, what is scraped, what scales them. Examples: clusters differ. */
import { SOURCE_TOPICS } from '../../../common/record.js';
import { CONFIGURATION } from './configuration.js';
import { NAME, type Manifest } from './manifest.js';
import { GATEWAY_PORT, HTTP_PORT, labelsOf, metadataOf, type Role } from './pods.js';

/** Kafka's usual ports, a registry's, and HTTPS for registry and JWKS_URL. */
const OUTSIDE_PORTS = [9092, 9093, 9094, 8081, 443];

/** Who may connect to whom. */
export function networkPolicies(): Manifest[] {
  return (['stream', 'gateway'] as const).map((role) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(role),
    spec: {
      podSelector: { matchLabels: labelsOf(role) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [fromNamespace('monitoring')], ports: [tcp(HTTP_PORT)] },
        ...(role === 'gateway' ? [{ from: [fromNamespace('ingress-nginx')], ports: [tcp(GATEWAY_PORT)] }] : []),
      ],
      egress: [{ ports: [{ protocol: 'UDP', port: 53 }, tcp(53)] }, { ports: OUTSIDE_PORTS.map(tcp) }],
    },
  }));
}

/** What Prometheus' operator scrapes: every pod, ready or not. */
export function podMonitor(): Manifest[] {
  return [
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name: NAME, labels: { 'app.kubernetes.io/name': NAME } },
      spec: {
        // Its value is the job that the alerts know; without it that is made of namespace and name.
        jobLabel: 'app.kubernetes.io/name',
        selector: {
          matchLabels: { 'app.kubernetes.io/name': NAME },
          matchExpressions: [
            { key: 'app.kubernetes.io/component', operator: 'In', values: ['stream', 'gateway'] satisfies Role[] },
          ],
        },
        podMetricsEndpoints: [{ port: 'http', path: '/metrics', interval: '15s' }],
      },
    },
  ];
}

/**
 * Stream workers by lag. The group's offsets are committed in transactions; KEDA sees them once they are committed, and
 * counts to the high watermark, where commit markers and open transactions count as records: a threshold well above 1.
 */
export function scaledObject(): Manifest[] {
  return [
    {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: metadataOf('stream'),
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: `${NAME}-stream` },
        minReplicaCount: 2,
        // More workers than tasks stand by.
        maxReplicaCount: Number(CONFIGURATION.MAX_TASKS),
        // Each change of the number is a rebalance.
        cooldownPeriod: 900,
        advanced: {
          horizontalPodAutoscalerConfig: {
            behavior: {
              scaleUp: { stabilizationWindowSeconds: 120, policies: [{ type: 'Pods', value: 2, periodSeconds: 120 }] },
              scaleDown: {
                stabilizationWindowSeconds: 900,
                policies: [{ type: 'Pods', value: 1, periodSeconds: 300 }],
              },
            },
          },
        },
        triggers: SOURCE_TOPICS.map((topic) => ({
          type: 'kafka',
          metadata: {
            bootstrapServers: CONFIGURATION.KAFKA_BROKERS,
            consumerGroup: CONFIGURATION.APP_ID,
            topic,
            lagThreshold: '50000',
            offsetResetPolicy: CONFIGURATION.START_FROM,
            excludePersistentLag: 'true',
          },
        })),
      },
    },
  ];
}

const tcp = (port: number): Manifest => ({ protocol: 'TCP', port });

const fromNamespace = (name: string): Manifest => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});
