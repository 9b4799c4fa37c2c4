/** What a worker says of itself over HTTP. */
import { setTimeout as pause } from 'node:timers/promises';
import { FRESH_MS } from '../../../topology/worker/scrape.js';
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

/** A timer may end so much early. */
const TIMER_MS = 2;

export interface Sample {
  /** Without the common prefix. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** By worker: until when (`Date.now()`) it may answer with what it said last. */
const repeatsUntil = new WeakMap<WorkerProcess, number>();

/** The samples of our own metrics, collected after the call. */
export async function scrape(worker: WorkerProcess): Promise<Sample[]> {
  await pause(Math.max(0, (repeatsUntil.get(worker) ?? 0) - Date.now()));
  const { http } = await worker.ports();
  const reply = await fetch(`http://127.0.0.1:${http}/metrics`, { signal: AbortSignal.timeout(5_000) });
  if (!reply.ok) throw new Error(`/metrics answers ${reply.status}: ${await reply.text()}`);
  repeatsUntil.set(worker, Date.now() + FRESH_MS + TIMER_MS);
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
