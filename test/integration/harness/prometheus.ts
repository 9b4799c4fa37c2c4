/** A real Prometheus that scrapes workers and knows the alerts of deploy/monitoring. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { projectRoot } from '../../../common/project-root.js';
import { freePort } from '../../../dev/stack/free-port.js';
import { guardProcess } from './guard.js';
import { until } from './until.js';

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}

export class Prometheus {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #url: string;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.#url = url;
  }

  /** Scrapes these ports of 127.0.0.1, and looks at the alerts, once a second. */
  static async start(ports: readonly number[]): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'notification-streams-prometheus-'));
    const port = await freePort(new Set());
    const targets = JSON.stringify(ports.map((worker) => `127.0.0.1:${worker}`));
    writeFileSync(
      join(folder, 'prometheus.yml'),
      [
        'global: { scrape_interval: 1s, evaluation_interval: 1s }',
        `rule_files: [${join(projectRoot(), 'deploy', 'monitoring', 'alerts.yml')}]`,
        'scrape_configs:',
        `  - { job_name: notification-streams, static_configs: [{ targets: ${targets} }] }`,
      ].join('\n'),
    );
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const child = spawn('prometheus', args, { stdio: 'ignore' });
    if (child.pid === undefined) throw new Error('prometheus could not be started: apt-get install prometheus');
    guardProcess(child.pid);
    const prometheus = new Prometheus(child, folder, `http://127.0.0.1:${port}`);
    await until('Prometheus answers', async () => {
      const reply = await fetch(`${prometheus.#url}/-/ready`).catch(() => undefined);
      return reply?.ok ?? false;
    });
    return prometheus;
  }

  /** What the expression gives now. */
  async query(expr: string): Promise<readonly Series[]> {
    const reply = await fetch(`${this.#url}/api/v1/query?${new URLSearchParams({ query: expr }).toString()}`);
    const answer = (await reply.json()) as { status: string; error?: string; data?: { result: readonly Series[] } };
    if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`);
    return answer.data!.result;
  }

  /** Names of the alerts that fire. */
  async firing(): Promise<readonly string[]> {
    const fired = await this.query('ALERTS{alertstate="firing"}');
    return [...new Set(fired.map(({ metric }) => metric['alertname']!))].sort();
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
