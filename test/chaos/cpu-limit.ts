/** Gives a process a share of a core, by a control group. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const V1 = '/sys/fs/cgroup/cpu';
const PERIOD_US = 100_000;

export interface CpuLimit {
  /** How often the process was held back so far. */
  throttled(): number;
  lift(): void;
}

/** Whether control groups can be made here (version 1, as root). */
export function canLimitCpu(): boolean {
  const probe = join(V1, `notification-streams-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return existsSync(join(V1, 'cgroup.procs'));
  } catch {
    return false; // no such file system, or not ours to write
  }
}

/** `share`: of one core. */
export function limitCpu(pid: number, share: number): CpuLimit {
  const group = join(V1, `notification-streams-${pid}`);
  mkdirSync(group);
  writeFileSync(join(group, 'cpu.cfs_period_us'), String(PERIOD_US));
  writeFileSync(join(group, 'cpu.cfs_quota_us'), String(Math.round(PERIOD_US * share)));
  writeFileSync(join(group, 'cgroup.procs'), String(pid));
  return {
    throttled: () => Number(/nr_throttled (\d+)/.exec(readFileSync(join(group, 'cpu.stat'), 'ascii'))?.[1] ?? 0),
    lift: () => {
      if (existsSync(`/proc/${pid}`)) writeFileSync(join(V1, 'cgroup.procs'), String(pid));
      rmdirSync(group);
    },
  };
}
