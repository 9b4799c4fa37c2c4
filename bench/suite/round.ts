/**
 * One round of one contender, on topics, schemas, group and state of its own:
 *
 * 1. the input is appended, before the contender is started;
 * 2. the contender is started, and its CPU time and memory are sampled;
 * 3. (resume only) at half of the input all of it is killed with SIGKILL, and started again on the same state;
 * 4. the round's work is done when the consumer group has committed the whole source;
 * 5. what is committed is judged by a client that is not ours;
 * 6. (latency) on the same processes, warm by now, events come at a steady rate;
 * 7. the contender is stopped and everything is deleted.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { uniquePrefix } from '../../test/integration/harness/unique-prefix.js';
import { FatalError, messageOf } from '../../common/errors.js';
import { ContenderProcess } from './contender-process.js';
import { commandOf, environmentOf, folderOf, groupOf, type Contender } from './contenders.js';
import { makeInput, type JobInput } from './job-input.js';
import { measureLatency, type Latency, type LatencyLoad } from './latency.js';
import type { Topics } from './topics.js';
import { UsageSampler, type Usage } from './usage.js';
import { isExact, verify, type Verdict } from './verdict.js';

/** A contender that commits nothing for so long has failed. */
const STALLED_MS = 90_000;
const POLL_MS = 100;

export interface Bench {
  readonly brokers: string;
  readonly registryUrl: string;
  readonly brokerPid: number;
  readonly topics: Topics;
  /** For states and logs; deleted in the end. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface RoundPlan {
  /** Source records of the size that the round belongs to. */
  readonly size: number;
  readonly seed: number;
  /** Source records of this round: fewer, for a slow contender. */
  readonly records: number;
  readonly kind: 'throughput' | 'resume';
  /** Undefined: not measured. */
  readonly latency: LatencyLoad | undefined;
}

export interface RoundResult {
  readonly contender: string;
  readonly kind: RoundPlan['kind'];
  readonly size: number;
  readonly seed: number;
  readonly records: number;
  /** Only a round whose outputs are exact counts. */
  readonly isExact: boolean;
  /** Why there is no verdict. */
  readonly failure?: string;
  readonly verdict?: Verdict;
  /** From the first output to the last. */
  readonly seconds?: number;
  readonly recordsPerSecond?: number;
  /** For a round without a kill. */
  readonly usage?: Usage;
  readonly latency?: Latency;
}

/** Rejects only when the bench is to end; whatever the contender does wrong is in the result. */
export async function runRound(bench: Bench, contender: Contender, plan: RoundPlan): Promise<RoundResult> {
  const round = new Round(bench, contender, uniquePrefix('bench'));
  const { kind, size, seed, records } = plan;
  const about = { contender: contender.id, kind, size, seed, records };
  try {
    return { ...about, ...(await round.run(plan)) };
  } catch (error) {
    bench.signal.throwIfAborted();
    return { ...about, isExact: false, failure: messageOf(error) };
  } finally {
    await round.clean();
  }
}

class Round {
  readonly #bench: Bench;
  readonly #contender: Contender;
  readonly #prefix: string;
  readonly #folder: string;
  #processes: ContenderProcess[] = [];
  #sampler: UsageSampler | undefined;

  constructor(bench: Bench, contender: Contender, prefix: string) {
    this.#bench = bench;
    this.#contender = contender;
    this.#prefix = prefix;
    this.#folder = join(bench.folder, prefix);
  }

  async run(plan: RoundPlan): Promise<Omit<RoundResult, 'contender' | 'kind' | 'size' | 'seed' | 'records'>> {
    const { brokers, brokerPid, signal } = this.#bench;
    const input = await makeInput({ ...this.#bench, prefix: this.#prefix, seed: plan.seed, records: plan.records });
    await this.#start();
    const sessions = this.#processes.map(({ pid }) => pid);
    this.#sampler = new UsageSampler(sessions, brokerPid);
    if (plan.kind === 'resume') await this.#killAndRestart(input);
    await this.#untilCommitted(input, input.records);
    this.#sampler.stop();
    const verdict = await verify(brokers, input, signal);
    const seconds = (verdict.lastAppend - verdict.firstAppend) / 1000;
    const usage = this.#sampler.between(verdict.firstAppend, verdict.lastAppend);
    const latency =
      plan.latency && isExact(verdict)
        ? await this.#whileAlive(measureLatency(brokers, input, plan.latency, signal))
        : undefined;
    return {
      isExact: isExact(verdict),
      verdict,
      seconds,
      recordsPerSecond: Math.round(input.records / seconds),
      ...(plan.kind === 'resume' ? {} : { usage }),
      ...(latency ? { latency } : {}),
    };
  }

  async clean(): Promise<void> {
    this.#sampler?.stop();
    await Promise.all(this.#processes.map((process) => process.stop()));
    await this.#bench.topics.delete(this.#prefix);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const { brokers, registryUrl } = this.#bench;
    this.#processes = [];
    for (let index = 0; index < this.#contender.processes; index += 1) {
      const stateDir = join(this.#folder, `state-${index}`);
      mkdirSync(stateDir, { recursive: true });
      const started = await ContenderProcess.start({
        command: commandOf(this.#contender),
        cwd: folderOf(this.#contender.system),
        env: environmentOf(this.#contender, { brokers, registryUrl, prefix: this.#prefix, stateDir }),
        logFile: join(this.#folder, `${index}.log`),
      });
      this.#processes.push(started);
    }
  }

  async #killAndRestart(input: JobInput): Promise<void> {
    await this.#untilCommitted(input, input.records / 2);
    await Promise.all(this.#processes.map((process) => process.kill()));
    await this.#start();
  }

  /** Resolves when the group has committed so many source records. */
  async #untilCommitted({ prefix }: JobInput, records: number): Promise<void> {
    const { topics, signal } = this.#bench;
    let most = 0;
    let movedAt = performance.now();
    let lastError: unknown;
    // A group that is being made has no coordinator that answers yet: an error is no progress.
    const ask = (): Promise<number> =>
      topics.committed(prefix, groupOf(prefix)).catch((error: unknown) => {
        lastError = error;
        return 0;
      });
    for (;;) {
      const committed = await this.#whileAlive(ask());
      if (committed >= records) return;
      if (committed > most) movedAt = performance.now();
      most = Math.max(most, committed);
      if (performance.now() - movedAt > STALLED_MS)
        throw new FatalError(`nothing was committed for ${STALLED_MS} ms, at ${most} of ${records} records`, lastError);
      await delay(POLL_MS, undefined, { signal });
    }
  }

  /** Rejects when one of the contender's processes ends before the work does. */
  #whileAlive<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, ...this.#processes.map(({ died }) => died)]);
  }
}
