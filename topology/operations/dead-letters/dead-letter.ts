/** A record of NOTIFICATION_DLQ, read by its headers: processors/sinks/dead-letter.ts and task/fit-dead-letter.ts write them. */
import type { RecordHeaders } from '../../../common/record-headers.js';
import { REPLAY_COUNT } from '../../../processors/sinks/dead-letter.js';
import type { FetchedRecord } from '../../kafka/index.js';

/** A place in the dead-letter topic. */
export interface LetterPlace {
  readonly partition: number;
  readonly offset: number;
}

export interface DeadLetter {
  /** In the dead-letter topic. */
  readonly at: LetterPlace;
  /** When the broker appended it, ms since the epoch. */
  readonly appendedAt: number;
  /** Where the record was read; the topic by its name on the brokers. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  /** `dlq.reason`. */
  readonly reason: string;
  /** What was wrong; never the payload. */
  readonly message: string;
  /** The class of the error behind it. */
  readonly exception: string;
  /** Empty unless DLQ_STACK_TRACES. */
  readonly stackTrace: string;
  /** The record's own, ms since the epoch; -1 when it had none. */
  readonly timestamp: number;
  readonly attempts: number;
  /** How often it has been replayed. */
  readonly replayCount: number;
  /** APP_ID of the worker that wrote it. */
  readonly app: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The record's own, in order: without ours, and without the count that a replay adds. */
  readonly headers: readonly (readonly [string, Buffer | null])[];
  /** The same byte for byte: a name in `headers` that is no UTF-8 has replacement characters. */
  readonly rawHeaders: RecordHeaders;
  /** Set when key, value or headers are not there whole: the size and SHA-256 of the whole value. */
  readonly cut: { readonly originalBytes: number; readonly sha256: string } | undefined;
  /** Set when it stands for a whole batch, up to this offset of its origin. */
  readonly batch: { readonly lastOffset: number; readonly codec: string; readonly bytes: number } | undefined;
  /** The size of the letter's record, with its headers. */
  readonly bytes: number;
}

/** Why a record of the topic is no dead letter of ours. */
export interface Foreign {
  readonly fault: string;
}

/** Offsets of a batch are its first, and an int32 on top of it. */
const MAX_OFFSET_DELTA = 2 ** 31 - 1;
/** The first that is written: what stands before the last one of this name is the record's own. */
const FIRST = '__streams.errors.exception';

/** What a record of the dead-letter topic says; a fault for one that no worker of ours wrote. */
export function readDeadLetter(partition: number, record: FetchedRecord): DeadLetter | Foreign {
  const { offset, timestamp: appendedAt, key, value, bytes, defect } = record;
  if (defect !== undefined) return { fault: `it cannot be read whole: ${defect.kind}, ${defect.bytes} bytes` };
  const all = [...record.headers];
  const first = all.findLastIndex(([name]) => name === FIRST);
  if (first < 0) return { fault: `it has no header ${FIRST}` };
  const said = new SaidHeaders(all.slice(first));
  const letter: DeadLetter = {
    at: { partition, offset },
    appendedAt,
    origin: {
      topic: said.text('__streams.errors.topic'),
      partition: said.whole('__streams.errors.partition'),
      offset: said.whole('__streams.errors.offset'),
    },
    reason: said.text('dlq.reason'),
    message: said.text('__streams.errors.message'),
    exception: said.text(FIRST),
    stackTrace: said.text('__streams.errors.stacktrace'),
    timestamp: said.whole('dlq.timestamp'),
    attempts: said.whole('dlq.attempts'),
    replayCount: said.whole(REPLAY_COUNT),
    app: said.text('dlq.app'),
    ...{ key, value, bytes },
    headers: all.slice(0, first).filter(([name]) => name !== REPLAY_COUNT),
    rawHeaders: record.headers.first(first).without(REPLAY_COUNT),
    cut: said.has('dlq.truncated')
      ? { originalBytes: said.whole('dlq.original-bytes'), sha256: said.text('dlq.sha256') }
      : undefined,
    batch: said.has('dlq.batch-last-offset')
      ? {
          lastOffset: said.whole('dlq.batch-last-offset'),
          codec: said.text('dlq.batch-codec'),
          bytes: said.whole('dlq.batch-bytes'),
        }
      : undefined,
  };
  const fault = said.fault ?? batchFault(letter);
  return fault === undefined ? letter : { fault };
}

/** A range that no batch has was written by nobody of ours, and would be read at its origin. */
function batchFault({ origin, batch }: DeadLetter): string | undefined {
  if (batch === undefined || batch.lastOffset - origin.offset <= MAX_OFFSET_DELTA) return undefined;
  return `its header dlq.batch-last-offset is no offset of a batch that begins at ${origin.offset}`;
}

export function isForeign(found: DeadLetter | Foreign): found is Foreign {
  return 'fault' in found;
}

/** As it is written and asked for: `3:42`. */
export function placeText({ partition, offset }: LetterPlace): string {
  return `${partition}:${offset}`;
}

/** Where it came from: `TASK_EVENT_TOPIC-3@42`. */
export function originText({ origin: { topic, partition, offset } }: Pick<DeadLetter, 'origin'>): string {
  return `${topic}-${partition}@${offset}`;
}

/** Our headers, by name; remembers the first that is missing or no number. */
class SaidHeaders {
  readonly #values: ReadonlyMap<string, Buffer | null>;
  fault: string | undefined;

  constructor(headers: readonly (readonly [string, Buffer | null])[]) {
    this.#values = new Map(headers);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string {
    const value = this.#values.get(name);
    if (value) return value.toString();
    this.fault ??= name === FIRST ? `its header ${name} is null` : `it has no header ${name} behind ${FIRST}`;
    return '';
  }

  whole(name: string): number {
    const text = this.text(name);
    const number = Number(text);
    if (!/^-?\d{1,16}$/.test(text) || !Number.isSafeInteger(number))
      this.fault ??= `its header ${name} is no whole number`;
    return number;
  }
}
