/** CPU time and memory of a contender and of the broker, sampled while they work. */
import { membersOf, parseStat, parseStatus, readProc } from './proc.js';

const SAMPLE_MS = 50;
/** How often it is asked which processes there are. */
const LOOK_MS = 1000;
const MEMORY_MS = 200;

interface Sample {
  /** Milliseconds since 1970, as the broker's append times. */
  readonly at: number;
  readonly cpuMs: number;
  readonly brokerCpuMs: number;
}

export interface Usage {
  /** Between the two times, milliseconds. */
  readonly cpuMs: number;
  readonly brokerCpuMs: number;
  /** From the contender's start, milliseconds. */
  readonly totalCpuMs: number;
  readonly peakAnonymousMb: number;
  readonly peakFileMb: number;
}

export class UsageSampler {
  readonly #sessions: readonly number[];
  readonly #brokerPid: number;
  readonly #samples: Sample[] = [];
  #pids: number[] = [];
  #lookedAt = -Infinity;
  #measuredAt = -Infinity;
  #peakAnonymousMb = 0;
  #peakFileMb = 0;
  readonly #timer: NodeJS.Timeout;

  /** @param sessions Those of the contender's processes. */
  constructor(sessions: readonly number[], brokerPid: number) {
    this.#sessions = sessions;
    this.#brokerPid = brokerPid;
    this.#take();
    this.#timer = setInterval(() => this.#take(), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#take();
  }

  /** From the last sample before `from` to the first one after `to`. */
  between(from: number, to: number): Usage {
    const begin = this.#samples.findLast(({ at }) => at <= from) ?? this.#samples[0]!;
    const end = this.#samples.find(({ at }) => at >= to) ?? this.#samples.at(-1)!;
    return {
      cpuMs: end.cpuMs - begin.cpuMs,
      brokerCpuMs: end.brokerCpuMs - begin.brokerCpuMs,
      totalCpuMs: end.cpuMs,
      peakAnonymousMb: Math.round(this.#peakAnonymousMb),
      peakFileMb: Math.round(this.#peakFileMb),
    };
  }

  #take(): void {
    const now = performance.now();
    if (now - this.#lookedAt >= LOOK_MS) {
      this.#pids = membersOf(this.#sessions);
      this.#lookedAt = now;
    }
    this.#samples.push({ at: Date.now(), cpuMs: sum(this.#pids, cpuOf), brokerCpuMs: cpuOf(this.#brokerPid) });
    if (now - this.#measuredAt < MEMORY_MS) return;
    this.#measuredAt = now;
    const memory = this.#pids.map((pid) => parseStatus(readProc(pid, 'status') ?? ''));
    this.#peakAnonymousMb = Math.max(
      this.#peakAnonymousMb,
      sum(memory, ({ anonymousMb }) => anonymousMb),
    );
    this.#peakFileMb = Math.max(
      this.#peakFileMb,
      sum(memory, ({ fileMb }) => fileMb),
    );
  }
}

function cpuOf(pid: number): number {
  const stat = readProc(pid, 'stat');
  return stat === undefined ? 0 : parseStat(stat).cpuMs;
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}
