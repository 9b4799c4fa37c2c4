/** Replays on the in-memory brokers, each run a process of its own, which may die at any request. */
import { pino } from 'pino';
import { readCommitted } from '../../../../../topology/kafka/fetch/fetched-records.js';
import { Leaders } from '../../../../../topology/kafka/cluster/leaders.js';
import { Outages } from '../../../../../common/outages.js';
import {
  brokerFault,
  Fetcher,
  Offsets,
  TransactionalProducer,
  type FetchedRecord,
  type OutboundRecord,
} from '../../../../../topology/kafka/index.js';
import type { Cluster } from '../../../../../topology/kafka/protocol/internals.js';
import {
  lettersOf,
  preview,
  replay,
  type NewRun,
  type ReplayOptions,
  type ReplayParts,
  type ReplayReport,
} from '../../../../../topology/operations/dead-letters/replay.js';
import { readHistory } from '../../../../../topology/operations/dead-letters/replay-log.js';
import type { ReplayRules } from '../../../../../topology/operations/dead-letters/replayed.js';
import { createMemoryCluster } from '../../../../model/memory-broker/memory-cluster.js';
import { connectionLost, MemoryKafka } from '../../kafka/memory-kafka.js';
import { letterRecord, NAMES, type LetterParts } from './letters.js';

export const DLQ = NAMES.physical('NOTIFICATION_DLQ');
export const TASKS = NAMES.physical('TASK_EVENT_TOPIC');
const TOPICS = { [DLQ]: 2, [TASKS]: 2, [NAMES.physical('CRM_EVENT_TOPIC')]: 1, [NAMES.replays]: 1 };
const DAY_MS = 86_400_000;
const LOG = pino({ level: 'silent' });
const SETTINGS = { brokers: [], clientId: 'c', connectionTimeoutMs: 1000, requestTimeoutMs: 1000 };
const NEW_RUN: NewRun = {
  verb: 'replay',
  user: 'an',
  host: 'h',
  selection: {},
  maxReplays: 3,
  again: false,
};

/** Where a process dies: at its n-th request, or before that is answered. */
export interface Death {
  readonly request: number;
  readonly isServed: boolean;
}

export interface RunParts extends Partial<Omit<ReplayOptions, 'signal'>> {
  readonly run?: Partial<NewRun>;
  readonly rules?: Partial<ReplayRules>;
  readonly letters?: ReplayParts['letters'];
  readonly death?: Death | undefined;
  readonly control?: AbortController;
}

export class ReplayScene {
  readonly kafka = new MemoryKafka(TOPICS);
  readonly #live: (() => Promise<void>)[] = [];

  /** Writes letters as workers do: one transaction of each list. */
  async letters(partition: number, ...lists: LetterParts[][]): Promise<void> {
    for (const list of lists) {
      const records = list.map((parts): OutboundRecord => {
        const { key, value, headers } = letterRecord(0, { timestamp: Date.now() - 1000, ...parts });
        return { topic: DLQ, partition, key, value, headers };
      });
      if (records.length > 0) await this.write(records);
    }
  }

  async write(records: readonly OutboundRecord[]): Promise<void> {
    const producer = this.#producer('app-0', this.kafka.cluster());
    await producer.fence(Object.keys(TOPICS));
    await producer.send(records);
    await producer.commit();
    await producer.close();
  }

  /** One process. */
  async run({
    run,
    rules,
    letters,
    death,
    control = new AbortController(),
    ...options
  }: RunParts = {}): Promise<ReplayReport> {
    const cluster = this.#mortal(death, control);
    const connections = await this.#connections(cluster);
    const parts: ReplayParts = {
      connections,
      names: NAMES,
      rules: { ...this.rules, ...rules },
      letters: letters ?? lettersOf(connections, NAMES, control.signal),
    };
    const producer = this.#producer(NAMES.replayTransactionalId, cluster);
    const choose = (): NewRun => ({ ...NEW_RUN, ...run });
    return replay(parts, producer, { choose, signal: control.signal, ...options });
  }

  /** A dry run. */
  async preview(run: Partial<NewRun> = {}): Promise<ReplayReport> {
    const connections = await this.#connections(this.kafka.cluster());
    const { signal } = new AbortController();
    const history = await readHistory(connections, NAMES.replays, NAMES.group, signal);
    const parts = { connections, names: NAMES, rules: this.rules, letters: lettersOf(connections, NAMES, signal) };
    return preview(parts, history, { choose: () => ({ ...NEW_RUN, ...run }), signal });
  }

  get rules(): Omit<ReplayRules, 'maxReplays'> {
    const destinations = new Map(
      Object.entries(TOPICS)
        .filter(([topic]) => topic.endsWith('EVENT_TOPIC'))
        .map(([topic, partitions]) => [topic, { partitions, maxBytes: 1_048_588, oldestMs: 7 * DAY_MS }]),
    );
    return { appId: 'app', deadLetters: DLQ, destinations };
  }

  /** What a read_committed reader is given. */
  committed(topic: string, partition = 0): FetchedRecord[] {
    const log = this.kafka.broker.log(topic, partition);
    const { data, aborted } = log.read(log.startOffset, log.lastStableOffset, Infinity);
    return [...readCommitted(data, log.startOffset, aborted).records];
  }

  /** Values of the task topic, over its partitions. */
  replayed(): string[] {
    return [0, 1].flatMap((partition) => this.committed(TASKS, partition).map(({ value }) => String(value)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#live.splice(0).map((end) => end()));
  }

  async #connections(cluster: Cluster): Promise<ReplayParts['connections']> {
    const leaders = new Leaders(cluster);
    await leaders.track(Object.keys(TOPICS));
    const bounds = { maxWaitMs: 5, maxBytes: 1e7, maxBytesPerPartition: 1e6, maxRecordBytes: Infinity };
    const outages = new Outages(brokerFault, LOG);
    const fetcher = new Fetcher(leaders, bounds, LOG, (error) => outages.report('fetch', error));
    this.#live.push(() => fetcher.close());
    return { leaders, fetcher, offsets: (group) => new Offsets(cluster, leaders, group), outages };
  }

  #producer(transactionalId: string, cluster: Cluster): TransactionalProducer {
    const options = { transactionalId, transactionTimeoutMs: 60_000, retryBudgetMs: 2000, maxBatchBytes: 900_000 };
    return new TransactionalProducer(SETTINGS, options, LOG, cluster);
  }

  #mortal(death: Death | undefined, control: AbortController): Cluster {
    let left = death?.request ?? Infinity;
    return createMemoryCluster(this.kafka.broker, {
      exchange: async (_, serve) => {
        left -= 1;
        const isAlive = left > 0;
        const answer = isAlive || (left === 0 && death?.isServed === true) ? await serve() : undefined;
        await new Promise(setImmediate);
        if (isAlive) return answer as Awaited<ReturnType<typeof serve>>;
        control.abort();
        throw connectionLost('the process died');
      },
    });
  }
}
