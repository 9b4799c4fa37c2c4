/**
 * A bootstrap source (Samza's word): what it brings is read before the events that come after it. Here that is the
 * account topic, of which the user directory is made; the tasks of all workers read it, and every worker holds the whole
 * of what they make of it. A record of another source waits until what is older is in the store; see bootstrap-progress.ts.
 *
 * It looks when somebody asks, every 250 ms while records flow: at the ends of the topic, at what the group has committed
 * (where the ends are other ones than before), and at the store's own feed (where what is committed is).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { atMost } from '../../common/at-most.js';
import { BootstrapProgress, type Moment, type PartitionProgress } from './bootstrap-progress.js';
import type { Clock } from '../../common/clock.js';
import type { PhysicalTopic } from '../../common/topic-names.js';
import type { DirectoryFeed } from '../feeds/directory-feed.js';
import {
  isOutage,
  offsetIn,
  partitionsIn,
  type Connections,
  type Offsets,
  type PartitionOffset,
} from '../kafka/index.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import type { BootstrapSource } from './task-parts.js';
import { streamTimeIn } from './offset-metadata.js';

/** The worker around it. */
export interface BootstrapHost {
  /** This worker is taking tasks over, as others may be: partitions will move. */
  readonly isTakingOver: boolean;
  fatal(error: unknown): void;
}

export interface BootstrapServices {
  /** Logical name of the source topic. */
  readonly source: string;
  /** Its name on the brokers. */
  readonly topic: PhysicalTopic;
  readonly connections: Connections;
  readonly offsets: Offsets;
  readonly feed: DirectoryFeed;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** DIRECTORY_WAIT_MS. */
  readonly waitMs: number;
  readonly host: BootstrapHost;
}

const ANSWER_MS = 2000;
/** What is known is this old at most while records flow, ms: well below the second that an event may be ahead of it. */
const FRESH_MS = 250;
/** Between two looks while somebody waits, ms; each is twice the one before. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;
/** A look that takes longer than this does not hold up giving up, ms. */
const LONG_LOOK_MS = 250;

interface Waiting {
  readonly holds: () => boolean;
  readonly signal: AbortSignal;
  readonly go: () => void;
  readonly fail: (reason: unknown) => void;
}

export class Bootstrap implements BootstrapSource {
  readonly source: string;
  readonly #services: BootstrapServices;
  readonly #signal: AbortSignal;
  readonly #progress: BootstrapProgress;
  readonly #waiting = new Set<Waiting>();
  #isLooking = false;
  #lookedAt = -Infinity;
  /** Looks that began then or later had no answer, or have none yet: the brokers do not give one, or the store does not move. */
  #unansweredSince = Infinity;
  /** Longer than one round of looking, when the brokers are slow. */
  #look: Promise<void> | undefined;
  /** The positions that the store was last seen to hold. */
  #held: readonly PartitionOffset[] = [];

  constructor(services: BootstrapServices, signal: AbortSignal) {
    this.source = services.source;
    this.#services = services;
    this.#signal = signal;
    this.#progress = new BootstrapProgress(services.waitMs);
  }

  caughtUp(signal: AbortSignal): Promise<void> {
    return this.#services.feed.caughtUp(signal);
  }

  covers(arrivedAt: number, timestamp: number): boolean {
    if (arrivedAt - this.#lookedAt > FRESH_MS) this.#begin();
    return this.#progress.covers(arrivedAt, timestamp);
  }

  isSettled(arrivedAt: number, timestamp: number): boolean {
    return this.#progress.isSettled(arrivedAt, timestamp);
  }

  until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((go, fail) => {
      this.#waiting.add({ holds, signal, go, fail });
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#isLooking || this.#signal.aborted) return;
    this.#isLooking = true;
    this.#run().catch((error: unknown) => {
      if (!this.#signal.aborted) this.#services.host.fatal(error);
    });
  }

  /** Looks once, and again while somebody waits. */
  async #run(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      this.#look ??= this.#lookOnce().finally(() => (this.#look = undefined));
      await atMost(this.#look, LONG_LOOK_MS);
      this.#giveUp();
      this.#release();
      // In one step, or somebody who begins to wait in between would wait for ever.
      if (this.#waiting.size === 0) return void (this.#isLooking = false);
      await delay(pauseMs, undefined, { signal: this.#signal });
    }
  }

  #release(): void {
    for (const waiting of this.#waiting) {
      if (!waiting.signal.aborted && !waiting.holds()) continue;
      this.#waiting.delete(waiting);
      if (waiting.signal.aborted) waiting.fail(waiting.signal.reason);
      else waiting.go();
    }
  }

  async #lookOnce(): Promise<void> {
    const { topic, connections, offsets, clock } = this.#services;
    const seen: Moment = { at: performance.now(), clockMs: clock.now() };
    this.#lookedAt = seen.at;
    this.#unansweredSince = Math.min(this.#unansweredSince, seen.at);
    const count = connections.leaders.partitionCount(topic);
    this.#progress.expect(count, seen.at);
    try {
      const ends = await offsets.highWatermarks(partitionsIn(topic, count), ANSWER_MS);
      const found = ends.map(({ partition, offset }) => ({ partition, end: offset }));
      const again = this.#progress.isNews(found)
        ? this.#progress.observe(await this.#positions(found), seen, performance.now())
        : this.#progress.confirm(seen);
      this.#unansweredSince = Infinity;
      this.#waitAgain(again);
      connections.outages.report('accounts', undefined);
    } catch (error) {
      if (!isOutage(error)) throw error;
      connections.outages.report('accounts', error);
    }
  }

  async #positions(ends: readonly { partition: number; end: number }[]): Promise<PartitionProgress[]> {
    const { topic, offsets, feed } = this.#services;
    const partitions = ends.map(({ partition }) => ({ topic, partition }));
    const committed = await offsets.lastCommitted(partitions, ANSWER_MS);
    if (!isSame(committed, this.#held)) await feed.caughtUp(this.#signal);
    this.#held = committed;
    return ends.map(({ partition, end }) => {
      const committedOne = offsetIn(committed, { topic, partition });
      return { partition, end, position: committedOne?.offset, streamTime: streamTimeIn(committedOne) };
    });
  }

  #waitAgain(partitions: readonly number[]): void {
    const { topic, log, metrics } = this.#services;
    if (partitions.length === 0) return;
    metrics.directory_partitions_given_up.set(this.#progress.givenUp.length);
    log.info(
      { partitions: named(topic, partitions) },
      'account events are read on: events of other sources wait for them again',
    );
  }

  #giveUp(): void {
    const { topic, log, metrics, waitMs, host } = this.#services;
    const late = this.#progress.giveUp(performance.now(), host.isTakingOver, this.#unansweredSince);
    if (late.length === 0) return;
    metrics.directory_waits_given_up_total.inc(late.length);
    metrics.directory_partitions_given_up.set(this.#progress.givenUp.length);
    log.warn(
      { partitions: named(topic, late), waitMs },
      'account events wait, or cannot be asked about, and none has come for DIRECTORY_WAIT_MS: events of other sources go on without what they say',
    );
  }
}

function named(topic: string, partitions: readonly number[]): string[] {
  return partitions.map((partition) => `${topic}-${partition}`);
}

function isSame(these: readonly PartitionOffset[], those: readonly PartitionOffset[]): boolean {
  return these.length === those.length && these.every((one) => offsetIn(those, one)?.offset === one.offset);
}
