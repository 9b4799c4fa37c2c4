/**
 * Fetches partitions at positions that we set ourselves: no group, no committed offset is asked for or moved.
 * One loop a broker asks for every partition that its owner has room for, ahead of processing, and hands over what
 * was committed. Records fetched before a seek or a removal are dropped, never delivered.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../../common/log.js';
import { messageOf } from '../../../common/errors.js';
import { READ_COMMITTED } from '../cluster/connect.js';
import { readCommitted, type FetchedPartition } from './fetched-records.js';
import type { PartitionConsumer } from './partition-consumer.js';
import { WantedPartition } from './wanted-partition.js';
import type { Leaders } from '../cluster/leaders.js';
import { ErrorCode } from '../protocol/error-codes.js';
import { fetch, type FetchAnswer, type FetchPosition } from '../protocol/fetch.js';
import { BrokerError, hasMoved, isUnknownTopic } from '../protocol/protocol-errors.js';

export interface FetcherOptions {
  /** How long a broker may wait for data, ms. */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  /** A record with more bytes is handed over as its beginning alone, with a defect that says so. */
  readonly maxRecordBytes: number;
}

/** While a full partition waits to be asked for again, the others must not hold the request for long. */
const BUSY_WAIT_MS = 5;
const RETRY_MS = 250;
const UNKNOWN_RETRY_MS = 1000;
/** In one partition, and in one answer: batches may unpack to thousands of times their size. What is not read is fetched again. */
const UNPACKED_BYTES = 16 * 1024 * 1024;
const UNPACKED_BYTES_OF_ANSWER = 64 * 1024 * 1024;

export class Fetcher {
  readonly #leaders: Leaders;
  readonly #options: FetcherOptions;
  readonly #log: Logger;
  readonly #onOutage: (error: unknown) => void;
  readonly #partitions = new Map<string, WantedPartition>();
  readonly #loops = new Map<number, Promise<void>>();
  /** Brokers that did not answer when last asked. */
  readonly #silent = new Set<number>();
  #wake: (() => void)[] = [];
  #apart: Promise<void> | undefined;
  readonly #stop = new AbortController();

  /** `onOutage` is given the error each time that no broker could be asked, and undefined when one answers again. */
  constructor(leaders: Leaders, options: FetcherOptions, log: Logger, onOutage: (error: unknown) => void) {
    this.#leaders = leaders;
    this.#options = options;
    this.#log = log;
    this.#onOutage = onOutage;
  }

  /** Fetches a partition from an offset on, of the topic with that id where there are ids; replaces an earlier consumer of it. */
  add(topic: string, partition: number, position: number, consumer: PartitionConsumer, topicId?: string): void {
    const wanted = new WantedPartition(topic, topicId, partition, position, consumer);
    this.#partitions.set(keyOf(topic, partition), wanted);
    consumer.begin?.(() => this.wake());
    this.#run(this.#leaders.leaderOf(topic, partition));
    this.wake();
  }

  /** Ends the fetching of a partition; by a consumer that is named only while it has not been replaced. */
  remove(topic: string, partition: number, consumer?: PartitionConsumer): void {
    const found = this.#partitions.get(keyOf(topic, partition));
    if (!found || (consumer && found.consumer !== consumer)) return;
    found.remove();
    this.#partitions.delete(keyOf(topic, partition));
    // A loop that waits for room in it would hold on to it, and to what it holds.
    this.wake();
  }

  seek(topic: string, partition: number, position: number): void {
    this.#partitions.get(keyOf(topic, partition))?.seek(position);
    this.wake();
  }

  /** Fetches again what was damaged, if the partition is still at that position. */
  tryAgain(topic: string, partition: number, position: number): void {
    const found = this.#partitions.get(keyOf(topic, partition));
    if (found?.isStopped && found.position === position) this.seek(topic, partition, position);
  }

  /** Says that a consumer may have room again. */
  wake(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const resume of waiting) resume();
  }

  /**
   * Ends the loops; a fetch that is on its way is answered into the void. Resolves when nothing is asked any more: what
   * is connected until then may have been connected again.
   */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#partitions.clear();
    this.wake();
    await Promise.all([...this.#loops.values(), this.#apart]);
  }

  get #isClosed(): boolean {
    return this.#stop.signal.aborted;
  }

  #run(nodeId: number): void {
    if (this.#isClosed || this.#loops.has(nodeId)) return;
    this.#loops.set(nodeId, this.#loop(nodeId));
  }

  async #loop(nodeId: number): Promise<void> {
    while (!this.#isClosed) {
      const led = [...this.#partitions.values()].filter(
        ({ topic, partition, isAsked }) => isAsked && this.#leaders.leaderOf(topic, partition) === nodeId,
      );
      const wanted = led.filter(({ consumer }) => consumer.hasRoom());
      if (wanted.length === 0) {
        if (led.length === 0) this.#answered(nodeId);
        await new Promise<void>((resolve) => this.#wake.push(resolve));
        continue;
      }
      try {
        if (nodeId === NO_LEADER) throw this.#notLed(wanted[0]!);
        const someAreFull = led.some(({ consumer }) => !consumer.hasRoom() && !consumer.isPaused());
        await this.#fetchFrom(nodeId, wanted, someAreFull);
      } catch (error) {
        await this.#recover(nodeId, error);
      }
    }
  }

  /** This broker answers, or is not asked for anything; the outage is over when that holds for all. */
  #answered(nodeId: number): void {
    this.#silent.delete(nodeId);
    const isUnknown = [...this.#partitions.values()].some((one) => one.isUnknown);
    if (this.#silent.size === 0 && !isUnknown) this.#onOutage(undefined);
  }

  #notLed({ topic, partition }: WantedPartition): BrokerError {
    const isKnown = this.#leaders.partitionCount(topic) > 0;
    const code = isKnown ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return new BrokerError(code, `Fetch of ${topic}-${partition}`, { topic, partition });
  }

  async #askAgainLater(): Promise<void> {
    await delay(UNKNOWN_RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined); // closed meanwhile
    await this.#refresh();
    for (const found of this.#partitions.values()) found.askAgain();
    this.#apart = undefined;
    this.wake();
  }

  async #fetchFrom(nodeId: number, wanted: readonly WantedPartition[], someAreFull: boolean): Promise<void> {
    const versions = new Map(wanted.map((one) => [one, one.version]));
    const { maxWaitMs, maxBytes, maxBytesPerPartition } = this.#options;
    const broker = await this.#leaders.broker(nodeId);
    const limits = {
      maxWaitMs: someAreFull ? BUSY_WAIT_MS : maxWaitMs,
      maxBytes,
      maxBytesPerPartition,
      isolation: READ_COMMITTED,
    };
    // A broker fills the answer in the order asked: begin with another partition each time.
    const shift = Math.floor(Math.random() * wanted.length);
    const positions = [...wanted.slice(shift), ...wanted.slice(0, shift)].map(
      ({ topic, topicId, partition, position }): FetchPosition => ({ topic, topicId, partition, offset: position }),
    );
    const answers = await broker.connectionPool.send(fetch(broker, positions, limits));
    this.#answered(nodeId);
    let failure: BrokerError | undefined;
    let unpacked = 0;
    for (const answer of answers) {
      if (unpacked >= UNPACKED_BYTES_OF_ANSWER) break;
      const found = this.#partitions.get(keyOf(answer.topic, answer.partition));
      if (!found?.isAsked || versions.get(found) !== found.version) continue;
      if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) await this.#outOfRange(found);
      else {
        const taken = this.#take(found, answer);
        if (taken instanceof BrokerError) failure = taken;
        else unpacked += taken;
      }
    }
    if (failure !== undefined) throw failure;
  }

  /** A topic that was recreated is not one whose records are gone; a broker that fetches by name cannot tell them apart. */
  async #outOfRange(found: WantedPartition): Promise<void> {
    const { version, topic, partition } = found;
    if (found.topicId !== undefined) await this.#stopRecreated(topic);
    if (found.isStopped || found.version !== version || !this.#partitions.has(keyOf(topic, partition))) return;
    found.stop();
    found.consumer.outOfRange(found.position);
  }

  /** Tells the consumers of a topic when it has another id than the one that they read. Rejects when it does not exist. */
  async #stopRecreated(topic: string): Promise<void> {
    const id = (await this.#leaders.topicIds([topic])).get(topic);
    for (const found of [...this.#partitions.values()]) {
      if (id === undefined || found.topic !== topic || found.topicId === undefined || found.topicId === id) continue;
      if (found.isStopped) continue;
      found.stop();
      found.consumer.recreated(id);
    }
  }

  /** Hands over what came, and gives the bytes that it was unpacked to; an error when the partition has to be asked for again. */
  #take(found: WantedPartition, answer: FetchAnswer): number | BrokerError {
    const { consumer, position } = found;
    if (answer.errorCode !== ErrorCode.NONE) {
      const { topic, partition } = answer;
      const error = new BrokerError(answer.errorCode, `Fetch of ${topic}-${partition}`, { topic, partition });
      if (!isUnknownTopic(error)) return error;
      found.setApart();
      this.#onOutage(error);
      this.#apart ??= this.#askAgainLater();
      return 0;
    }
    found.known();
    let fetched: FetchedPartition;
    try {
      const bounds = { maxRecordBytes: this.#options.maxRecordBytes, maxUnpackedBytes: UNPACKED_BYTES };
      fetched = readCommitted(answer.data, position, answer.aborted, bounds);
    } catch (error) {
      if (found.retryRead())
        return new BrokerError(ErrorCode.CORRUPT_MESSAGE, `Fetch of ${answer.topic}-${answer.partition}`);
      consumer.unreadable(position, error);
      return 0;
    }
    found.advance(fetched.nextOffset);
    consumer.deliver(fetched, answer.lastStableOffset, answer.highWatermark);
    return fetched.unpackedBytes ?? fetched.bytes;
  }

  async #recover(nodeId: number, error: unknown): Promise<void> {
    if (this.#isClosed) return;
    if (nodeId === NO_LEADER || !hasMoved(error)) {
      this.#silent.add(nodeId);
      this.#onOutage(error);
    }
    this.#log.debug({ error: messageOf(error) }, 'fetch failed, trying again');
    await delay(RETRY_MS);
    await this.#refresh();
  }

  async #refresh(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#leaders.refresh();
    } catch (error) {
      this.#onOutage(error);
      await delay(RETRY_MS);
    }
    await this.#lookForRecreated();
    for (const { topic, partition } of this.#partitions.values()) this.#run(this.#leaders.leaderOf(topic, partition));
    this.wake();
  }

  /** Each topic for itself: one that does not exist, for now, must not hide that another was recreated. */
  async #lookForRecreated(): Promise<void> {
    const topics = [...this.#partitions.values()].flatMap(({ topic, topicId }) => (topicId ? [topic] : []));
    const looks = [...new Set(topics)].map((topic) => this.#stopRecreated(topic));
    for (const look of await Promise.allSettled(looks)) {
      if (look.status === 'rejected') this.#log.debug({ error: messageOf(look.reason) }, 'a topic cannot be looked up');
    }
  }
}

const NO_LEADER = -1;

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
