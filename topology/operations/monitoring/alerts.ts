/**
 * Every alert, declared once: when it fires, what it means, what to do, and a case in which it fires and one in which it
 * does not. deploy/monitoring/alerts.yml, its tests for promtool and docs/runbooks.md are printed from this table.
 */
import { METRIC_PREFIX, type Metrics } from '../../../common/metrics.js';

export interface Alert {
  /** Behind `NotificationStreams`. */
  readonly name: string;
  /** `page`: somebody gets up for it; `ticket`: somebody looks at it in working hours. */
  readonly severity: 'page' | 'ticket';
  /** PromQL. */
  readonly expr: string;
  /** How long it must hold, such as `5m`; left out: no longer than it is seen. */
  readonly for?: string;
  /** One line, with the labels of the series in `{{ }}`. */
  readonly summary: string;
  readonly means: string;
  /** One step an entry. */
  readonly todo: readonly string[];
  /** What promtool is given: series by minute, and when it looks. */
  readonly fires: AlertCase;
  readonly silent: AlertCase;
}

export interface AlertCase {
  /** Values in promtool's notation, one a minute, by series: `consumer_lag_seconds{topic="A"}` without the prefix. */
  readonly series: Readonly<Record<string, string>>;
  /** Minutes from the first value. */
  readonly at: number;
}

const m = (name: keyof Metrics, selector = ''): string => METRIC_PREFIX + name + selector;
const increase = (name: keyof Metrics, range: string, selector = ''): string =>
  `increase(${m(name, selector)}[${range}])`;
/** What the workers' job must be called in Prometheus. */
export const JOB = 'notification-streams';
const PARTITION = 'topic="TASK_EVENT_TOPIC",partition="3"';

export const ALERTS: readonly Alert[] = [
  {
    name: 'Down',
    severity: 'page',
    expr: `up{job="${JOB}"} == 0`,
    for: '2m',
    summary: '{{ $labels.instance }} does not answer.',
    means: 'A worker has ended, or Prometheus cannot reach it. Its tasks are with the others, if there are any.',
    todo: [
      'Read the last line of its log: it says why a worker ended, and the way out ([what it may say](operations.md#a-worker-that-ends-by-itself)).',
      'Look whether it is started again and again: exit code 2 is the configuration, which no restart mends.',
    ],
    fires: { series: { 'up{job="notification-streams",instance="a"}': '1 0x10' }, at: 5 },
    silent: { series: { 'up{job="notification-streams",instance="a"}': '1 0 1x10' }, at: 5 },
  },
  {
    name: 'Gone',
    severity: 'page',
    expr: `absent(up{job="${JOB}"} == 1)`,
    for: '5m',
    summary: 'No worker is there.',
    means: 'Nothing is processed: no worker answers, or Prometheus knows none by this job.',
    todo: [
      'Look at what should run them: are they started, and end again? The last line of a log says why.',
      'If they run, look at the configuration of Prometheus: the job must be called `notification-streams`.',
    ],
    fires: { series: { 'up{job="notification-streams",instance="a"}': '1 1 0x10' }, at: 9 },
    silent: {
      series: {
        'up{job="notification-streams",instance="a"}': '0x10',
        'up{job="notification-streams",instance="b"}': '1x10',
      },
      at: 9,
    },
  },
  {
    name: 'NotReady',
    severity: 'page',
    expr: `min by (instance, part) (${m('ready')}) == 0`,
    for: '5m',
    summary: '{{ $labels.part }} of {{ $labels.instance }} is not ready.',
    means: 'The worker waits for something: brokers, registry, disk, the group, the directory.',
    todo: [
      'Ask `/readyz`: it says what for; [operations.md](operations.md#readiness) says what to do for each part.',
      'Do not restart the worker: it goes on by itself when what it waits for is there.',
    ],
    fires: { series: { 'ready{instance="a",part="registry"}': '1 0x10' }, at: 8 },
    silent: { series: { 'ready{instance="a",part="registry"}': '1 0 0 1x10' }, at: 8 },
  },
  {
    name: 'LagIsOld',
    severity: 'page',
    expr: `max by (topic, partition) (${m('consumer_lag_seconds')}) > 60`,
    for: '5m',
    summary: 'Events of {{ $labels.topic }}-{{ $labels.partition }} wait for {{ $value | humanizeDuration }}.',
    means: 'Notifications come late: events wait for longer than a minute to be committed.',
    todo: [
      'One partition: does it wait for [newer rules](operations.md#rolling-in-a-new-event-type), for the registry, or for [a dead-letter budget](dead-letter-budget.md)? `/readyz` names it.',
      'All partitions: are there as many workers as you think (`notification-streams tasks`)? Is their processor busy? Add workers, up to one a task.',
      'Commits that take long (`commit_duration_seconds`): look at the brokers, at their disks and quotas.',
    ],
    fires: { series: { [`consumer_lag_seconds{${PARTITION}}`]: '0 61+60x10' }, at: 8 },
    silent: { series: { [`consumer_lag_seconds{${PARTITION}}`]: '0 90 70 3x10' }, at: 8 },
  },
  {
    name: 'NothingIsCommitted',
    severity: 'page',
    expr: `sum by (instance) (${m('consumer_lag')}) > 0 and on (instance) ${m('last_commit_age_seconds')} > 120`,
    for: '2m',
    summary: '{{ $labels.instance }} has committed nothing for two minutes, and records wait.',
    means: 'The worker does not get its transactions through, or processes nothing.',
    todo: [
      'Ask `/readyz`, and look for `a commit` and `waiting for the brokers` in its log.',
      'Look at `transactions_total` by outcome, and at the brokers that lead `__transaction_state` and `__consumer_offsets`.',
    ],
    fires: {
      series: {
        [`consumer_lag{instance="a",${PARTITION}}`]: '5x10',
        'last_commit_age_seconds{instance="a"}': '0+60x10',
      },
      at: 7,
    },
    silent: {
      series: {
        [`consumer_lag{instance="a",${PARTITION}}`]: '0x10',
        'last_commit_age_seconds{instance="a"}': '0+60x10',
      },
      at: 7,
    },
  },
  {
    name: 'DeadLetterShare',
    severity: 'page',
    expr: `sum by (topic) (rate(${m('dead_letters_total')}[5m])) / sum by (topic) (rate(${m('records_in_total')}[5m])) > 0.05`,
    for: '5m',
    summary: '{{ $value | humanizePercentage }} of the records of {{ $labels.topic }} become dead letters.',
    means: 'A producer writes what cannot be processed: an outage of its notifications, not poison.',
    todo: [
      '`notification-streams dlq list --by reason,topic`, then `dlq show` one of them: the fault is marked.',
      'Have the producer mended; nothing is lost meanwhile.',
      'Then [replay them](dead-letters.md#replaying).',
      'So that the next time the partition stops instead: [a dead-letter budget](dead-letter-budget.md).',
    ],
    fires: {
      series: {
        'dead_letters_total{topic="TASK_EVENT_TOPIC",reason="bad-magic"}': '0+60x15',
        'records_in_total{topic="TASK_EVENT_TOPIC"}': '0+600x15',
      },
      at: 12,
    },
    silent: {
      series: {
        'dead_letters_total{topic="TASK_EVENT_TOPIC",reason="bad-magic"}': '0+6x15',
        'records_in_total{topic="TASK_EVENT_TOPIC"}': '0+600x15',
      },
      at: 12,
    },
  },
  {
    name: 'DeadLetterBudgetSpent',
    severity: 'page',
    expr: `max by (topic, partition) (${m('dead_letter_budget_paused')}) > 0`,
    summary: '{{ $labels.topic }}-{{ $labels.partition }} stands still: its budget of dead letters is spent.',
    means: 'More of its records than `DEAD_LETTER_BUDGET` allows cannot be processed, so the partition waits for you.',
    todo: [
      '`notification-streams dlq list --since 1h`, then `dlq show`: is it poison, or a producer with a fault?',
      'A fault of the producer: mend it; what it wrote stays at the head of the partition until you say `dlq resume`.',
      'Poison that may go: `notification-streams dlq resume`, on the worker that has the partition ([all ways on](dead-letter-budget.md#what-to-do)).',
    ],
    fires: { series: { [`dead_letter_budget_paused{${PARTITION}}`]: '0 1x5' }, at: 3 },
    silent: { series: { [`dead_letter_budget_paused{${PARTITION}}`]: '0x5' }, at: 3 },
  },
  {
    name: 'AccountEventsStandStill',
    severity: 'page',
    expr: `max by (instance) (${m('directory_partitions_given_up')}) > 0`,
    for: '5m',
    summary: 'Account events stand still on {{ $labels.instance }}.',
    means: 'Who has moved or muted a channel is not known: notifications go out by what was known before.',
    todo: [
      'Look at `source_held_up_seconds` of USER_EVENT_TOPIC: [a transaction hangs](operations.md#a-producers-transaction-hangs).',
      'Else ask `/readyz` whether the registry is there.',
    ],
    fires: { series: { 'directory_partitions_given_up{instance="a"}': '1x10' }, at: 7 },
    silent: { series: { 'directory_partitions_given_up{instance="a"}': '1 1 0x10' }, at: 7 },
  },
  {
    name: 'SourceHeldUp',
    severity: 'page',
    expr: `max by (topic, partition) (${m('source_held_up_seconds')}) > 60`,
    summary: 'An open transaction holds up {{ $labels.topic }}-{{ $labels.partition }}.',
    means: 'A producer has left a transaction open; nothing behind it may be read, and lag does not show it.',
    todo: ['[Find the transaction, and abort it](operations.md#a-producers-transaction-hangs).'],
    fires: { series: { [`source_held_up_seconds{${PARTITION}}`]: '0 70x5' }, at: 3 },
    silent: { series: { [`source_held_up_seconds{${PARTITION}}`]: '0 30x5' }, at: 3 },
  },
  {
    name: 'DiskFillsUp',
    severity: 'page',
    expr: `(predict_linear(${m('disk_free_bytes')}[6h], 4 * 3600) < 0 and ${m('disk_free_bytes')} < 2 * 1024^3)\n  or ${m('disk_free_bytes')} < 256 * 1024^2`,
    for: '5m',
    summary: 'The disk of STATE_DIR of {{ $labels.instance }} fills up.',
    means: 'It is full within four hours, or nearly so; tasks then stand still, and lose nothing.',
    todo: [
      'Look at `store_bytes`: is it the store that grows, or somebody else on that disk?',
      'Free some space, or enlarge the volume ([a full disk](operations.md#a-full-disk)).',
    ],
    fires: { series: { 'disk_free_bytes{instance="a"}': '8589934592-85899345x90' }, at: 85 },
    // A store of 2 GB is restored in ten minutes onto an empty volume of 10 GiB.
    silent: { series: { 'disk_free_bytes{instance="a"}': '10737418240-214748365x10 8589934592x80' }, at: 15 },
  },
  {
    name: 'OutcomesUnknown',
    severity: 'ticket',
    expr: `${increase('transactions_total', '15m', '{outcome="unknown"}')} > 5`,
    summary: '{{ $labels.instance }} does not learn what becomes of its commits.',
    means: 'Answers of brokers are lost: each is settled, and costs a pause.',
    todo: ['Look at the network between worker and brokers, and at `REQUEST_TIMEOUT_MS`.'],
    fires: { series: { 'transactions_total{instance="a",outcome="unknown"}': '0+1x30' }, at: 20 },
    silent: { series: { 'transactions_total{instance="a",outcome="unknown"}': '0 1 2x30' }, at: 20 },
  },
  {
    name: 'RollOutHangs',
    severity: 'page',
    expr: `max by (topic, partition) (${m('newer_rules_wait_seconds')}) > 300`,
    summary: '{{ $labels.topic }}-{{ $labels.partition }} waits for a worker with newer rules.',
    means: 'A roll-out does not come to its end; after `UNKNOWN_TYPES_WAIT_MS` the events become dead letters.',
    todo: ['Finish the roll-out, or take it back ([a new event type](operations.md#rolling-in-a-new-event-type)).'],
    fires: { series: { [`newer_rules_wait_seconds{${PARTITION}}`]: '0+60x10' }, at: 7 },
    silent: { series: { [`newer_rules_wait_seconds{${PARTITION}}`]: '0+60x2 0x10' }, at: 7 },
  },
  {
    name: 'RulesRefused',
    severity: 'ticket',
    expr: `${increase('rules_reloads_total', '1h', '{outcome="refused"}')} > 0`,
    summary: '{{ $labels.instance }} refused the rules that it was given.',
    means: 'It goes on with the old ones.',
    todo: ['Its log has every fault with file and line; `notification-streams rules check` says the same.'],
    fires: { series: { 'rules_reloads_total{instance="a",outcome="refused"}': '0 0 1x10' }, at: 5 },
    silent: { series: { 'rules_reloads_total{instance="a",outcome="refused"}': '0x10' }, at: 5 },
  },
  {
    name: 'RulesDiffer',
    severity: 'ticket',
    expr: `count(count by (digest) (${m('rules_info')})) > 1`,
    for: '1h',
    summary: 'Workers run different rules.',
    means: 'A roll-out of rules was not finished, or a worker was forgotten: users get one text or the other.',
    todo: ['`sum by (instance, version) (notification_streams_rules_info)` says which worker is behind; bring it on.'],
    fires: {
      series: { 'rules_info{instance="a",digest="x"}': '1x80', 'rules_info{instance="b",digest="y"}': '1x80' },
      at: 70,
    },
    silent: {
      series: { 'rules_info{instance="a",digest="x"}': '1x80', 'rules_info{instance="b",digest="x"}': '1x80' },
      at: 70,
    },
  },
  {
    name: 'AccountTimestampsReplaced',
    severity: 'ticket',
    expr: `${increase('account_timestamps_replaced_total', '1h')} > 0`,
    summary: 'Account events are stamped ahead of their records.',
    means: 'account writes another unit than milliseconds, or its clock is wrong.',
    todo: ['Have it mended; until then the records’ own timestamps stand in.'],
    fires: { series: { 'account_timestamps_replaced_total{instance="a"}': '0 0 1x10' }, at: 5 },
    silent: { series: { 'account_timestamps_replaced_total{instance="a"}': '0x10' }, at: 5 },
  },
  {
    name: 'EventsMisplaced',
    severity: 'ticket',
    expr: `sum by (topic) (${increase('misplaced_records_total', '1h')}) > 0`,
    summary: 'Events of {{ $labels.topic }} are not in the partition of their key.',
    means: 'A producer partitions otherwise than by murmur2: repeats of its events may pass.',
    todo: ['[Find it, and have it mended](operations.md#events-are-not-in-the-partition-of-their-key).'],
    fires: { series: { 'misplaced_records_total{topic="TASK_EVENT_TOPIC"}': '0 0 1x10' }, at: 5 },
    silent: { series: { 'misplaced_records_total{topic="TASK_EVENT_TOPIC"}': '0x10' }, at: 5 },
  },
  {
    name: 'SourceRecreated',
    severity: 'ticket',
    expr: `sum by (topic) (${increase('sources_recreated_total', '1h')}) > 0`,
    summary: '{{ $labels.topic }} was deleted and recreated.',
    means: 'It is read from its beginning; copies of what was seen within the window are dropped.',
    todo: ['Nothing, if somebody meant it ([what happens](operations.md#a-source-topic-is-recreated)).'],
    fires: { series: { 'sources_recreated_total{topic="TASK_EVENT_TOPIC"}': '0 0 1x10' }, at: 5 },
    silent: { series: { 'sources_recreated_total{topic="TASK_EVENT_TOPIC"}': '0x10' }, at: 5 },
  },
  {
    name: 'TemplatesUnknown',
    severity: 'ticket',
    expr: `${increase('unknown_templates_total', '1h')} > 0`,
    summary: 'Requests name templates that workers do not have.',
    means: 'mailservice is given the code and the values, and no text.',
    todo: ['The log says where each code came first; add the template to the rules’ folder or to `TEMPLATES_DIR`.'],
    fires: { series: { 'unknown_templates_total{instance="a"}': '0 0 1x10' }, at: 5 },
    silent: { series: { 'unknown_templates_total{instance="a"}': '0x10' }, at: 5 },
  },
  {
    name: 'CommitsAreSlow',
    severity: 'ticket',
    expr: `histogram_quantile(0.99, sum by (le) (rate(${m('commit_duration_seconds')}_bucket[5m]))) > 1`,
    for: '15m',
    summary: 'One commit in a hundred takes longer than a second.',
    means: 'The brokers, or the disk of the store, are slow.',
    todo: ['Look at `kafka_request_seconds` by `api`, at the brokers’ disks and quotas, and at the disk of STATE_DIR.'],
    fires: {
      series: {
        'commit_duration_seconds_bucket{le="1"}': '0+10x30',
        'commit_duration_seconds_bucket{le="2.5"}': '0+100x30',
        'commit_duration_seconds_bucket{le="+Inf"}': '0+100x30',
      },
      at: 25,
    },
    silent: {
      series: {
        'commit_duration_seconds_bucket{le="1"}': '0+100x30',
        'commit_duration_seconds_bucket{le="2.5"}': '0+100x30',
        'commit_duration_seconds_bucket{le="+Inf"}': '0+100x30',
      },
      at: 25,
    },
  },
  {
    name: 'GroupMoves',
    severity: 'ticket',
    expr: `${increase('rebalances_total', '15m')} > 10`,
    summary: 'The group of {{ $labels.instance }} does not come to rest.',
    means: 'Workers come and go: each time all tasks pause for a moment.',
    todo: ['Look for a worker that is started again and again, and for sessions that end (`SESSION_TIMEOUT_MS`).'],
    fires: { series: { 'rebalances_total{instance="a"}': '0+1x30' }, at: 20 },
    silent: { series: { 'rebalances_total{instance="a"}': '0 1 2 3x30' }, at: 20 },
  },
  {
    name: 'HandshakesRefused',
    severity: 'ticket',
    expr: `sum by (instance, reason) (rate(${m('upgrades_refused_total', '{reason=~"full|busy|connections|keys-unavailable"}')}[5m])) > 0.1`,
    for: '10m',
    summary: '{{ $labels.instance }} refuses browsers: {{ $labels.reason }}.',
    means: 'The gateway is at a limit, or the issuer’s key set cannot be read.',
    todo: ['Look at `sockets` and at the [limits](gateway.md); add gateways. `keys-unavailable`: look at `JWKS_URL`.'],
    fires: { series: { 'upgrades_refused_total{instance="a",reason="full"}': '0+60x30' }, at: 20 },
    silent: { series: { 'upgrades_refused_total{instance="a",reason="bad-token"}': '0+60x30' }, at: 20 },
  },
  {
    name: 'BrowsersAreSlow',
    severity: 'ticket',
    expr: `sum by (instance) (rate(${m('socket_closes_total', '{reason="slow"}')}[15m])) > 1`,
    for: '15m',
    summary: '{{ $labels.instance }} cuts sockets that read slowly.',
    means: 'Clients, or the line to them, do not keep up; they resume, and lose nothing.',
    todo: ['Look at the proxy between gateway and browsers, and at `socket_unread_bytes`.'],
    fires: { series: { 'socket_closes_total{instance="a",reason="slow"}': '0+120x40' }, at: 35 },
    silent: { series: { 'socket_closes_total{instance="a",reason="slow"}': '0+6x40' }, at: 35 },
  },
  {
    name: 'CertificateExpires',
    severity: 'ticket',
    expr: `min by (instance, certificate) (${m('certificate_expiry_timestamp_seconds')}) - time() < 14 * 86400`,
    summary:
      'The {{ $labels.certificate }} certificate of {{ $labels.instance }} expires in {{ $value | humanizeDuration }}.',
    means: 'Connections to the brokers are refused from then on.',
    todo: ['Renew it: the file is read again by itself ([connections](connections.md)).'],
    fires: {
      series: { 'certificate_expiry_timestamp_seconds{instance="a",certificate="client"}': '864000x10' },
      at: 5,
    },
    silent: {
      series: { 'certificate_expiry_timestamp_seconds{instance="a",certificate="client"}': '2592000x10' },
      at: 5,
    },
  },
];
