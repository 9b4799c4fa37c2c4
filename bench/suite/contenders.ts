/** Who takes part, as data: how each is built, started and set. A peer runs with the settings that its README found best. */
import { join } from 'node:path';
import { projectRoot } from '../../common/project-root.js';

export type System = 'ours' | 'kafka-streams' | 'quix-streams' | 'kafkats';

export interface Contender {
  readonly id: string;
  readonly label: string;
  readonly system: System;
  /** Processes that we start; those that it starts itself are its own affair. */
  readonly processes: number;
  /** What distinguishes it from its system's other contenders, and what it is told beside the job. */
  readonly settings: Readonly<Record<string, string>>;
  /** For ours: the checkout whose build is run; this one by default. */
  readonly root?: string;
  /** For ours: the program of Node that it runs on; the one that measures by default. */
  readonly node?: string;
  /** For ours: arguments of node, before the program's. */
  readonly nodeArgs?: readonly string[];
  /**
   * A slow one is given no more records than this, and only in the rounds of the first size: its rate does not depend
   * on it, and the others' turns come sooner.
   */
  readonly mostRecords?: number;
}

export interface BuildStep {
  readonly program: string;
  readonly args: readonly string[];
}

/** The job, as one process of a contender is told of it. */
export interface Job {
  readonly brokers: string;
  readonly registryUrl: string;
  readonly prefix: string;
  readonly stateDir: string;
}

/**
 * Peers ask the registry once for an id that it does not know; with the default, ours would ask again for 3 s. A task a
 * worker is one transaction a worker, as Kafka Streams has one a thread.
 */
const ours = (workers: number): Contender['settings'] => ({ RETRY_ATTEMPTS: '1', MAX_TASKS: String(workers) });

export const CONTENDERS: readonly Contender[] = [
  { id: 'ours-1', label: 'ours, 1 worker', system: 'ours', processes: 1, settings: ours(1) },
  { id: 'ours-2', label: 'ours, 2 workers', system: 'ours', processes: 2, settings: ours(2) },
  {
    id: 'kafka-streams-1',
    label: 'Kafka Streams, 1 thread',
    system: 'kafka-streams',
    processes: 1,
    settings: { STREAM_THREADS: '1' },
  },
  {
    id: 'kafka-streams-2',
    label: 'Kafka Streams, 2 threads',
    system: 'kafka-streams',
    processes: 1,
    settings: { STREAM_THREADS: '2' },
  },
  {
    id: 'quix-streams',
    label: 'Quix Streams, 1 process',
    system: 'quix-streams',
    processes: 1,
    settings: { INSTANCES: '1' },
    mostRecords: 100_000,
  },
  {
    id: 'kafkats',
    label: 'kafkats, 2 processes',
    system: 'kafkats',
    processes: 1,
    settings: { INSTANCES: '2' },
    mostRecords: 20_000,
  },
];

export const PEERS: readonly System[] = [...new Set(CONTENDERS.map(({ system }) => system))].filter(
  (system) => system !== 'ours',
);

/** `npm run bench` has built ours. */
export const BUILDS: Readonly<Record<System, readonly BuildStep[]>> = {
  ours: [],
  'kafka-streams': [{ program: 'mvn', args: ['-B', '-q', 'package'] }],
  'quix-streams': [
    { program: 'python3', args: ['-m', 'venv', '.venv'] },
    { program: join('.venv', 'bin', 'pip'), args: ['install', '-q', '-r', 'requirements.txt'] },
  ],
  kafkats: [{ program: 'npm', args: ['install', '--no-audit', '--no-fund', '--silent'] }],
};

export function folderOf(system: System): string {
  return system === 'ours' ? projectRoot() : join(projectRoot(), 'bench', 'peers', system);
}

export function commandOf({
  system,
  node = process.execPath,
  nodeArgs = [],
  root = projectRoot(),
}: Contender): readonly [program: string, ...args: string[]] {
  if (system !== 'ours') return [join(folderOf(system), 'run')];
  return [node, ...nodeArgs, programOf(root), 'worker'];
}

/** Ours, as a checkout has built it. */
export function programOf(root: string): string {
  return join(root, 'dist', 'bin', 'notification-streams.js');
}

/** Every contender's consumer group. */
export function groupOf(prefix: string): string {
  return `${prefix}app`;
}

/** What the process finds in its environment. */
export function environmentOf(contender: Contender, job: Job): Record<string, string> {
  if (contender.system === 'ours') {
    return {
      KAFKA_BROKERS: job.brokers,
      SCHEMA_REGISTRY_URL: job.registryUrl,
      TOPIC_PREFIX: job.prefix,
      // The group is made of TOPIC_PREFIX and this.
      APP_ID: 'app',
      STATE_DIR: job.stateDir,
      ROLES: 'stream',
      START_FROM: 'earliest',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      LOG_LEVEL: 'warn',
      ...contender.settings,
    };
  }
  return {
    BROKERS: job.brokers,
    REGISTRY_URL: job.registryUrl,
    TOPIC_PREFIX: job.prefix,
    APP_ID: groupOf(job.prefix),
    STATE_DIR: job.stateDir,
    ...contender.settings,
  };
}
