/**
 * A partition that is fetched for its consumer.
 *
 *     wanted ──► unknown ──► doubted ──► wanted
 *        │          ▲  │        │ │
 *        │          └──┼────────┘ │
 *        ▼             ▼          ▼
 *     stopped ◄────────┴──────────┘        stopped → wanted: it was sought
 *
 * wanted   asked for with the others that its broker leads
 * unknown  the broker does not know the topic, for now or for good: asked for again in a while, since the others must not wait for it
 * doubted  asked for again; known once the broker has answered
 * stopped  nothing is fetched: its consumer was told why, and seeks
 */
import { transitions } from '../../../common/transitions.js';
import type { PartitionConsumer } from './partition-consumer.js';

type State = 'wanted' | 'unknown' | 'doubted' | 'stopped';

const move = transitions<State>('a partition that is fetched', {
  wanted: ['unknown', 'stopped'],
  unknown: ['doubted', 'stopped'],
  doubted: ['wanted', 'unknown', 'stopped'],
  stopped: ['wanted'],
});

/** So often in a row it is read before it is taken for damaged: it may have been on its way. */
const READ_TRIES = 3;

export class WantedPartition {
  readonly topic: string;
  readonly topicId: string | undefined;
  readonly partition: number;
  readonly consumer: PartitionConsumer;
  position: number;
  /** Grows with each seek, so that an answer to an older question is known. */
  version = 0;
  #state: State = 'wanted';
  #failedReads = 0;

  constructor(
    topic: string,
    topicId: string | undefined,
    partition: number,
    position: number,
    consumer: PartitionConsumer,
  ) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
    this.position = position;
    this.consumer = consumer;
  }

  /** To be asked for with the others. */
  get isAsked(): boolean {
    return this.#state === 'wanted' || this.#state === 'doubted';
  }

  get isUnknown(): boolean {
    return this.#state === 'unknown' || this.#state === 'doubted';
  }

  get isStopped(): boolean {
    return this.#state === 'stopped';
  }

  seek(position: number): void {
    this.position = position;
    this.version += 1;
    if (this.#state === 'stopped') this.#move('wanted');
  }

  /** Answers to what was asked are dropped. */
  remove(): void {
    this.version = -1;
  }

  stop(): void {
    this.#move('stopped');
  }

  /** The broker does not know the topic. */
  setApart(): void {
    this.#move('unknown');
  }

  askAgain(): void {
    if (this.#state === 'unknown') this.#move('doubted');
  }

  /** The broker knows the topic. */
  known(): void {
    if (this.#state === 'doubted') this.#move('wanted');
  }

  /** What was fetched could be read, up to there. */
  advance(position: number): void {
    this.position = position;
    this.#failedReads = 0;
  }

  /** What was fetched could not be read. True when it is fetched once more; else it is stopped. */
  retryRead(): boolean {
    this.#failedReads += 1;
    if (this.#failedReads < READ_TRIES) return true;
    this.#failedReads = 0;
    this.#move('stopped');
    return false;
  }

  #move(to: State): void {
    this.#state = move(this.#state, to);
  }
}
