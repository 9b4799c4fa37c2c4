/** One fault of the matrix, as data: how it is made, and what shows that it was one. */
import type { WorkloadOptions } from '../integration/harness/workload.js';
import type { Round } from './round.js';

export interface ChaosCase {
  /** Its number in the fault matrix, with a letter where there are several. */
  readonly id: string;
  readonly name: string;
  /** What is broken, in words, for the report. */
  readonly fault: string;
  /** Worker processes. Default: 3. */
  readonly workers?: number;
  /** Partitions of every topic. Default: 6, dealt to four tasks. */
  readonly partitions?: number;
  /** How long the load lasts; the rate follows from it. Default: as the rate says. */
  readonly seconds?: number;
  readonly workload?: Partial<WorkloadOptions>;
  readonly env?: Readonly<Record<string, string>>;
  /** Workers come in by TLS and SASL, past the proxies, as a user with rights and quotas of its own. */
  readonly isLimited?: boolean;
  /** Options of the node of every worker, such as `--import` of a module that watches it. */
  readonly nodeArgs?: readonly string[];
  /** The longest that a task may make nothing while it has input, ms. Default: no bound, since nothing can be made. */
  readonly resumeWithinMs?: number;
  /** Why it cannot be made on this machine; undefined when it can. */
  readonly hindrance?: () => string | undefined;
  /** The script that the first workers run; this version's own by default. */
  readonly entry?: () => string | undefined;
  /** Takes many minutes: run only when it is named. */
  readonly isLong?: boolean;
  /**
   * Makes the fault while the load goes on, and calls `round.effect` with what shows it: without one the round is
   * invalid, not passed.
   */
  readonly inject: (round: Round) => Promise<void>;
}

/** One that cannot be made here, and why: reported as not run, never as passed. */
export interface NotRun {
  readonly id: string;
  readonly name: string;
  readonly why: string;
}
