/**
 * The client's side of the in-memory broker: what topology/kafka/protocol/internals.ts names of kafkajs. Requests come in the
 * bytes that would go over a socket; the network between decides whether and when they, and their answers, arrive.
 */
import { ByteReader } from '../../../common/bytes.js';
import type { Broker, Cluster, RawRequest } from '../../../topology/kafka/protocol/internals.js';
import { check } from '../../../topology/kafka/protocol/protocol-errors.js';
import {
  ADD_OFFSETS_TO_TXN,
  ADD_PARTITIONS_TO_TXN,
  API_VERSIONS,
  END_TXN,
  FETCH,
  INIT_PRODUCER_ID,
  METADATA,
  NONE,
  NOT_COORDINATOR,
  NOT_LEADER_FOR_PARTITION,
  OFFSET_FETCH,
  PRODUCE,
  TXN_OFFSET_COMMIT,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './codes.js';
import { serveFetch } from './fetch-request.js';
import { partitionName, type MemoryBroker } from './memory-broker.js';
import { metadata } from './metadata-request.js';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  initProducerId,
  offsetFetch,
  produce,
  txnOffsetCommit,
  txnOffsetCommitV2,
  type Refusal,
  type Serve,
} from './requests-of-transactions.js';
import { apiVersions, endTxnV2, produceV2 } from './requests-of-transactions-v2.js';

export type Api =
  | 'Produce'
  | 'Fetch'
  | 'ListOffsets'
  | 'OffsetFetch'
  | 'InitProducerId'
  | 'AddPartitionsToTxn'
  | 'AddOffsetsToTxn'
  | 'EndTxn'
  | 'TxnOffsetCommit'
  | 'JoinGroup'
  | 'SyncGroup'
  | 'Heartbeat'
  | 'LeaveGroup'
  | 'ApiVersions'
  | 'Metadata'
  | 'FindCoordinator';

/** To whom a request goes, and in which version; what kafkajs asks by itself has neither. */
export interface Sent {
  readonly nodeId?: number;
  readonly apiVersion?: number;
}

export interface Network {
  /**
   * Carries one request there and its answer back. Rejects as a lost connection does; `serve` may be called all the
   * same, at once, later or twice.
   */
  exchange<T>(api: Api, serve: () => T | Promise<T>, sent?: Sent): Promise<T>;
}

/** By api key and version. */
const SERVED: Readonly<Record<number, Readonly<Record<number, Serve>>>> = {
  [PRODUCE]: { 7: produce, 12: produceV2 },
  [METADATA]: { 10: metadata },
  [OFFSET_FETCH]: { 7: offsetFetch },
  [API_VERSIONS]: { 3: apiVersions },
  [INIT_PRODUCER_ID]: { 1: initProducerId },
  [ADD_PARTITIONS_TO_TXN]: { 1: addPartitionsToTxn },
  [ADD_OFFSETS_TO_TXN]: { 1: addOffsetsToTxn },
  [END_TXN]: { 1: endTxn, 5: endTxnV2 },
  [TXN_OFFSET_COMMIT]: { 3: txnOffsetCommit, 5: txnOffsetCommitV2 },
};
/** The newest that a broker speaks, where we ask for one that an older broker does not. */
const spokenBy = ({ newestFetch }: MemoryBroker): NonNullable<Broker['versions']> => ({
  [FETCH]: { minVersion: 0, maxVersion: newestFetch },
  [METADATA]: { minVersion: 0, maxVersion: 12 },
});
const NODES = [0, 1];

/** A connection that is gone, as kafkajs says it. */
export class ConnectionLostError extends Error {
  override readonly name = 'KafkaJSConnectionClosedError';
}

export function createMemoryCluster(broker: MemoryBroker, network: Network): Cluster {
  const connections = new Connections(network);
  const nodes = NODES.map((nodeId) => createNode(broker, connections, nodeId));
  let known: { controller: number; topics: Map<string, { leader: number; partitions: number }> } = {
    controller: 0,
    topics: new Map(),
  };
  const targetTopics = new Set<string>();
  /** As kafkajs, it is answered for all of the topics or for none. */
  const refresh = async (): Promise<void> => {
    known = await connections.ask('Metadata', () => {
      const topics = [...targetTopics].map((topic) => {
        const partitions = broker.partitionCount(topic);
        check(partitions > 0 ? NONE : UNKNOWN_TOPIC_OR_PARTITION, 'Metadata');
        return [topic, { leader: broker.leaderOf(topic), partitions }] as const;
      });
      return { controller: broker.leader, topics: new Map(topics) };
    });
  };
  const cluster: Partial<Cluster> = {
    targetTopics,
    connect: () => Promise.resolve(),
    disconnect: () => {
      connections.close();
      return Promise.resolve();
    },
    refreshMetadata: refresh,
    addMultipleTargetTopics: (topics) => {
      for (const topic of topics) targetTopics.add(topic);
      return refresh();
    },
    findTopicPartitionMetadata: (topic) =>
      Array.from({ length: known.topics.get(topic)?.partitions ?? 0 }, (_, partitionId) => ({
        partitionId,
        leader: known.topics.get(topic)?.leader ?? -1,
      })),
    findControllerBroker: () => Promise.resolve(nodes[known.controller]!),
    findBroker: ({ nodeId }) => Promise.resolve(nodes[Number(nodeId)]!),
    findGroupCoordinator: async () => nodes[await connections.ask('FindCoordinator', () => broker.leader)]!,
  };
  return cluster as Cluster;
}

/** Closing them fails whatever is still to be answered; what was sent may arrive all the same. */
class Connections {
  readonly #network: Network;
  readonly #open = new Set<(error: Error) => void>();

  constructor(network: Network) {
    this.#network = network;
  }

  ask<T>(api: Api, serve: () => T | Promise<T>, sent?: Sent): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#open.add(reject);
      this.#network
        .exchange(api, serve, sent)
        .then(resolve, reject)
        .finally(() => this.#open.delete(reject));
    });
  }

  close(): void {
    for (const reject of this.#open) reject(new ConnectionLostError('closed by us'));
    this.#open.clear();
  }
}

function createNode(broker: MemoryBroker, connections: Connections, nodeId: number): Broker {
  const refusalOf =
    (api: Api): Refusal =>
    (topic, partition) => {
      const isLed = broker.leaderOf(topic ?? '') === nodeId;
      if (!isLed) return topic === undefined ? NOT_COORDINATOR : NOT_LEADER_FOR_PARTITION;
      return broker.faults.refuse(api, topic === undefined ? '' : partitionName(topic, partition!));
    };
  /** Any node answers it. */
  const refusalAnywhere =
    (api: Api): Refusal =>
    () =>
      broker.faults.refuse(api, '');
  const coordinate = <T>(
    api: Api,
    groupId: string,
    serve: (group: ReturnType<MemoryBroker['group']>) => T | Promise<T>,
  ) =>
    connections.ask(
      api,
      () => {
        check(refusalOf(api)(), api);
        return serve(broker.group(groupId));
      },
      { nodeId },
    );
  const node: Partial<Broker> = {
    nodeId,
    versions: spokenBy(broker),
    connectionPool: {
      send: async <T>({ request, response }: RawRequest<T>): Promise<T> => {
        const { buffer, more } = await request.encode();
        // A copy: the sender may go on writing in its buffers.
        const body = Buffer.concat([buffer, ...more]);
        const api = request.apiName as Api;
        const serve = async (): Promise<Buffer> => {
          const reader = new ByteReader(body);
          const isAnywhere = request.apiKey === METADATA || request.apiKey === API_VERSIONS;
          const refusal = isAnywhere ? refusalAnywhere(api) : refusalOf(api);
          const answer =
            request.apiKey === FETCH
              ? serveFetch(broker, request.apiVersion, reader, refusal)
              : SERVED[request.apiKey]![request.apiVersion]!(broker, reader, refusal);
          if (reader.remaining > 0) throw new Error(`${api}: ${reader.remaining} bytes stand behind what was read`);
          return Buffer.from((await answer).bytes());
        };
        const bytes = await connections.ask(api, serve, { nodeId, apiVersion: request.apiVersion });
        return response.parse(await response.decode(bytes));
      },
    },
    isConnected: () => true,
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    listOffsets: (request) =>
      connections.ask('ListOffsets', () => listOffsets(broker, request, refusalOf('ListOffsets')), { nodeId }),
    joinGroup: (request) => coordinate('JoinGroup', request.groupId, ({ coordinator }) => coordinator.join(request)),
    syncGroup: ({ groupId, memberId, generationId, groupAssignment }) =>
      coordinate('SyncGroup', groupId, ({ coordinator }) =>
        coordinator.sync(
          memberId,
          generationId,
          groupAssignment.map((member) => [member.memberId, member.memberAssignment]),
        ),
      ),
    heartbeat: ({ groupId, memberId, groupGenerationId }) =>
      coordinate('Heartbeat', groupId, ({ coordinator }) =>
        check(coordinator.heartbeat(memberId, groupGenerationId), 'Heartbeat'),
      ),
    leaveGroup: ({ groupId, memberId }) =>
      coordinate('LeaveGroup', groupId, ({ coordinator }) => check(coordinator.leave(memberId), 'LeaveGroup')),
  };
  return node as Broker;
}

const EARLIEST = '-2';
const LATEST = '-1';
const READ_COMMITTED = 1;

function listOffsets(
  broker: MemoryBroker,
  { isolationLevel, topics }: Parameters<Broker['listOffsets']>[0],
  refusal: Refusal,
): Awaited<ReturnType<Broker['listOffsets']>> {
  const offsetOf = (topic: string, partition: number, timestamp: string): number => {
    check(refusal(topic, partition), 'ListOffsets');
    const log = broker.log(topic, partition);
    if (timestamp === EARLIEST) return log.startOffset;
    if (timestamp !== LATEST) return log.offsetAt(Number(timestamp));
    return isolationLevel === READ_COMMITTED ? log.lastStableOffset : log.endOffset;
  };
  return {
    responses: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, timestamp }) => ({
        partition,
        offset: String(offsetOf(topic, partition, timestamp)),
      })),
    })),
  };
}
