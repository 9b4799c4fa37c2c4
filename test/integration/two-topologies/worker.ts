/** A process that runs two topologies: the notifications, as every worker does, and beside them the counts of words. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { runWorker } from '../../../bin/worker.js';
import { systemClock } from '../../../common/clock.js';
import { createLogger } from '../../../common/log.js';
import { createMetrics } from '../../../common/metrics.js';
import { Outages } from '../../../common/outages.js';
import { TopicNames } from '../../../common/topic-names.js';
import { StateEnvironment } from '../../../state/lmdb/environment.js';
import { FreeSpace } from '../../../state/lmdb/free-space.js';
import { MemberMemory } from '../../../state/member-memory.js';
import { createExecutor } from '../../../topology/graph/executor.js';
import { sinkTopics, sourceTopics } from '../../../topology/graph/topology.js';
import { brokerFault, Connections } from '../../../topology/kafka/index.js';
import { DeadLetterLimit } from '../../../topology/task/dead-letter-limit.js';
import { NO_BOOTSTRAP } from '../../../topology/task/task-parts.js';
import { parseConfig } from '../../../topology/worker/config.js';
import { TopologyRunner } from '../../../topology/worker/topology-runner.js';
import { CountingState } from '../../counting-state.js';
import { textEncoder } from '../../unit/schemas/text-encoder.js';
import { counts } from './counts.js';

const config = parseConfig(process.env);
const log = createLogger('warn');
const fatal = (error: unknown): void => {
  log.fatal({ err: error }, 'the counts end');
  process.exit(1);
};

const names = new TopicNames(config.topicPrefix, 'counts', {}, 'changelog');
const connections = new Connections(config.kafka, config.maxRecordBytes, new Outages(brokerFault, log), log);
const topics = [...sourceTopics(counts), ...sinkTopics(counts)].map((topic) => names.physical(topic));
await connections.track([...topics, names.changelog]);
const directory = join(config.stateDir, 'counts');
mkdirSync(directory, { recursive: true });
const environment = new StateEnvironment(directory);
const tasks = Array.from({ length: connections.leaders.partitionCount(names.changelog) }, (_, task) => task);
const create = (task: number): CountingState => new CountingState(environment, task);

const runner = new TopologyRunner({
  ...{ topology: counts, names, connections },
  job: {
    executor: createExecutor(counts, { services: {}, appId: 'counts', stackTraces: false }),
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
  worker: {
    ...{ metrics: createMetrics(new Registry()), log, clock: systemClock, fatal },
    outage: () => undefined,
  },
  memory: new MemberMemory(environment),
  settings: {
    ...{ kafka: config.kafka, transactionTimeoutMs: 20_000, requestTimeoutMs: 10_000 },
    ...{ sessionTimeoutMs: 6000, standbyReplicas: 0, acceptableLag: 1000 },
  },
  readiness: { set: () => undefined },
});
runner.start();
process.once('SIGTERM', () => void runner.stop(5000));
await runWorker(config);
