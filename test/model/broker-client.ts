/** A client that asks a broker one request at a time, through the project's own encoding, and says what it answered. */
import { ByteWriter } from '../../common/bytes.js';
import {
  MemberAssignment,
  MemberMetadata,
  type Broker,
  type Cluster,
  type RawRequest,
} from '../../topology/kafka/protocol/internals.js';
import { Leaders, Offsets, type GroupMember } from '../../topology/kafka/index.js';
import { canFetchById, fetch, type FetchAnswer, type FetchPosition } from '../../topology/kafka/protocol/fetch.js';
import { apiVersions } from '../../topology/kafka/protocol/api-versions.js';
import { KeyType } from '../../topology/kafka/protocol/find-coordinator.js';
import { initProducerId, type ProducerIdentity } from '../../topology/kafka/protocol/init-producer-id.js';
import { offsetFetch } from '../../topology/kafka/protocol/offset-fetch.js';
import type { PartitionOffset } from '../../topology/kafka/protocol/partitions.js';
import { ErrorCode } from '../../topology/kafka/protocol/error-codes.js';
import { BrokerError, errorType } from '../../topology/kafka/protocol/protocol-errors.js';
import { RecordBatch } from '../../topology/kafka/records/record-batch.js';
import {
  transactionProtocolOf,
  VERSION_1,
  type TransactionProtocol,
} from '../../topology/kafka/protocol/transaction-protocol.js';
import { until } from '../integration/harness/until.js';

export interface Produced {
  /** `NONE`, or the protocol's name of the error. */
  readonly answer: string;
  readonly baseOffset: number;
}

interface Sent {
  readonly partition?: number;
  readonly sequence: number;
  readonly texts: readonly string[];
  readonly key?: Buffer;
  /** Flips a byte after the checksum was made. */
  readonly damaged?: boolean;
}

const ANSWER_MS = 5_000;
const SESSION_MS = 10_000;
const READ_COMMITTED = 1;
const TRANSACTION_TIMEOUT_MS = 30_000;

/** The protocol's name of what an answer was: `NONE` when it was no error. */
export async function answerTo(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
    return 'NONE';
  } catch (error) {
    const type = errorType(error);
    if (type === undefined) throw error;
    return type;
  }
}

/**
 * A leader may not have heard yet that it is one; markers of the last transaction may still be on their way, of which a
 * request of version 1 is told by NOT_ENOUGH_REPLICAS.
 */
const NOT_YET = new Set<number>([
  ErrorCode.NOT_LEADER_FOR_PARTITION,
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.NOT_ENOUGH_REPLICAS,
]);

export class BrokerClient {
  readonly #cluster: Cluster;
  readonly #leaders: Leaders;
  readonly #protocol: TransactionProtocol;

  constructor(cluster: Cluster, protocol = VERSION_1) {
    this.#cluster = cluster;
    this.#protocol = protocol;
    this.#leaders = new Leaders(cluster);
  }

  async connect(topics: readonly string[]): Promise<void> {
    await this.#cluster.connect();
    await this.#leaders.track(topics);
  }

  close(): Promise<void> {
    return this.#cluster.disconnect();
  }

  /** Joins the group and takes everything, when it is alone in it or comes to lead it. */
  async join(groupId: string, topic: string, memberId = ''): Promise<GroupMember> {
    const coordinator = await this.coordinator(groupId);
    // Another one each time: a member that joins with the same metadata does not move the group.
    const metadata = MemberMetadata.encode({ version: 1, topics: [topic], userData: Buffer.from(`of ${memberId}`) });
    const joined = await patiently(() =>
      coordinator.joinGroup({
        groupId,
        sessionTimeout: SESSION_MS,
        rebalanceTimeout: SESSION_MS,
        memberId,
        groupProtocols: [{ name: 'contract', metadata }],
      }),
    );
    const member = { groupId, generationId: joined.generationId, memberId: joined.memberId };
    const memberAssignment = MemberAssignment.encode({
      version: 1,
      assignment: { [topic]: [0, 1] },
      userData: Buffer.alloc(0),
    });
    await coordinator.syncGroup({ ...member, groupAssignment: [{ memberId: member.memberId, memberAssignment }] });
    return member;
  }

  offsets(groupId: string): Offsets {
    return new Offsets(this.#cluster, this.#leaders, groupId);
  }

  coordinator(groupId: string): Promise<Broker> {
    return patiently(() => this.#cluster.findGroupCoordinator({ groupId }));
  }

  /** Asked once: CONCURRENT_TRANSACTIONS is an answer too. */
  initOnce(id: string, timeoutMs = TRANSACTION_TIMEOUT_MS): Promise<ProducerIdentity> {
    return this.#ofTransaction(id, initProducerId(id, timeoutMs));
  }

  /** As often as it takes. */
  init(id: string, timeoutMs?: number): Promise<ProducerIdentity> {
    return patiently(() => this.initOnce(id, timeoutMs));
  }

  /** What the cluster has. */
  async transactionProtocol(id: string): Promise<TransactionProtocol> {
    return transactionProtocolOf(await this.#ofTransaction(id, apiVersions()));
  }

  async add(owner: ProducerIdentity, topic: string, partitions: readonly number[] = [0]): Promise<void> {
    const request = this.#protocol.addPartitions?.(owner, [{ topic, partitions }]);
    if (request) await patiently(() => this.#ofTransaction(owner.transactionalId, request));
  }

  async addOffsets(owner: ProducerIdentity, groupId: string): Promise<void> {
    const request = this.#protocol.addOffsets?.(owner, groupId);
    if (request) await patiently(() => this.#ofTransaction(owner.transactionalId, request));
  }

  async sendOffsets(
    owner: ProducerIdentity,
    member: GroupMember,
    topic: string,
    offset: number,
    metadata = '',
  ): Promise<void> {
    const coordinator = await this.coordinator(member.groupId);
    await patiently(() =>
      coordinator.connectionPool.send(
        this.#protocol.commitOffsets(owner, member, [{ topic, partition: 0, offset, metadata }]),
      ),
    );
  }

  /** Whose the next transaction is. */
  end(owner: ProducerIdentity, isCommit: boolean): Promise<ProducerIdentity> {
    return patiently(() => this.#ofTransaction(owner.transactionalId, this.#protocol.end(owner, isCommit)));
  }

  async send(
    owner: ProducerIdentity,
    topic: string,
    { partition = 0, sequence, texts, key, damaged }: Sent,
  ): Promise<Produced> {
    const batch = new RecordBatch(topic, partition, new ByteWriter());
    for (const text of texts) batch.append(key ?? null, Buffer.from(text));
    const bytes = batch.seal({ ...owner, firstSequence: sequence }, Date.now());
    if (damaged) bytes[bytes.length - 2]! ^= 0xff;
    const broker = await this.#leaders.broker(this.#leaders.leaderOf(topic, partition));
    const request = this.#protocol.produce(owner, [{ topic, partition, bytes }], ANSWER_MS);
    return until('the partition is led, and free', async () => {
      const {
        partitions: [found],
      } = await broker.connectionPool.send(request);
      const { errorCode, baseOffset } = found!;
      return NOT_YET.has(errorCode) ? undefined : { answer: nameOf(errorCode), baseOffset };
    });
  }

  /** The committed offset of partition 0 as the group's coordinator tells it at once. */
  async committedOnce(groupId: string, topic: string): Promise<number> {
    return (await this.committedWithMetadata(groupId, topic)).offset;
  }

  async committedWithMetadata(groupId: string, topic: string): Promise<PartitionOffset> {
    const coordinator = await this.coordinator(groupId);
    const [found] = await coordinator.connectionPool.send(offsetFetch(groupId, [{ topic, partitions: [0] }]));
    return found!;
  }

  /** The id of the topic that has this name now. */
  async topicId(topic: string): Promise<string | undefined> {
    return (await this.#leaders.topicIds([topic])).get(topic);
  }

  /** Looks again who leads what. */
  refresh(): Promise<void> {
    return this.#leaders.refresh();
  }

  /** One fetch of what is stable of partition 0 from there on; by id when one is given, else by name. */
  async fetch(topic: string, offset: number, topicId?: string): Promise<FetchAnswer> {
    const limits = { maxWaitMs: 20, maxBytes: 1_000_000, maxBytesPerPartition: 1_000_000, isolation: READ_COMMITTED };
    const broker = await this.#leaders.broker(this.#leaders.leaderOf(topic, 0));
    const positions: FetchPosition[] = [{ topic, topicId, partition: 0, offset }];
    if (topicId !== undefined && !canFetchById(broker, positions))
      throw new Error('the broker is too old to be fetched from by topic id');
    const [answer] = await broker.connectionPool.send(fetch(broker, positions, limits));
    return answer!;
  }

  async #ofTransaction<T>(id: string, request: RawRequest<T>): Promise<T> {
    const coordinator = await patiently(() =>
      this.#cluster.findGroupCoordinator({ groupId: id, coordinatorType: KeyType.transaction }),
    );
    return coordinator.connectionPool.send(request);
  }
}

function nameOf(errorCode: number): string {
  return new BrokerError(errorCode, 'answer').type;
}

/** A broker that has just started, or writes markers, says "later". */
const LATER = new Set([
  'CONCURRENT_TRANSACTIONS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
]);

function isLater(error: unknown): boolean {
  return LATER.has(errorType(error) ?? '') || (error as Error).name === 'KafkaJSGroupCoordinatorNotFound';
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  let refused: unknown;
  const answer = await until('the broker does not answer "later" any more', async () => {
    try {
      return { value: await ask() };
    } catch (error) {
      if (isLater(error)) return undefined;
      refused = error;
      return { refused: true as const };
    }
  });
  if ('value' in answer) return answer.value;
  throw refused;
}
