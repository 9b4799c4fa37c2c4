/** What one run of the suite leaves behind: its results, and what they were made with. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { projectRoot } from '../../common/project-root.js';
import { stackVersions } from '../../dev/stack/versions.js';
import type { NotRun } from './case.js';
import type { RoundResult } from './suite.js';

export interface ChaosRun {
  /** The day, as YYYY-MM-DD. */
  readonly day: string;
  /** What was run; undefined outside a checkout of the project. */
  readonly commit?: string;
  readonly node: string;
  readonly kafka: string;
  readonly registry: string;
  readonly cores: number;
  /** The defect that was put in on purpose; undefined in a run of the code as it is. */
  readonly mutation?: string;
  readonly results: readonly RoundResult[];
  readonly notRun: readonly NotRun[];
}

export function describeRun(mutation: string | undefined): Omit<ChaosRun, 'results' | 'notRun'> {
  const { broker, registry } = stackVersions();
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: projectRoot(),
    encoding: 'utf8',
  });
  return {
    day: new Date().toISOString().slice(0, 10),
    ...(status === 0 ? { commit: stdout.trim() } : {}),
    node: process.version,
    kafka: broker,
    registry,
    cores: cpus().length,
    ...(mutation === undefined ? {} : { mutation }),
  };
}

/** What `--json` wrote. */
export function readRuns(files: readonly string[]): ChaosRun[] {
  return files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as ChaosRun);
}
