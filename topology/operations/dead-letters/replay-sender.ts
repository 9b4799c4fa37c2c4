/** The transactions of a replay: letters are gathered, sent with the note that names them, and counted once committed. */
import { setTimeout as delay } from 'node:timers/promises';
import { CommitUnknownError, FatalError, FencedError, messageOf } from '../../../common/errors.js';
import type { PhysicalTopic } from '../../../common/topic-names.js';
import {
  isOfARecord,
  RefusedError,
  type OutboundBatches,
  type OutboundRecord,
  type TransactionalProducer,
} from '../../kafka/index.js';
import type { DeadLetter } from './dead-letter.js';
import { doneRecord, entryRecord, type ReplayRun } from './replay-log.js';
import type { ReplayedRecord } from './replayed.js';
import { Tally } from './tally.js';

/** What one transaction takes, at most. */
const BATCH_LETTERS = 500;
const BATCH_BYTES = 4 * 1024 * 1024;

/** How fast, and until when. */
export interface Pace {
  /** Letters a second, at most. */
  readonly rate?: number | undefined;
  /** Letters of one transaction, at most. Default 500. */
  readonly batchLetters?: number;
  /** Ends the run behind the transaction that is on its way. */
  readonly signal: AbortSignal;
}

/** From now on no earlier run writes. */
export async function fence(producer: TransactionalProducer, topics: readonly string[]): Promise<void> {
  try {
    await producer.fence(topics);
  } catch (error) {
    throw new FatalError('nothing can be replayed: no transaction can be begun', error);
  }
}

/** Gathers letters for a transaction, sends them with their note, and counts what was committed. */
export class Sender {
  readonly tally = new Tally();
  readonly #run: ReplayRun;
  readonly #producer: TransactionalProducer;
  readonly #topic: PhysicalTopic;
  readonly #options: Pace;
  readonly #mostLetters: number;
  #batches: OutboundBatches;
  #letters: { readonly letter: DeadLetter; readonly records: readonly ReplayedRecord[] }[] = [];
  #goOnAt = 0;

  constructor(run: ReplayRun, producer: TransactionalProducer, topic: PhysicalTopic, options: Pace) {
    this.#run = run;
    this.#producer = producer;
    this.#topic = topic;
    this.#options = options;
    this.#mostLetters = Math.min(options.batchLetters ?? BATCH_LETTERS, options.rate ?? Infinity);
    this.#batches = producer.newBatches();
  }

  get waiting(): number {
    return this.#letters.length;
  }

  get isFull(): boolean {
    return this.#letters.length >= this.#mostLetters || this.#batches.bytes >= BATCH_BYTES;
  }

  add(letter: DeadLetter, records: readonly ReplayedRecord[], addTo: (batches: OutboundBatches) => boolean): void {
    this.#batches.mark();
    if (addTo(this.#batches)) this.#letters.push({ letter, records });
    else {
      this.#batches.rollBack();
      this.tally.left('too-large-for-topic');
    }
  }

  async flush(): Promise<void> {
    if (this.#letters.length === 0) return;
    const { signal, rate } = this.#options;
    await delay(Math.max(0, this.#goOnAt - performance.now()), undefined, { signal });
    this.#goOnAt = performance.now() + (rate === undefined ? 0 : (this.#letters.length / rate) * 1000);
    const places = this.#letters.map(({ letter }) => letter.at);
    const { topic, partition, key, value } = doneRecord(this.#topic, this.#run.begin.run, places);
    this.#batches.add(topic, partition, key, value);
    await commitAll(this.#producer, this.#batches);
    for (const { letter, records } of this.#letters) this.tally.sent(letter, records);
    this.#letters = [];
    this.#batches = this.#producer.newBatches();
  }

  async end(): Promise<void> {
    const { run } = this.#run.begin;
    const sent = this.#run.done.size + this.tally.sentCount;
    const left = Object.fromEntries(this.tally.leftCounts);
    const entry = { kind: 'end', run, at: new Date().toISOString(), sent, left } as const;
    await commitAll(this.#producer, [entryRecord(this.#topic, entry)]);
  }
}

const GO_ON =
  'What was sent before is noted: `notification-streams dlq replay --resume`, or the same import again, goes on behind it.';

/** All in one transaction. One that fails ends the run, and says what became of it. */
export async function commitAll(
  producer: TransactionalProducer,
  records: readonly OutboundRecord[] | OutboundBatches,
): Promise<void> {
  try {
    await producer.send(records);
    await producer.commit();
  } catch (error) {
    if (error instanceof RefusedError) {
      await producer.abort();
      throw new FatalError(`${refusalOf(error)}, and none of this batch was sent. ${GO_ON}`, error);
    }
    if (error instanceof FencedError)
      throw new FatalError(
        `another replay or import of this APP_ID has begun meanwhile: this one ends, and none of its last batch was sent. \`notification-streams dlq replay --status\` shows the other one.`,
        error,
      );
    if (error instanceof CommitUnknownError)
      throw new FatalError(
        `whether the last batch was sent is not known: ${messageOf(error)}. It was sent whole or not at all. ${GO_ON}`,
        error,
      );
    throw error;
  }
}

function refusalOf(error: RefusedError): string {
  return isOfARecord(error)
    ? `a record is larger than ${error.topic} takes, whose max.message.bytes could not be asked for (DescribeConfigs)`
    : `${error.topic} does not take the records`;
}
