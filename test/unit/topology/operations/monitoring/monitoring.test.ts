/** What is printed from the tables is what is checked in; `-u` writes it. promtool judges it as Prometheus will. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../../../../common/project-root.js';
import { alertName, alertRules, alertTests } from '../../../../../topology/operations/monitoring/alert-rules.js';
import { ALERTS, JOB } from '../../../../../topology/operations/monitoring/alerts.js';
import { podMonitor } from '../../../../../topology/operations/kubernetes/surroundings.js';
import { DASHBOARD, dashboardJson } from '../../../../../topology/operations/monitoring/dashboard.js';
import { runbooks } from '../../../../../topology/operations/monitoring/runbooks.js';

const folder = mkdtempSync(join(tmpdir(), 'notification-streams-alerts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}

const inProject = (...path: string[]): string => join(projectRoot(), ...path);

describe('what Prometheus and Grafana read', () => {
  it('is checked in as the tables say', async () => {
    await expect(alertRules()).toMatchFileSnapshot(inProject('deploy/monitoring/alerts.yml'));
    await expect(dashboardJson()).toMatchFileSnapshot(inProject('deploy/monitoring/dashboard.json'));
  });

  it('has alerts with names of their own, each with a chapter in docs/runbooks.md', async () => {
    expect(new Set(ALERTS.map(alertName)).size).toBe(ALERTS.length);
    const page = readFileSync(inProject('docs/runbooks.md'), 'utf8');
    const head = page.slice(0, page.indexOf('\n## '));
    await expect(`${head}\n${runbooks()}`).toMatchFileSnapshot(inProject('docs/runbooks.md'));
  });

  it('knows the workers by one name, wherever they are scraped', () => {
    expect(readFileSync(inProject('deploy/monitoring/prometheus.yml'), 'utf8')).toContain(`job_name: ${JOB}\n`);
    const [monitor] = podMonitor() as unknown as [{ metadata: { labels: object }; spec: { jobLabel: string } }];
    expect((monitor.metadata.labels as Record<string, string>)[monitor.spec.jobLabel]).toBe(JOB);
  });

  it('is taken by promtool', () => {
    writeFileSync(join(folder, 'alerts.yml'), alertRules());
    expect(promtool('check', 'rules', 'alerts.yml')).toContain(`SUCCESS: ${ALERTS.length} rules found`);
  });

  it('fires where it should, and nowhere else', () => {
    writeFileSync(join(folder, 'alerts.yml'), alertRules());
    writeFileSync(join(folder, 'alerts.test.yml'), alertTests('alerts.yml'));
    expect(promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
  });

  it('is silent where a threshold is missed, which promtool then says', () => {
    writeFileSync(join(folder, 'deaf.yml'), alertRules().replaceAll(' > 60\n', ' > 6000\n'));
    writeFileSync(join(folder, 'deaf.test.yml'), alertTests('deaf.yml'));
    expect(() => promtool('test', 'rules', 'deaf.test.yml')).toThrow(/NotificationStreamsSourceHeldUp|FAILED/);
  });

  it('has a dashboard whose panels have titles and help of their own', () => {
    const panels = DASHBOARD.flatMap((row) => row.panels);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    expect(panels.filter(({ help }) => !help.endsWith('.'))).toEqual([]);
  });
});
