/** The Grafana dashboard: its rows and panels as a table, and the JSON that Grafana imports. */
import { METRIC_PREFIX, type Metrics } from '../../../common/metrics.js';

interface Query {
  /** PromQL; `$__rate_interval` is Grafana's. */
  readonly expr: string;
  /** How each series is named, with its labels in `{{ }}`. */
  readonly legend: string;
}

interface Panel {
  readonly title: string;
  /** What the one who looks should know. */
  readonly help: string;
  /** Grafana's name of it. */
  readonly unit: 'short' | 's' | 'bytes' | 'cps' | 'percentunit' | 'dateTimeFromNow';
  readonly kind?: 'timeseries' | 'stat' | 'table';
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const SELECTOR = '{instance=~"$instance"}';
const m = (name: keyof Metrics, suffix = ''): string => METRIC_PREFIX + name + suffix + SELECTOR;
const rate = (name: keyof Metrics, by: string): string => `sum by (${by}) (rate(${m(name)}[$__rate_interval]))`;
const quantiles = (name: keyof Metrics, by = ''): Query[] =>
  [0.5, 0.99].map((q) => ({
    expr: `histogram_quantile(${q}, sum by (le${by && `, ${by}`}) (rate(${m(name, '_bucket')}[$__rate_interval])))`,
    legend: `${by && `{{${by}}} `}p${q * 100}`,
  }));

export const DASHBOARD: readonly Row[] = [
  {
    title: 'Is it well?',
    panels: [
      {
        title: 'Not ready',
        help: 'Parts of workers that wait for something; /readyz says what for.',
        unit: 'short',
        kind: 'stat',
        queries: [{ expr: `count(${m('ready')} == 0) or vector(0)`, legend: 'parts' }],
      },
      {
        title: 'Oldest event that waits',
        help: 'How late notifications are, at worst.',
        unit: 's',
        kind: 'stat',
        queries: [{ expr: `max(${m('consumer_lag_seconds')})`, legend: 'wait' }],
      },
      {
        title: 'Dead letters, the last hour',
        help: 'Records that could not be processed.',
        unit: 'short',
        kind: 'stat',
        queries: [{ expr: `sum(increase(${m('dead_letters_total')}[1h]))`, legend: 'dead letters' }],
      },
      {
        title: 'Workers',
        help: 'By version.',
        unit: 'short',
        kind: 'stat',
        queries: [{ expr: `count by (version) (${m('build_info')})`, legend: '{{version}}' }],
      },
    ],
  },
  {
    title: 'Events in, notifications out',
    panels: [
      {
        title: 'Events',
        help: 'Source records whose offsets were committed, a second.',
        unit: 'cps',
        queries: [{ expr: rate('records_in_total', 'topic'), legend: '{{topic}}' }],
      },
      {
        title: 'Outputs',
        help: 'Records of committed transactions, a second.',
        unit: 'cps',
        queries: [{ expr: rate('records_out_total', 'topic'), legend: '{{topic}}' }],
      },
      {
        title: 'Deliveries',
        help: 'By channel and status; why something was skipped is in the next panel.',
        unit: 'cps',
        queries: [{ expr: rate('deliveries_total', 'channel, status'), legend: '{{channel}} {{status}}' }],
      },
      {
        title: 'Skipped, and why',
        help: 'Deliveries that were not made.',
        unit: 'cps',
        queries: [
          {
            expr: `sum by (channel, reason) (rate(${METRIC_PREFIX}deliveries_total{instance=~"$instance",status="SKIPPED"}[$__rate_interval]))`,
            legend: '{{channel}} {{reason}}',
          },
        ],
      },
      {
        title: 'No output',
        help: 'Records that tell nobody: repeats, tombstones, types that the rules do not have.',
        unit: 'cps',
        queries: [{ expr: rate('records_dropped_total', 'reason'), legend: '{{reason}}' }],
      },
      {
        title: 'Dead letters',
        help: '`dlq list` shows them, `dlq replay` sends them again.',
        unit: 'cps',
        queries: [{ expr: rate('dead_letters_total', 'topic, reason'), legend: '{{topic}} {{reason}}' }],
      },
    ],
  },
  {
    title: 'How late',
    panels: [
      {
        title: 'Lag, seconds',
        help: 'For how long the oldest event of each partition has waited.',
        unit: 's',
        queries: [
          { expr: `max by (topic, partition) (${m('consumer_lag_seconds')})`, legend: '{{topic}}-{{partition}}' },
        ],
      },
      {
        title: 'Lag, records',
        help: 'Between the committed position and the last stable offset.',
        unit: 'short',
        queries: [{ expr: `sum by (topic) (${m('consumer_lag')})`, legend: '{{topic}}' }],
      },
      {
        title: 'Event to commit',
        help: 'From the event’s timestamp until its outputs are committed.',
        unit: 's',
        queries: quantiles('event_commit_seconds', 'channel'),
      },
      {
        title: 'Event to browser',
        help: 'From the event’s timestamp until it is sent on a socket.',
        unit: 's',
        queries: quantiles('event_socket_seconds'),
      },
      {
        title: 'Commit',
        help: 'From the first produce of a transaction until the store is written.',
        unit: 's',
        queries: quantiles('commit_duration_seconds'),
      },
      {
        title: 'Held up by a transaction',
        help: 'An open transaction of a producer; lag does not show it.',
        unit: 's',
        queries: [
          { expr: `max by (topic, partition) (${m('source_held_up_seconds')})`, legend: '{{topic}}-{{partition}}' },
        ],
      },
    ],
  },
  {
    title: 'Tasks and state',
    panels: [
      {
        title: 'Tasks',
        help: 'By state; standbys are warm copies.',
        unit: 'short',
        queries: [{ expr: `sum by (state) (${m('tasks')})`, legend: '{{state}}' }],
      },
      {
        title: 'Transactions',
        help: 'By outcome.',
        unit: 'cps',
        queries: [{ expr: rate('transactions_total', 'outcome'), legend: '{{outcome}}' }],
      },
      {
        title: 'Rebalances',
        help: 'Generations that a worker joined, and tasks that it won or lost by them.',
        unit: 'short',
        queries: [
          { expr: `sum(increase(${m('rebalances_total')}[$__rate_interval]))`, legend: 'rebalances' },
          {
            expr: `sum by (direction) (increase(${m('task_moves_total')}[$__rate_interval]))`,
            legend: '{{direction}}',
          },
        ],
      },
      {
        title: 'Store',
        help: 'Bytes of the store by kind, and what is left on its disk.',
        unit: 'bytes',
        queries: [
          { expr: `sum by (instance, kind) (${m('store_bytes')})`, legend: '{{instance}} {{kind}}' },
          { expr: m('disk_free_bytes'), legend: '{{instance}} free disk' },
        ],
      },
      {
        title: 'Entries',
        help: 'Event ids that are remembered, and users.',
        unit: 'short',
        queries: [{ expr: `sum by (store) (${m('store_entries')})`, legend: '{{store}}' }],
      },
      {
        title: 'Restores',
        help: 'Changelog records read into stores, a second.',
        unit: 'cps',
        queries: [{ expr: rate('restore_records_total', 'store'), legend: '{{store}}' }],
      },
    ],
  },
  {
    title: 'Browsers',
    panels: [
      {
        title: 'Sockets',
        help: 'Open WebSocket connections.',
        unit: 'short',
        queries: [{ expr: `sum by (instance) (${m('sockets')})`, legend: '{{instance}}' }],
      },
      {
        title: 'Messages',
        help: 'To and from sockets.',
        unit: 'cps',
        queries: [{ expr: rate('socket_messages_total', 'kind'), legend: '{{kind}}' }],
      },
      {
        title: 'Resumes',
        help: 'Browsers that came back with a cursor.',
        unit: 'cps',
        queries: [{ expr: rate('resumes_total', 'outcome'), legend: '{{outcome}}' }],
      },
      {
        title: 'Closed and refused',
        help: 'Sockets that the gateway closed, handshakes that it refused.',
        unit: 'cps',
        queries: [
          { expr: rate('socket_closes_total', 'reason'), legend: 'closed: {{reason}}' },
          { expr: rate('upgrades_refused_total', 'reason'), legend: 'refused: {{reason}}' },
        ],
      },
    ],
  },
  {
    title: 'What it talks to',
    panels: [
      {
        title: 'Requests to Kafka, p99',
        help: 'By request.',
        unit: 's',
        queries: quantiles('kafka_request_seconds', 'api').slice(1),
      },
      {
        title: 'Requests to the registry',
        help: 'Only schema ids that are not known yet are asked for.',
        unit: 's',
        queries: quantiles('registry_request_seconds').slice(1),
      },
      {
        title: 'Errors',
        help: 'Of the brokers and of the registry.',
        unit: 'cps',
        queries: [
          { expr: rate('kafka_request_errors_total', 'api'), legend: 'Kafka {{api}}' },
          { expr: rate('registry_request_errors_total', 'fault'), legend: 'registry {{fault}}' },
        ],
      },
      {
        title: 'Processor and memory',
        help: 'A worker does best with one core or more, and one to four tasks.',
        unit: 'short',
        queries: [
          {
            expr: 'rate(process_cpu_seconds_total{instance=~"$instance"}[$__rate_interval])',
            legend: '{{instance}} cores',
          },
          { expr: 'process_resident_memory_bytes{instance=~"$instance"} / 2^30', legend: '{{instance}} GiB' },
        ],
      },
    ],
  },
];

const COLUMNS = 24;
const HEIGHT = { row: 1, panel: 8 };
const SOURCE = { type: 'prometheus', uid: '${datasource}' };

/** As Grafana imports it. */
export function dashboardJson(): string {
  const panels: object[] = [];
  let y = 0;
  for (const row of DASHBOARD) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: HEIGHT.row },
    });
    y += HEIGHT.row;
    const across = row.panels.length === 4 ? 4 : 3;
    for (const [index, panel] of row.panels.entries()) {
      const w = COLUMNS / across;
      const place = { x: (index % across) * w, y: y + Math.floor(index / across) * HEIGHT.panel, w, h: HEIGHT.panel };
      panels.push({ id: panels.length + 1, gridPos: place, ...panelJson(panel) });
    }
    y += Math.ceil(row.panels.length / across) * HEIGHT.panel;
  }
  return `${JSON.stringify({ ...FRAME, panels }, undefined, 2)}\n`;
}

function panelJson({ title, help, unit, kind = 'timeseries', queries }: Panel): object {
  return {
    ...{ title, type: kind, description: help, datasource: SOURCE },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
    })),
  };
}

const FRAME = {
  title: 'notification-streams',
  uid: 'notification-streams',
  tags: ['notification-streams'],
  schemaVersion: 39,
  editable: true,
  refresh: '10s',
  time: { from: 'now-1h', to: 'now' },
  templating: {
    list: [
      { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
      {
        name: 'instance',
        label: 'Worker',
        type: 'query',
        datasource: SOURCE,
        query: { query: `label_values(${METRIC_PREFIX}ready, instance)`, refId: 'instance' },
        refresh: 2,
        multi: true,
        includeAll: true,
        allValue: '.*',
        current: { text: 'All', value: '$__all' },
      },
    ],
  },
};
