/**
 * Every metric, declared once: name, kind, labels, why it exists. The prom-client registry is passed in.
 * Label values never come from input: topics, reasons, outcomes and roles are closed lists, and those of counters stand here.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { AgeGauge } from './age-gauge.js';
import { BulkHistogram } from './bulk-histogram.js';
import { ACTION_URL_FAULTS } from './correction.js';
import {
  CLOSE_REASONS,
  DEAD_LETTER_REASONS,
  DELIVERIES,
  DELIVERY_CHANNELS,
  DROP_REASONS,
  KAFKA_APIS,
  KAFKA_LONG_POLLS,
  REFUSAL_REASONS,
  REGISTRY_FAULTS,
} from './label-values.js';
import { SINK_TOPICS, SOURCE_TOPICS } from './record.js';

/** A counter's values are all known: each is there from the first scrape on, at 0, so that a rate sees the first of them. */
interface CounterDefinition {
  readonly kind: 'counter';
  readonly help: string;
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** Instead of `labels`, where not each value goes with each of the others. */
  readonly series?: readonly Readonly<Record<string, string>>[];
}

/** A gauge shows what is there now, whatever its labels. */
interface GaugeDefinition {
  readonly kind: 'gauge';
  readonly help: string;
  readonly labels?: readonly string[];
  /** Not there before it is set: 0 would say something. */
  readonly absentAtFirst?: true;
  /** See AgeGauge. */
  readonly age?: true;
}

/** As a counter: each value of its label is there from the first scrape on. `bulk`: see BulkHistogram. */
interface HistogramDefinition {
  readonly kind: 'histogram';
  readonly help: string;
  readonly buckets: readonly number[];
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  readonly bulk?: true;
}

export type MetricDefinition = CounterDefinition | GaugeDefinition | HistogramDefinition;

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** For what may wait for as long as a worker is down. */
const WAITING_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600];
const REBALANCE_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** The table. Names carry the prefix `notification_streams_` in the scrape. */
export const METRICS = {
  records_in_total: {
    kind: 'counter',
    labels: { topic: SOURCE_TOPICS },
    help: 'Source records whose offsets were committed.',
  },
  records_out_total: {
    kind: 'counter',
    labels: { topic: SINK_TOPICS },
    help: 'Records produced in committed transactions.',
  },
  records_dropped_total: {
    kind: 'counter',
    labels: { topic: SOURCE_TOPICS, reason: DROP_REASONS },
    help: 'Source records that make no output: tombstone, unknown-type, duplicate.',
  },
  dead_letters_total: {
    kind: 'counter',
    labels: { topic: SOURCE_TOPICS, reason: DEAD_LETTER_REASONS },
    help: 'Source records dead-lettered, by reason.',
  },
  action_urls_refused_total: {
    kind: 'counter',
    labels: { reason: ACTION_URL_FAULTS },
    help: 'Action URLs that went out as null, and links in templates as #: scheme, credentials, characters, malformed, too-long.',
  },
  account_timestamps_replaced_total: {
    kind: 'counter',
    help: 'Account events stamped more than an hour after their records, whose timestamps stand in.',
  },
  deliveries_total: {
    kind: 'counter',
    series: DELIVERIES,
    help: 'What NOTIFICATION_DELIVERED_TOPIC says, a channel of a recipient each, once it is committed: channel (other: an unknown name), status, reason (none: no reason).',
  },
  event_commit_seconds: {
    kind: 'histogram',
    bulk: true,
    buckets: WAITING_SECONDS,
    labels: { channel: DELIVERY_CHANNELS },
    help: "From the timestamp of an event's source record to its commit, once for each channel on which it was handed on to somebody.",
  },
  unknown_templates_total: {
    kind: 'counter',
    help: 'Requests whose templateCode this worker does not know: mailservice is given the code and the values.',
  },
  retries_total: {
    kind: 'counter',
    labels: { topic: SOURCE_TOPICS },
    help: 'Tries after the first of records that trying again may cure.',
  },
  transactions_total: {
    kind: 'counter',
    labels: { outcome: ['committed', 'aborted', 'unknown', 'fenced'] },
    help: 'Kafka transactions by outcome: committed, aborted, unknown, fenced.',
  },
  commit_duration_seconds: {
    kind: 'histogram',
    buckets: SECONDS,
    help: 'From the first produce of a transaction to the store written.',
  },
  restore_records_total: {
    kind: 'counter',
    labels: { store: ['task', 'standby', 'directory'] },
    help: 'Changelog records replayed into a store: task (at a takeover), standby, directory.',
  },
  restore_duration_seconds: {
    kind: 'histogram',
    buckets: SECONDS,
    help: 'Time to take a task over: fence, read offsets, restore.',
  },
  consumer_lag: {
    kind: 'gauge',
    labels: ['topic', 'partition'],
    help: 'Source records between the committed position and the last stable offset, asked for at the scrape, of the partitions that this worker has.',
  },
  consumer_lag_seconds: {
    kind: 'gauge',
    labels: ['topic', 'partition'],
    help: 'For how long the oldest record that is not committed has waited, 0 when none waits: by its timestamp, but no longer than since all before a past end was committed, and no shorter than it was seen to wait; behind an open transaction of a producer, for as long as that holds it back.',
  },
  source_held_up_seconds: {
    kind: 'gauge',
    labels: ['topic', 'partition'],
    help: 'For how long an open transaction of a producer has held back the records after it.',
  },
  sources_recreated_total: {
    kind: 'counter',
    labels: { topic: SOURCE_TOPICS },
    help: 'Source partitions that were recreated, and read from the start.',
  },
  newer_rules_wait_seconds: {
    kind: 'gauge',
    labels: ['topic', 'partition'],
    help: 'For how long a source partition has waited at an event type that only newer rules in the group know.',
  },
  dead_letter_budget_paused: {
    kind: 'gauge',
    labels: ['topic', 'partition'],
    help: '1 while a source partition is paused as its dead-letter budget is spent, else 0; no series without DEAD_LETTER_BUDGET.',
  },
  rules_info: { kind: 'gauge', labels: ['version', 'digest'], help: '1: the rule set that this worker runs.' },
  rules_reloads_total: {
    kind: 'counter',
    labels: { outcome: ['taken', 'refused', 'unchanged'] },
    help: 'Readings of the rules at SIGHUP: taken, refused (the old ones stay), unchanged.',
  },
  misplaced_records_total: {
    kind: 'counter',
    labels: { topic: SOURCE_TOPICS },
    help: 'Source records that are not in the partition that their key gives by murmur2, of every 16th that is looked at.',
  },
  last_commit_age_seconds: {
    kind: 'gauge',
    age: true,
    help: 'Since the last commit of this worker that holds; absent before the first; without events there are no commits.',
  },
  buffered_records: { kind: 'gauge', help: 'Source records fetched and not yet processed.' },
  tasks: { kind: 'gauge', labels: ['state'], help: 'Tasks of this worker by state, and its standbys.' },
  standby_lag: {
    kind: 'gauge',
    labels: ['task'],
    help: 'Changelog records committed and not yet in the standby of that task.',
  },
  rebalances_total: { kind: 'counter', help: 'Group generations that this worker joined.' },
  rebalance_seconds: {
    kind: 'histogram',
    buckets: REBALANCE_SECONDS,
    help: 'From when the tasks were asked to stand still for another generation of the group (at the first, from the join) to their assignment.',
  },
  task_moves_total: {
    kind: 'counter',
    labels: { direction: ['gained', 'lost'] },
    help: 'Tasks that came to this worker (gained), and that it ceased to own (lost) while it runs.',
  },
  store_bytes: {
    kind: 'gauge',
    labels: ['kind'],
    help: 'Bytes of the state store: file, and of it what is used and what lies in free_pages, which are written again.',
  },
  store_entries: {
    kind: 'gauge',
    labels: ['store'],
    help: 'Entries that this worker holds: dedup (events in the window, of its tasks and standbys), directory (users).',
  },
  disk_free_bytes: {
    kind: 'gauge',
    absentAtFirst: true,
    help: "Bytes that STATE_DIR's disk has left for this worker; absent without the stream role.",
  },
  directory_entries: { kind: 'gauge', help: 'Users in the directory.' },
  directory_waits_given_up_total: {
    kind: 'counter',
    help: 'Partitions with account events that stood still for DIRECTORY_WAIT_MS: events go on without what they say.',
  },
  directory_partitions_given_up: {
    kind: 'gauge',
    help: 'Partitions of account events that stand still, and are not waited for now.',
  },
  records_unroutable_total: {
    kind: 'counter',
    labels: { topic: ['USER_DIRECTORY', 'NOTIFICATION_INAPP_TOPIC'] },
    help: 'Records of an unknown topic or of an unknown name, skipped.',
  },
  sockets: { kind: 'gauge', help: 'WebSocket connections that are open.' },
  socket_messages_total: {
    kind: 'counter',
    labels: { kind: ['notification', 'ack', 'ack-refused', 'dropped'] },
    help: 'Messages to and from sockets: notification, ack, ack-refused, dropped.',
  },
  socket_closes_total: {
    kind: 'counter',
    labels: { reason: CLOSE_REASONS },
    help: 'WebSocket connections closed by us, by reason.',
  },
  resumes_total: {
    kind: 'counter',
    labels: { outcome: ['recovered', 'lost', 'behind', 'refused'] },
    help: 'Sockets that came with a cursor: recovered (all missed is there), lost, behind or refused.',
  },
  resume_bytes_total: {
    kind: 'counter',
    help: 'Bytes of keys and values read from the in-app topic again for sockets that resume.',
  },
  socket_unread_bytes: {
    kind: 'gauge',
    help: 'Bytes that wait in our memory for sockets that read slowly.',
  },
  gateway_connections: { kind: 'gauge', help: 'Connections to the gateway that are no sockets (yet).' },
  upgrades_refused_total: {
    kind: 'counter',
    labels: { reason: [...REFUSAL_REASONS, 'connections'] },
    help: 'WebSocket handshakes refused, by reason.',
  },
  key_set_reads_total: {
    kind: 'counter',
    labels: { outcome: ['read', 'failed'] },
    help: 'Times that the key set at JWKS_URL was read, or could not be (failed): the last keys stay good then.',
  },
  fanout_latency_seconds: {
    kind: 'histogram',
    buckets: SECONDS,
    help: 'From append on the in-app topic to the send on a socket.',
  },
  event_socket_seconds: {
    kind: 'histogram',
    buckets: WAITING_SECONDS,
    help: 'From the time that an event says in itself (timestamp of the in-app notification) to the send on a socket; not of what is sent again to sockets that resume.',
  },
  registry_request_seconds: {
    kind: 'histogram',
    buckets: SECONDS,
    help: 'Requests to the schema registry, each address for itself, answered or failed.',
  },
  registry_request_errors_total: {
    kind: 'counter',
    labels: { fault: REGISTRY_FAULTS },
    help: 'Requests to the schema registry that count as an outage, by fault.',
  },
  kafka_request_seconds: {
    kind: 'histogram',
    buckets: SECONDS,
    labels: { api: KAFKA_APIS },
    help: 'Requests to the brokers, answered or failed, the wait for a connection included; not Fetch, JoinGroup and SyncGroup, which wait there by design; not what an admin client asks at the start.',
  },
  kafka_request_errors_total: {
    kind: 'counter',
    labels: { api: [...KAFKA_APIS, ...KAFKA_LONG_POLLS] },
    help: 'Requests to the brokers that failed: no connection, no answer in time, or an error for the whole request.',
  },
  build_info: { kind: 'gauge', labels: ['version', 'node'], help: '1: the version of this program, and of Node.' },
  certificate_expiry_timestamp_seconds: {
    kind: 'gauge',
    labels: ['certificate'],
    help: 'When the first of the certificates in use ends, seconds since the epoch: client, ca, registry-ca, token-ca.',
  },
  http_connections: { kind: 'gauge', help: 'Connections that are open on HTTP_PORT.' },
  http_dropped_total: {
    kind: 'counter',
    help: 'Connections on HTTP_PORT that were closed, the oldest first: too many were open.',
  },
  ready: { kind: 'gauge', labels: ['part'], help: '1 when the part is ready, 0 when not; the reason is on /readyz.' },
} as const satisfies Record<string, MetricDefinition>;

type Instrument<D extends MetricDefinition> = D['kind'] extends 'counter'
  ? Counter
  : D['kind'] extends 'gauge'
    ? D extends { readonly age: true }
      ? AgeGauge
      : Gauge
    : D extends { readonly bulk: true }
      ? BulkHistogram
      : Histogram;

export type Metrics = { readonly [N in keyof typeof METRICS]: Instrument<(typeof METRICS)[N]> };

export const METRIC_PREFIX = 'notification_streams_';

/** The names of a metric's labels. */
export function labelNames(definition: MetricDefinition): readonly string[] {
  if (definition.kind === 'gauge') return definition.labels ?? [];
  const [first = definition.labels ?? {}] = definition.kind === 'counter' ? (definition.series ?? []) : [];
  return Object.keys(first);
}

/** Builds every metric of the table into the registry. `sources`: logical names of the topics that are read. */
export function createMetrics(registry: Registry, sources: readonly string[] = SOURCE_TOPICS): Metrics {
  const build = (
    name: string,
    definition: MetricDefinition,
  ): Counter | Gauge | Histogram | AgeGauge | BulkHistogram => {
    const options = {
      name: METRIC_PREFIX + name,
      help: definition.help,
      labelNames: [...labelNames(definition)],
      registers: [registry],
    };
    switch (definition.kind) {
      case 'counter': {
        const counter = new Counter(options);
        for (const values of definition.series ?? combinations(withSources(definition.labels ?? {}, sources)))
          counter.inc(values, 0);
        return counter;
      }
      case 'gauge': {
        if (definition.age) return new AgeGauge(options);
        const gauge = new Gauge(options);
        if (definition.absentAtFirst) gauge.remove();
        return gauge;
      }
      case 'histogram':
        return buildHistogram(options, definition);
    }
  };
  return Object.fromEntries(
    Object.entries(METRICS).map(([name, definition]) => [name, build(name, definition)]),
  ) as unknown as Metrics;
}

interface InstrumentOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
}

function buildHistogram(options: InstrumentOptions, definition: HistogramDefinition): Histogram | BulkHistogram {
  const { buckets, labels = {}, bulk } = definition;
  const series = combinations(labels);
  if (bulk) return new BulkHistogram({ ...options, buckets, series });
  const histogram = new Histogram({ ...options, buckets: [...buckets] });
  for (const values of series) histogram.zero(values);
  return histogram;
}

/** Where the contract's sources are a label's values, those that are read instead. */
function withSources(
  labels: Readonly<Record<string, readonly string[]>>,
  sources: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  return labels['topic'] === SOURCE_TOPICS ? { ...labels, topic: sources } : labels;
}

/** Each value of each label with each of the others. */
function combinations(labels: Readonly<Record<string, readonly string[]>>): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (found, [label, values]) => found.flatMap((labelSet) => values.map((value) => ({ ...labelSet, [label]: value }))),
    [{}],
  );
}
