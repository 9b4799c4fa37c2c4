/** A cluster as whoever examines it sees it: its brokers, its topics, and what our principal may do. Nothing is written or created. */
import { createLogger } from '../../../common/log.js';
import { hostAndPort } from '../../../common/shown.js';
import { apiVersions, newestVersion, type Spoken } from '../protocol/api-versions.js';
import { endTxn } from '../protocol/end-txn.js';
import { ErrorCode, errorName } from '../protocol/error-codes.js';
import type { Cluster } from '../protocol/internals.js';
import { describeCluster, type TopicMetadata } from '../protocol/metadata.js';
import {
  BrokerError,
  errorType,
  innermost,
  isMissingRight,
  isRetriable,
  NO_COORDINATOR,
} from '../protocol/protocol-errors.js';
import { createCluster, type KafkaSettings } from './connect.js';
import { askPatiently, groupCoordinator, transactionCoordinator } from './coordinator.js';

/** What an ACL allows, by the names that Kafka's tools take; the numbers are the protocol's. */
const OPERATION_CODES = { Read: 3, Write: 4, Create: 5, Describe: 8, DescribeConfigs: 10 } as const;
export type Operation = keyof typeof OPERATION_CODES | 'IdempotentWrite';

export interface BrokerView {
  readonly nodeId: number;
  readonly address: string;
  /** What it says of itself; undefined of one before 2.4; an error when it does not answer. */
  readonly spoken: Spoken | undefined | Error;
}

export interface TopicView {
  readonly topic: string;
  /** `hidden`: we lack the right to see it, so that whether it exists is not known. */
  readonly state: 'there' | 'missing' | 'hidden' | 'failing';
  /** Kafka's name of the error, where it is not there. */
  readonly error: string | undefined;
  readonly partitions: number;
  readonly leaderless: number;
  /** The fewest that a partition has. */
  readonly replicas: number;
  readonly inSync: number;
  /** What we may do with it; undefined where a broker does not say. */
  readonly operations: ReadonlySet<Operation> | undefined;
}

export interface ClusterView {
  readonly brokers: readonly BrokerView[];
  readonly topics: readonly TopicView[];
}

/** A broker before 2.8 is asked for nothing: its answer is another. */
const METADATA_VERSION = 10;
/** For so long a coordinator may be moving, or being elected for the first time. */
const PATIENCE_MS = 5000;
/** What a broker writes where it was not asked, or cannot say. */
const NOT_SAID = -(2 ** 31);

/** Rejects when no broker answers; with an Error that says so when they are too old to be asked. */
export function viewCluster(settings: KafkaSettings, topics: readonly string[]): Promise<ClusterView> {
  return withCluster(settings, async (cluster) => {
    const broker = await cluster.findControllerBroker();
    if (newestVersion(broker, 'Metadata') < METADATA_VERSION)
      throw new Error('the brokers are older than 2.8: they do not say what there is and what we may do');
    const metadata = await broker.connectionPool.send(describeCluster(topics));
    const brokers = await Promise.all(
      metadata.brokers.map(async ({ nodeId, host, port }) => ({
        ...{ nodeId, address: hostAndPort(host, port) },
        spoken: await spokenBy(cluster, nodeId),
      })),
    );
    return { brokers, topics: metadata.topics.map(topicView) };
  });
}

/** Throws for the first of the topics that we lack the right to see (BrokerError, waited for); brokers before 2.8 are not asked. */
export function refuseHidden(settings: KafkaSettings, topics: readonly string[]): Promise<void> {
  return withCluster(settings, async (cluster) => {
    const broker = await cluster.findControllerBroker();
    if (newestVersion(broker, 'Metadata') < METADATA_VERSION) return;
    const { topics: found } = await broker.connectionPool.send(describeCluster(topics));
    const hidden = found.find(({ errorCode }) => errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    if (hidden) throw new BrokerError(hidden.errorCode, `Metadata of ${hidden.topic}`, { topic: hidden.topic });
  });
}

/** Which of the addresses to begin with nobody answers at, and why. */
export async function deafAddresses(settings: KafkaSettings): Promise<ReadonlyMap<string, unknown>> {
  const asked = settings.brokers.map(async (address) => {
    try {
      await withCluster({ ...settings, brokers: [address] }, () => Promise.resolve());
      return [];
    } catch (error) {
      return [[address, error] as const];
    }
  });
  return new Map((await Promise.all(asked)).flat());
}

/**
 * Whether we may be a member of the group, by the heartbeat of a member that there is none of: it is answered with
 * UNKNOWN_MEMBER_ID to whoever may, and changes nothing.
 */
export function mayJoin(settings: KafkaSettings, groupId: string): Promise<boolean> {
  return isAllowed(settings, async (cluster) => {
    const coordinator = await groupCoordinator(cluster, groupId);
    await coordinator.heartbeat({ groupId, groupGenerationId: -1, memberId: 'doctor' });
  });
}

/**
 * Whether we may write under the transactional id, by the end of a transaction of a producer that there is none of: it is
 * answered with INVALID_PRODUCER_ID_MAPPING to whoever may, and changes nothing.
 */
export function mayWriteTransactions(settings: KafkaSettings, transactionalId: string): Promise<boolean> {
  return isAllowed(settings, async (cluster) => {
    const coordinator = await transactionCoordinator(cluster, transactionalId);
    const nobody = { transactionalId, producerId: -1n, producerEpoch: 0 };
    await coordinator.connectionPool.send(endTxn(nobody, false));
  });
}

/** What is asked for cannot be done by anybody: a broker that says so has let us try. */
function isAllowed(settings: KafkaSettings, ask: (cluster: Cluster) => Promise<void>): Promise<boolean> {
  const tried = async (): Promise<boolean> => {
    try {
      await withCluster(settings, ask);
      return true;
    } catch (error) {
      if (isMissingRight(error)) return false;
      const type = errorType(error);
      if (type === 'UNKNOWN_MEMBER_ID' || type === 'INVALID_PRODUCER_ID_MAPPING') return true;
      throw error;
    }
  };
  return askPatiently(PATIENCE_MS, tried, (error) => isRetriable(error) || innermost(error).name === NO_COORDINATOR);
}

async function withCluster<T>(settings: KafkaSettings, ask: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = createCluster(settings, createLogger('silent'));
  try {
    await cluster.connect();
    // About no topic: for the brokers that there are.
    await cluster.refreshMetadata();
    return await ask(cluster);
  } finally {
    await cluster.disconnect();
  }
}

async function spokenBy(cluster: Cluster, nodeId: number): Promise<BrokerView['spoken']> {
  try {
    const broker = await cluster.findBroker({ nodeId });
    return await broker.connectionPool.send(apiVersions());
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function topicView({ topic, errorCode, partitions, operations }: TopicMetadata): TopicView {
  return {
    ...{ topic, state: stateOf(errorCode) },
    error: errorCode === ErrorCode.NONE ? undefined : errorName(errorCode),
    partitions: partitions.length,
    leaderless: partitions.filter(({ leader }) => leader < 0).length,
    replicas: Math.min(...partitions.map(({ replicas }) => replicas)),
    inSync: Math.min(...partitions.map(({ inSync }) => inSync)),
    operations: operations === NOT_SAID ? undefined : operationsIn(operations),
  };
}

function stateOf(errorCode: number): TopicView['state'] {
  // Partitions without a leader are the topic's all the same.
  if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.LEADER_NOT_AVAILABLE) return 'there';
  if (errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) return 'missing';
  return errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED ? 'hidden' : 'failing';
}

function operationsIn(bits: number): ReadonlySet<Operation> {
  const all = Object.entries(OPERATION_CODES) as [keyof typeof OPERATION_CODES, number][];
  return new Set(all.flatMap(([operation, code]) => ((bits >> code) & 1 ? [operation] : [])));
}
