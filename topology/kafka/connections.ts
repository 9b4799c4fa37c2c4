/** The connections that everything but the group and the producers shares: one cluster, its leaders, one fetcher. */
import { setTimeout as delay } from 'node:timers/promises';
import { atMost } from '../../common/at-most.js';
import { cleanupFaults, type CleanupRule } from './cleanup-rules.js';
import { FatalError, messageOf } from '../../common/errors.js';
import { refuseHidden } from './cluster/cluster-view.js';
import { createCluster, type KafkaSettings } from './cluster/connect.js';
import { Leaders } from './cluster/leaders.js';
import { Offsets } from './cluster/offsets.js';
import { withTopicAdmin } from './cluster/topics.js';
import { Fetcher, type FetcherOptions } from './fetch/fetcher.js';
import { viewGroup, type GroupView } from './group/group-view.js';
import { isMissingRight, isOutage } from './protocol/protocol-errors.js';
import type { Logger } from '../../common/log.js';
import type { Outages } from '../../common/outages.js';
import type { Waiter } from '../../common/reasons.js';
import { stopController } from '../../common/stop-signal.js';

const FETCH = { maxWaitMs: 250, maxBytes: 4 * 1024 * 1024, maxBytesPerPartition: 1024 * 1024 };
const RETRY_MS = 500;
const CLOSE_MS = 1000;

interface Client {
  readonly cluster: ReturnType<typeof createCluster>;
  readonly fetcher: Fetcher;
}

export class Connections {
  readonly leaders: Leaders;
  readonly fetcher: Fetcher;
  readonly outages: Outages;
  readonly #settings: KafkaSettings;
  readonly #fetch: FetcherOptions;
  readonly #cluster: ReturnType<typeof createCluster>;
  readonly #log: Logger;
  readonly #stop = stopController();
  readonly #others: Client[] = [];

  /** `maxRecordBytes`: MAX_RECORD_BYTES. */
  constructor(settings: KafkaSettings, maxRecordBytes: number, outages: Outages, log: Logger) {
    this.outages = outages;
    this.#log = log;
    this.#settings = settings;
    this.#fetch = { ...FETCH, maxRecordBytes };
    this.#cluster = createCluster(settings, log);
    this.leaders = new Leaders(this.#cluster);
    this.fetcher = new Fetcher(this.leaders, this.#fetch, log, (error) => outages.report('fetch', error));
  }

  /**
   * Waits for the brokers, and throws FatalError with the topics that do not exist. To be asked before `track`:
   * metadata of a missing topic is an error that looks like a broker which has not heard of it yet.
   */
  async refuseMissing(topics: readonly string[]): Promise<void> {
    const missing = await this.patiently(async () => {
      const present = await withTopicAdmin(this.#settings, (admin) => admin.partitionCounts(topics));
      const unlisted = topics.filter((topic) => !present.has(topic));
      // One that we may not see may be there.
      if (unlisted.length > 0) await refuseHidden(this.#settings, unlisted);
      return unlisted;
    }, 'start');
    if (missing.length === 0) return;
    const what = missing.length === 1 ? 'a topic does' : 'topics do';
    throw new FatalError(
      `${what} not exist: ${missing.join(', ')}. Create what is missing, or run \`notification-streams topics create\``,
    );
  }

  /**
   * Throws FatalError with every topic that there is whose `cleanup.policy` would lose records. Waits for the brokers;
   * where we may not ask, it only warns.
   */
  async refuseWrongCleanup(rules: readonly CleanupRule[]): Promise<void> {
    const topics = rules.map(({ topic }) => topic);
    const policies = await this.#settingOf(topics, 'cleanup.policy', 'taken to be right');
    const faults = cleanupFaults(rules, policies);
    if (faults.length > 0) throw new FatalError(faults.join('\n'));
  }

  /** The topic's `max.message.bytes`; undefined where we may not ask for it. Waits for the brokers. */
  async maxMessageBytes(topic: string): Promise<number | undefined> {
    const found = await this.#settingOf([topic], 'max.message.bytes', 'taken to be the default');
    const bytes = Number(found.get(topic));
    return bytes > 0 ? bytes : undefined;
  }

  /** By topic; empty where we may not ask for it. */
  async #settingOf(topics: readonly string[], setting: string, otherwise: string): Promise<Map<string, string>> {
    try {
      return await this.patiently(
        () =>
          withTopicAdmin(this.#settings, async (admin) =>
            admin.settings([...(await admin.partitionCounts(topics)).keys()], setting),
          ),
        'start',
        // We can do without this right.
        (error) => isOutage(error) && !isMissingRight(error),
      );
    } catch (error) {
      this.#stop.signal.throwIfAborted();
      this.#log.warn({ topics, error: messageOf(error) }, `${setting} cannot be asked for: ${otherwise}`);
      return new Map();
    }
  }

  /** Waits for the brokers, and learns of these topics, which must exist. */
  async track(topics: readonly string[]): Promise<void> {
    await this.patiently(async () => {
      await this.#cluster.connect();
      await this.leaders.track(topics);
    }, 'start');
  }

  /** What the Kafka cluster calls itself. Waits for the brokers. */
  clusterId(): Promise<string> {
    // Not of the cluster object: its question for other topics makes it forget those that are tracked.
    return this.patiently(() => withTopicAdmin(this.#settings, (admin) => admin.clusterId()), 'start');
  }

  /** A fetcher with connections of its own, for these topics: what it asks for does not wait behind the long polls of the other one. */
  async anotherFetcher(topics: readonly string[], part: Waiter): Promise<Fetcher> {
    const cluster = createCluster({ ...this.#settings, clientId: `${this.#settings.clientId}-${part}` }, this.#log);
    const leaders = new Leaders(cluster);
    const fetcher = new Fetcher(leaders, this.#fetch, this.#log, (error) => this.outages.report(part, error));
    this.#others.push({ cluster, fetcher });
    await this.patiently(async () => {
      await cluster.connect();
      await leaders.track(topics);
    }, part);
    return fetcher;
  }

  offsets(groupId: string): Offsets {
    return new Offsets(this.#cluster, this.leaders, groupId);
  }

  /** The group as its coordinator knows it now. */
  viewGroup(groupId: string): Promise<GroupView> {
    return viewGroup(this.#cluster, groupId);
  }

  /** Tries until a broker answers; an outage shows in readiness meanwhile. Any other error is thrown. */
  async patiently<T>(ask: () => Promise<T>, part: Waiter, isWaitedOut = isOutage): Promise<T> {
    for (;;) {
      try {
        const answer = await ask();
        this.outages.report(part, undefined);
        return answer;
      } catch (error) {
        if (this.#stop.signal.aborted) throw error;
        if (!isWaitedOut(error)) {
          // A broker has answered: nobody waits for one.
          this.outages.report(part, undefined);
          throw error;
        }
        this.outages.report(part, error);
        await delay(RETRY_MS, undefined, { signal: this.#stop.signal });
      }
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([{ cluster: this.#cluster, fetcher: this.fetcher }, ...this.#others].map(disconnect));
  }
}

async function disconnect({ cluster, fetcher }: Client): Promise<void> {
  const ended = fetcher.close();
  await cluster.disconnect();
  // Brokers that do not answer must not hold up the end.
  await atMost(ended, CLOSE_MS);
  // A fetch that was about to be made has connected once more.
  await cluster.disconnect();
}
