/** `generate`: what other programs read, printed from the tables of the code. */
import type { Command } from 'commander';
import { alertRules, alertTests, RUNBOOKS } from '../topology/operations/monitoring/alert-rules.js';
import { dashboardJson } from '../topology/operations/monitoring/dashboard.js';
import { addGenerateK8s } from './generate/k8s.js';

export function addGenerateCommands(program: Command): void {
  const generate = program.command('generate').description('print what Prometheus, Grafana and Kubernetes read');
  generate
    .command('alerts')
    .description('alert rules for Prometheus')
    .option('--runbooks <url>', 'where docs/runbooks.md can be read', RUNBOOKS)
    .action(({ runbooks }: { runbooks: string }) => {
      process.stdout.write(alertRules(runbooks));
    });
  generate
    .command('alert-tests')
    .description('tests of the alert rules, for promtool test rules')
    .option('--rules <file>', 'the file of the rules', 'alerts.yml')
    .action(({ rules }: { rules: string }) => {
      process.stdout.write(alertTests(rules));
    });
  generate
    .command('dashboard')
    .description('a dashboard for Grafana')
    .action(() => {
      process.stdout.write(dashboardJson());
    });
  addGenerateK8s(generate);
}
