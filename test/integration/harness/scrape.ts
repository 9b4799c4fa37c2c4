/** What a worker says of itself over HTTP. */
import type { WorkerProcess } from './worker.js';

export interface ReadinessAnswer {
  readonly status: number;
  /** By part; empty when ready. */
  readonly reasons: Readonly<Record<string, string>>;
}

export async function readinessOf(worker: WorkerProcess): Promise<ReadinessAnswer> {
  const { http } = await worker.ports();
  const reply = await fetch(`http://127.0.0.1:${http}/readyz`, { signal: AbortSignal.timeout(5_000) });
  const { reasons = {} } = (await reply.json()) as { reasons?: Record<string, string> };
  return { status: reply.status, reasons };
}

export interface Sample {
  /** Without the common prefix. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of our own metrics. */
export async function scrape(worker: WorkerProcess): Promise<Sample[]> {
  const { http } = await worker.ports();
  const reply = await fetch(`http://127.0.0.1:${http}/metrics`, { signal: AbortSignal.timeout(5_000) });
  if (!reply.ok) throw new Error(`/metrics answers ${reply.status}: ${await reply.text()}`);
  return parseSamples(await reply.text());
}

/** One metric: its values by the values of its labels, joined with a slash. */
export function byLabels(samples: readonly Sample[], metric: string): Record<string, number> {
  const found = samples.filter(({ name }) => name === metric);
  return Object.fromEntries(found.map(({ labels, value }) => [Object.values(labels).join('/'), value]));
}

function parseSamples(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^notification_streams_(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, content]) => [label!, content!] as const);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}
