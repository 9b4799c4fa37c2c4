/** Runs a topology over the state that counts words, in a process of a test's own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../common/clock.js';
import type { Logger } from '../../../common/log.js';
import type { Metrics } from '../../../common/metrics.js';
import { Outages } from '../../../common/outages.js';
import { TopicNames } from '../../../common/topic-names.js';
import { StateEnvironment } from '../../../state/lmdb/environment.js';
import { FreeSpace } from '../../../state/lmdb/free-space.js';
import { MemberMemory } from '../../../state/member-memory.js';
import type { Executor } from '../../../topology/graph/executor.js';
import { NO_TRACING } from '../../../topology/graph/tracing.js';
import { sinkTopics, sourceTopics, type TopologyTopics } from '../../../topology/graph/topology.js';
import { brokerFault, Connections } from '../../../topology/kafka/index.js';
import { DeadLetterLimit } from '../../../topology/task/dead-letter-limit.js';
import { NO_BOOTSTRAP } from '../../../topology/task/task-parts.js';
import type { Config } from '../../../topology/worker/config.js';
import { TopologyRunner } from '../../../topology/worker/topology-runner.js';
import { CountingState, type CountStores } from '../../counting-state.js';
import { textEncoder } from '../../unit/schemas/text-encoder.js';

export interface CountingOptions {
  readonly topology: TopologyTopics & { readonly name: string };
  readonly executor: Executor<CountStores>;
  /** Where the brokers are, the prefix, the folder. */
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly fatal: (error: unknown) => void;
}

/** Its group and folder bear the topology's name, its changelog is `<name>-changelog`. */
export async function createCountingRunner(options: CountingOptions): Promise<TopologyRunner> {
  const { topology, executor, config, metrics, log, fatal } = options;
  const names = new TopicNames(config.topicPrefix, topology.name, {}, 'changelog');
  const connections = new Connections(config.kafka, config.maxRecordBytes, new Outages(brokerFault, log), log);
  const topics = [...sourceTopics(topology), ...sinkTopics(topology)].map((topic) => names.physical(topic));
  await connections.track([...topics, names.changelog]);
  const directory = join(config.stateDir, topology.name);
  mkdirSync(directory, { recursive: true });
  const environment = new StateEnvironment(directory);
  const tasks = Array.from({ length: connections.leaders.partitionCount(names.changelog) }, (_, task) => task);
  const create = (task: number): CountingState => new CountingState(environment, task);
  return new TopologyRunner({
    ...{ topology, names, connections },
    job: {
      executor: () => ({ executor, rulesVersion: undefined }),
      encoder: textEncoder(),
      schemas: { resolve: () => Promise.reject(new Error('texts have no schema')) },
      bootstrap: NO_BOOTSTRAP,
      startFrom: 'earliest',
      limits: {
        ...{ commitIntervalMs: 50, commitRecords: 200, commitBytes: 1_000_000, bufferBytes: 1_000_000 },
        ...{ retryAttempts: 3, retryBackoffMs: 100 },
      },
    },
    stores: {
      create,
      stored: () => new Map(tasks.map((task) => [task, create(task).checkpoint?.changelogOffset ?? 0])),
      space: new FreeSpace(directory, log),
      damaged: undefined,
    },
    deadLetters: new DeadLetterLimit(),
    worker: { ...{ metrics, log, clock: systemClock, tracing: NO_TRACING, fatal }, outage: () => undefined },
    memory: new MemberMemory(environment),
    settings: {
      ...{ kafka: config.kafka, transactionTimeoutMs: 20_000, requestTimeoutMs: 10_000 },
      ...{ sessionTimeoutMs: 6000, standbyReplicas: 0, acceptableLag: 1000 },
      unknownTypesWaitMs: config.unknownTypesWaitMs,
    },
    readiness: { set: () => undefined },
  });
}
