/** Gives a process less than it needs, by a control group (version 1, as root). */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

type Controller = 'cpu' | 'memory';

/** Why a process cannot be limited here; undefined when it can. */
export function limitHindrance(controller: Controller): string | undefined {
  const probe = join(ROOT, controller, `notification-streams-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    if (existsSync(join(ROOT, controller, 'cgroup.procs'))) return undefined;
  } catch {
    // No such file system, or not ours to write.
  }
  return 'needs control groups of version 1, as root';
}

class ControlGroup {
  readonly #pid: number;
  readonly #parent: string;
  readonly #folder: string;

  constructor(controller: Controller, pid: number) {
    this.#pid = pid;
    this.#parent = join(ROOT, controller);
    this.#folder = join(this.#parent, `notification-streams-${pid}`);
    mkdirSync(this.#folder);
  }

  set(name: string, value: number): void {
    writeFileSync(join(this.#folder, name), String(value));
  }

  get(name: string): string {
    return readFileSync(join(this.#folder, name), 'ascii');
  }

  enter(): void {
    this.set('cgroup.procs', this.#pid);
  }

  remove(): void {
    if (existsSync(`/proc/${this.#pid}`)) writeFileSync(join(this.#parent, 'cgroup.procs'), String(this.#pid));
    rmdirSync(this.#folder);
  }
}

export interface CpuLimit {
  /** How often the process was held back so far. */
  throttled(): number;
  lift(): void;
}

/** `share`: of one core. */
export function limitCpu(pid: number, share: number): CpuLimit {
  const group = new ControlGroup('cpu', pid);
  group.set('cpu.cfs_period_us', PERIOD_US);
  group.set('cpu.cfs_quota_us', Math.round(PERIOD_US * share));
  group.enter();
  return {
    throttled: () => Number(/nr_throttled (\d+)/.exec(group.get('cpu.stat'))?.[1] ?? 0),
    lift: () => group.remove(),
  };
}

export interface MemoryLimit {
  /** Lets the process have so many bytes more than it has now; what it takes before it entered is not counted. */
  allow(more: number): void;
  /** Whether the kernel has killed it for want of memory. */
  wasKilled(): boolean;
  lift(): void;
}

/** To be called when the process has just begun. Limits nothing until `allow`. */
export function limitMemory(pid: number): MemoryLimit {
  const group = new ControlGroup('memory', pid);
  group.enter();
  return {
    allow: (more) => group.set('memory.limit_in_bytes', Number(group.get('memory.usage_in_bytes')) + more),
    wasKilled: () => Number(/oom_kill (\d+)/.exec(group.get('memory.oom_control'))?.[1] ?? 0) > 0,
    lift: () => group.remove(),
  };
}
