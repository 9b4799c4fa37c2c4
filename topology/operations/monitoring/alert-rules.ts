/** The alerts as Prometheus reads them, and as promtool tests them. */
import { stringify } from 'yaml';
import { METRIC_PREFIX } from '../../../common/metrics.js';
import { ALERTS, type Alert, type AlertCase } from './alerts.js';

/** Where they are in the project. */
export const RUNBOOKS = 'docs/runbooks.md';
const GROUP = 'notification-streams';

/** A file for `rule_files`. `runbooks`: where the page of the runbooks can be read by who is on call. */
export function alertRules(runbooks = RUNBOOKS): string {
  const rules = ALERTS.map((alert) => ({
    alert: alertName(alert),
    expr: alert.expr,
    ...(alert.for !== undefined && { for: alert.for }),
    labels: { severity: alert.severity },
    annotations: {
      summary: alert.summary,
      description: alert.means,
      runbook: `${runbooks}#${alertName(alert).toLowerCase()}`,
    },
  }));
  return yaml('notification-streams generate alerts', { groups: [{ name: GROUP, rules }] });
}

/** A file for `promtool test rules`, beside that of the rules. */
export function alertTests(rulesFile: string): string {
  const tests = ALERTS.flatMap((alert) => [testOf(alert, alert.fires, true), testOf(alert, alert.silent, false)]);
  return yaml('notification-streams generate alert-tests', {
    rule_files: [rulesFile],
    evaluation_interval: '1m',
    tests,
  });
}

export function alertName({ name }: Pick<Alert, 'name'>): string {
  return `NotificationStreams${name}`;
}

/** What an alert's test expects is that it fires, whatever labels and values it then has: promtool is asked by `ALERTS`. */
function testOf(alert: Alert, { series, at }: AlertCase, fires: boolean): object {
  const fired = `count(ALERTS{alertname="${alertName(alert)}",alertstate="firing"}) > bool 0 or vector(0)`;
  return {
    name: `${alertName(alert)} ${fires ? 'fires' : 'stays silent'}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({
      series: name.startsWith('up{') ? name : METRIC_PREFIX + name,
      values,
    })),
    promql_expr_test: [{ expr: fired, eval_time: `${at}m`, exp_samples: [{ labels: '{}', value: fires ? 1 : 0 }] }],
  };
}

function yaml(command: string, content: object): string {
  return `# Printed by \`${command}\`; change topology/operations/monitoring/alerts.ts instead.\n${stringify(content, { lineWidth: 0 })}`;
}
