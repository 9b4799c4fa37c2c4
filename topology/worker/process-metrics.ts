/** What a worker says of itself as a process: Node's own metrics, its version, its requests to brokers and registry. */
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { KAFKA_APIS, KAFKA_LONG_POLLS } from '../../common/label-values.js';
import type { Metrics } from '../../common/metrics.js';
import { projectVersion } from '../../common/project-root.js';
import type { RegistryClientOptions } from '../../schemas/registry/registry-client.js';
import type { RequestListener } from '../kafka/index.js';

/** prom-client's gauges that are named as counters are: promtool takes them for faults, and the same is there by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Node's own metrics, and what is built. */
export function collectProcess(registry: Registry, metrics: Metrics): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  metrics.build_info.set({ version: projectVersion(), node: process.version }, 1);
}

const TIMED = new Set<string>(KAFKA_APIS);
const LONG_POLLS = new Set<string>(KAFKA_LONG_POLLS);

/** Counts requests to the brokers, under names of a closed list. */
export function kafkaRequests(metrics: Metrics): RequestListener {
  return (name, seconds, isFailed) => {
    const isPoll = name !== undefined && LONG_POLLS.has(name);
    const api = name !== undefined && (isPoll || TIMED.has(name)) ? name : 'other';
    if (!isPoll) metrics.kafka_request_seconds.observe({ api }, seconds);
    if (isFailed) metrics.kafka_request_errors_total.inc({ api });
  };
}

/** Counts requests to the registry. */
export function registryRequests(metrics: Metrics): NonNullable<RegistryClientOptions['onRequest']> {
  return (seconds, fault) => {
    metrics.registry_request_seconds.observe(seconds);
    if (fault !== undefined) metrics.registry_request_errors_total.inc({ fault });
  };
}
