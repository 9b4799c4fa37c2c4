/** From the append of an event until a read_committed reader is given its in-app notification, at a steady rate. */
import { runJava } from './java-program.js';
import type { JobInput } from './job-input.js';

/** Milliseconds. */
export interface Latency {
  readonly sent: number;
  /** Fewer than were sent: the contender did not keep up, and the times are of those that came. */
  readonly seen: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LatencyLoad {
  /** Events a second. */
  readonly rate: number;
  readonly seconds: number;
}

const WARM_UP_SECONDS = 3;
/** Starting the program, and its own patience with those that are late. */
const SLACK_MS = 90_000;

export function measureLatency(
  brokers: string,
  input: JobInput,
  { rate, seconds }: LatencyLoad,
  signal: AbortSignal,
): Promise<Latency> {
  const { task, inApp } = input.schemaIds;
  const args = [brokers, input.prefix, input.seed, input.events, task, inApp, rate, WARM_UP_SECONDS, seconds];
  const deadlineMs = (WARM_UP_SECONDS + seconds) * 1000 + SLACK_MS;
  return runJava<Latency>({ name: 'Latency', args, deadlineMs, signal });
}
