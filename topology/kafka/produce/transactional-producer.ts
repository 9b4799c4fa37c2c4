/**
 * One task's producer: its transactions, step by step, with every outcome told apart.
 *
 *     created ──► idle ◄──► open
 *        └─────────┴─────────┴────► over
 *
 * created  it has no epoch yet
 * idle     it has fenced every earlier producer, and no transaction is begun
 * open     something was, or may be, added to a transaction, which must be ended
 * over     given up, or of no more use: no further step is taken
 *
 * It is for one life only. After any error except a refusal of the records themselves (RefusedError) it is over: the
 * outcome of its transaction may be unknown, and the next producer of the same transactional id, by its InitProducerId,
 * fences late packets of this one and settles the outcome.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { crashPoint } from '../../../common/crash-point.js';
import { CommitUnknownError, FencedError, ThrottledError } from '../../../common/errors.js';
import { groupBy } from '../../../common/group-by.js';
import { transitions } from '../../../common/transitions.js';
import type { Logger } from '../../../common/log.js';
import { createCluster, type KafkaSettings } from '../cluster/connect.js';
import type { Broker, Cluster, RawRequest } from '../protocol/internals.js';
import { groupCoordinator, transactionCoordinator } from '../cluster/coordinator.js';
import { Leaders } from '../cluster/leaders.js';
import {
  BrokerError,
  hasMoved,
  isProducerFenced,
  isRefused,
  isRetriable,
  isStaleMember,
} from '../protocol/protocol-errors.js';
import { OutboundBatches } from './outbound-batches.js';
import { firstRound } from './rounds.js';
import type { OutboundRecord, RecordBatch } from '../records/record-batch.js';
import { apiVersions } from '../protocol/api-versions.js';
import { ErrorCode, type ErrorName } from '../protocol/error-codes.js';
import { initProducerId, type ProducerIdentity } from '../protocol/init-producer-id.js';
import { byTopic, type PartitionOffset } from '../protocol/partitions.js';
import { transactionProtocolOf, VERSION_1 } from '../protocol/transaction-protocol.js';
import type { GroupMember } from '../protocol/txn-offset-commit.js';

type State = 'created' | 'idle' | 'open' | 'over';

const move = transitions<State>('a transactional producer', {
  created: ['idle', 'over'],
  idle: ['open', 'over'],
  open: ['idle', 'over'],
  over: [],
});

/** The broker refuses these records, and will again: the transaction must be aborted and the culprit found. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** Where the records were to go. */
  readonly topic: string;

  constructor(cause: BrokerError) {
    super(cause.message, { cause });
    this.topic = cause.place?.topic ?? 'an output topic';
  }
}

export interface TransactionalProducerOptions {
  readonly transactionalId: string;
  /** The broker aborts a transaction that is open for longer, ms. */
  readonly transactionTimeoutMs: number;
  /** How long a step is tried again while the broker answers "later" or "elsewhere", ms. */
  readonly retryBudgetMs: number;
  /** A batch of one partition is kept below this, bytes: the brokers' default limit is 1,048,588 with its overhead. */
  readonly maxBatchBytes: number;
}

type OnBatch = (topic: string, partition: number, baseOffset: number) => void;

/** So much of a transaction's time, at most, may be over when a quota lets us go on. */
const THROTTLED_SHARE = 0.7;
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 100;
const SEQUENCE_MODULUS = 0x8000_0000;

export class TransactionalProducer {
  readonly #options: TransactionalProducerOptions;
  readonly #settings: KafkaSettings;
  readonly #cluster: Cluster;
  readonly #leaders: Leaders;
  readonly #sequences = new Map<string, number>();
  #protocol = VERSION_1;
  #identity: ProducerIdentity | undefined;
  #transactionCoordinator: Broker | undefined;
  #groupCoordinator: Broker | undefined;
  #state: State = 'created';
  #openedAt = 0;
  #throttledUntil = 0;

  /** The cluster is the producer's own: closed with it. */
  constructor(
    settings: KafkaSettings,
    options: TransactionalProducerOptions,
    log: Logger,
    cluster: Cluster = createCluster(settings, log),
  ) {
    this.#settings = settings;
    this.#options = options;
    this.#cluster = cluster;
    this.#leaders = new Leaders(this.#cluster);
  }

  /** Connects and fences: from now on no earlier producer of this transactional id can write or commit. */
  async fence(topics: readonly string[]): Promise<void> {
    await this.#cluster.connect();
    await this.#leaders.track(topics);
    const { transactionalId, transactionTimeoutMs } = this.#options;
    this.#protocol = transactionProtocolOf(await this.#atTransactionCoordinator(apiVersions()));
    // CONCURRENT_TRANSACTIONS until the markers of the fenced producer's transaction are all written.
    this.#identity = await this.#atTransactionCoordinator(initProducerId(transactionalId, transactionTimeoutMs));
    this.#move('idle');
  }

  /** For records that are batched as they come. */
  newBatches(): OutboundBatches {
    return new OutboundBatches(this.#options.maxBatchBytes);
  }

  /** How many partitions a topic has; one of those that `fence` was given. */
  partitionCount(topic: string): number {
    return this.#leaders.partitionCount(topic);
  }

  /**
   * Produces within the current transaction, in order for each partition, in as many requests as their size asks for.
   * `onBatch` hears the offset of each batch's first record, -1 when the broker does not say.
   */
  async send(records: readonly OutboundRecord[] | OutboundBatches, onBatch?: OnBatch): Promise<void> {
    const { batches } =
      records instanceof OutboundBatches ? records : OutboundBatches.from(records, this.#options.maxBatchBytes);
    const { addPartitions } = this.#protocol;
    if (this.#state === 'idle') this.#openedAt = performance.now();
    // All partitions are added, or none when one is refused: then there may be nothing to abort.
    if (addPartitions) await this.#atTransactionCoordinator(addPartitions(this.#owner(), byTopic(batches)));
    this.#open();
    let left: readonly RecordBatch[] = batches;
    while (left.length > 0) {
      const round = firstRound(left);
      left = left.filter((batch) => !round.includes(batch));
      await this.#produceRound(round, onBatch);
      this.#refuseLate();
      crashPoint('produced');
    }
  }

  /** Adds the source offsets to the transaction; the group's coordinator refuses them from a member that is not current. */
  async sendOffsets(member: GroupMember, offsets: readonly PartitionOffset[]): Promise<void> {
    const { addOffsets, commitOffsets } = this.#protocol;
    this.#open();
    if (addOffsets) await this.#atTransactionCoordinator(addOffsets(this.#owner(), member.groupId));
    await this.#retrying(async () => {
      this.#groupCoordinator ??= await groupCoordinator(this.#cluster, member.groupId);
      await this.#groupCoordinator.connectionPool.send(commitOffsets(this.#owner(), member, offsets));
    });
  }

  /** After CommitUnknownError the transaction may be committed or not: only a new producer can tell. */
  async commit(): Promise<void> {
    await this.#end(true);
  }

  /** Aborts a transaction of which nothing failed but the records themselves. */
  async abort(): Promise<void> {
    await this.#end(false);
  }

  /**
   * Gives up a commit that is still on its way: it goes no further, and its transaction is aborted unless it was ended
   * already. By a new epoch, not by EndTxn: in version 1 a late request of that commit could begin another transaction
   * under the same epoch, and commit offsets whose outputs were aborted. Rejects when the coordinator is busy with it or silent.
   */
  async abandon(): Promise<void> {
    this.#move('over');
    const { transactionalId, transactionTimeoutMs } = this.#options;
    await this.#transactionCoordinator?.connectionPool.send(initProducerId(transactionalId, transactionTimeoutMs));
  }

  /** Lets the connections go. An open transaction stays open until its time is up or the next producer fences it. */
  async close(): Promise<void> {
    this.#move('over');
    await this.#cluster.disconnect();
  }

  /** What is over stays over, whatever a step brings that was on its way when it was given up. */
  #move(to: State): void {
    if (this.#state !== 'over') this.#state = move(this.#state, to);
  }

  #open(): void {
    if (this.#state !== 'open') this.#move('open');
  }

  async #end(committed: boolean): Promise<void> {
    if (this.#state === 'created' || this.#state === 'idle') return;
    const owner = this.#owner();
    try {
      this.#identity = await this.#atTransactionCoordinator(this.#protocol.end(owner, committed));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      // The transaction is open still: the next commit must not become a part of it.
      this.#move('over');
      throw new CommitUnknownError(`the transaction of ${this.#options.transactionalId} was not ended`, error);
    }
    this.#move('idle');
    // Each epoch counts its own.
    if (this.#identity.producerEpoch !== owner.producerEpoch) this.#sequences.clear();
  }

  #owner(): ProducerIdentity {
    if (!this.#identity) throw new CommitUnknownError(`${this.#options.transactionalId} is used before it was fenced`);
    return this.#identity;
  }

  async #atTransactionCoordinator<T>(request: RawRequest<T>): Promise<T> {
    return this.#retrying(async () => {
      this.#transactionCoordinator ??= await transactionCoordinator(this.#cluster, this.#options.transactionalId);
      return this.#transactionCoordinator.connectionPool.send(request);
    });
  }

  async #produceRound(round: readonly RecordBatch[], onBatch: OnBatch | undefined): Promise<void> {
    let left = round;
    await this.#retrying(async () => {
      const byLeader = groupBy(left, ({ topic, partition }) => this.#leaders.leaderOf(topic, partition));
      // All are found before anything is sent: a leader that is not there yet is waited for while nothing is on its way.
      const brokers = await Promise.all([...byLeader.keys()].map((nodeId) => this.#leaders.broker(nodeId)));
      const answers = await Promise.all(
        [...byLeader.values()].map((batches, at) => this.#produceTo(brokers[at]!, batches, onBatch)),
      );
      const failed = answers.flat();
      left = failed.map(({ batch }) => batch);
      const worst = failed.find(({ error }) => !isRetriable(error)) ?? failed[0];
      // "Later" does not say that the batch is not in the log: after an abort, the next one under its sequence could be
      // taken for its repeat, where an epoch outlives it. A new producer tells them apart.
      if (worst && isRefused(worst.error) && failed.some(({ error }) => mayBeInTheLog(error))) {
        throw new CommitUnknownError('records were refused beside others whose fate is not known', worst.error);
      }
      if (worst) throw worst.error;
    });
  }

  /** Gives up a transaction whose time would be over before we may send the next request. */
  #refuseLate(): void {
    const { transactionalId, transactionTimeoutMs } = this.#options;
    if (this.#throttledUntil < this.#openedAt + THROTTLED_SHARE * transactionTimeoutMs) return;
    const throttleMs = Math.round(this.#throttledUntil - performance.now());
    this.#move('over');
    const error = new ThrottledError(`a quota holds ${transactionalId} back for ${throttleMs} ms`, throttleMs);
    throw new CommitUnknownError(`the transaction of ${transactionalId} is too large for its quota`, error);
  }

  /** A quota holds back what will be sent next. */
  get isThrottled(): boolean {
    return this.#throttledUntil > performance.now();
  }

  /**
   * The broker has the batch, whatever becomes of the rest of the round: after a refusal and an abort, the next
   * batch of this epoch under the same sequence would be taken for a repeat of this one and silently dropped.
   */
  #taken({ topic, partition, count }: RecordBatch): void {
    const key = `${topic}/${partition}`;
    this.#sequences.set(key, ((this.#sequences.get(key) ?? 0) + count) % SEQUENCE_MODULUS);
  }

  /** The batches that this broker did not take. A batch that it has already (a repeat after a lost answer) is taken. */
  async #produceTo(
    broker: Broker,
    batches: readonly RecordBatch[],
    onBatch: OnBatch | undefined,
  ): Promise<{ batch: RecordBatch; error: BrokerError }[]> {
    const owner = this.#owner();
    const now = Date.now();
    const sealed = batches.map((batch) => {
      const { topic, partition } = batch;
      const firstSequence = this.#sequences.get(`${topic}/${partition}`) ?? 0;
      return { topic, partition, bytes: batch.seal({ ...owner, firstSequence }, now) };
    });
    const { partitions: answers, throttleMs } = await broker.connectionPool.send(
      this.#protocol.produce(owner, sealed, this.#settings.requestTimeoutMs),
    );
    if (throttleMs > 0) this.#throttledUntil = Math.max(this.#throttledUntil, performance.now() + throttleMs);
    const failures: { batch: RecordBatch; error: BrokerError }[] = [];
    for (const { topic, partition, errorCode, baseOffset } of answers) {
      const batch = batches.find((b) => b.topic === topic && b.partition === partition);
      if (!batch) continue;
      if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
        this.#taken(batch);
        onBatch?.(topic, partition, baseOffset);
        continue;
      }
      failures.push({
        batch,
        error: new BrokerError(errorCode, `Produce to ${topic}-${partition}`, { topic, partition }),
      });
    }
    return failures;
  }

  /** Tries again while the broker answers "later" or "elsewhere"; any other error ends this producer. */
  async #retrying<T>(step: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#options.retryBudgetMs;
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      // kafkajs would open a closed connection again for it.
      if (this.#state === 'over')
        throw new CommitUnknownError(`the producer of ${this.#options.transactionalId} was given up`);
      try {
        return await step();
      } catch (error) {
        if (error instanceof BrokerError && isRefused(error)) throw new RefusedError(error);
        if (isStaleMember(error) || isProducerFenced(error)) {
          this.#move('over');
          throw new FencedError(`${this.#options.transactionalId} is fenced`, error);
        }
        if (!isRetriable(error) || performance.now() + wait > deadline) {
          this.#move('over');
          throw new CommitUnknownError(`the transaction of ${this.#options.transactionalId} failed`, error);
        }
        if (hasMoved(error)) {
          this.#transactionCoordinator = undefined;
          this.#groupCoordinator = undefined;
          await this.#leaders.refresh().catch((cause: unknown) => {
            this.#move('over');
            throw new CommitUnknownError(`no broker to ask while ${this.#options.transactionalId} commits`, cause);
          });
        }
        await delay(wait);
      }
    }
  }
}

/** The only "later" that says that nothing was appended: the last transaction's markers are still to be written. */
const NOT_APPENDED: ErrorName = 'CONCURRENT_TRANSACTIONS';

function mayBeInTheLog(error: BrokerError): boolean {
  return isRetriable(error) && error.type !== NOT_APPENDED;
}
