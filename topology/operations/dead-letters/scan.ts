/** Reads the dead-letter topic: what was committed when the reading began, a letter at a time, the oldest first. */
import type { TopicNames } from '../../../common/topic-names.js';
import { FatalError } from '../../../common/errors.js';
import { sayReason } from '../../../common/reasons.js';
import { ascending, runsOf } from '../../../common/runs.js';
import {
  offsetIn,
  OutOfRangeError,
  partitionsIn,
  readRange,
  type Connections,
  type FetchedPartition,
  type TopicPartition,
} from '../../kafka/index.js';
import { isForeign, readDeadLetter, type DeadLetter, type Foreign, type LetterPlace } from './dead-letter.js';
import { selects, type Selection } from './selection.js';

const ANSWER_MS = 15_000;
/** A broker that gives nothing of a range for so long is taken for gone. */
const SILENCE_MS = 30_000;
const LOOK_MS = 500;
/** Read ahead in each partition. */
const AHEAD_BYTES = 1024 * 1024;

/** Where a partition of the dead-letter topic begins, and where it ends: what is committed lies before that. */
export interface LetterBounds {
  readonly low: number;
  readonly end: number;
}

export interface ScanOptions {
  readonly selection: Selection;
  /** Where to end, by partition. Default: where the partition ends now. */
  readonly to?: ReadonlyMap<number, number> | undefined;
  /** Is given each record that is no dead letter of ours. */
  readonly onForeign?: ((at: LetterPlace, foreign: Foreign) => void) | undefined;
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal | undefined;
}

type Reading = Pick<Connections, 'leaders' | 'fetcher' | 'offsets' | 'outages'>;
type Names = Pick<TopicNames, 'physical' | 'group'>;

/** Bounds of every partition. What an open transaction holds back is not committed: nobody waits for it. */
export async function letterBounds(connections: Reading, names: Names): Promise<Map<number, LetterBounds>> {
  const topic = names.physical('NOTIFICATION_DLQ');
  const partitions = partitionsIn(topic, connections.leaders.partitionCount(topic));
  const offsets = connections.offsets(names.group);
  const lows = await offsets.at('earliest', partitions, ANSWER_MS);
  const ends = await offsets.at('latest', partitions, ANSWER_MS);
  const bounds = partitions.map((one): [number, LetterBounds] => {
    const [low, end] = [offsetIn(lows, one)?.offset ?? 0, offsetIn(ends, one)?.offset ?? 0];
    return [one.partition, { low, end: Math.max(low, end) }];
  });
  return new Map(bounds);
}

/** The first offset of each partition that was appended at this time or later; where there is none, its end. */
export async function firstSince(
  connections: Pick<Reading, 'offsets'>,
  names: Names,
  since: number,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const topic = names.physical('NOTIFICATION_DLQ');
  const asked = partitions.map((partition) => ({ topic, partition }));
  const found = await connections.offsets(names.group).at(since, asked, ANSWER_MS);
  return new Map(found.map(({ partition, offset }) => [partition, offset]));
}

/** The topic's id, by which it is known from one that was recreated, and from another cluster's; undefined where brokers know of none. */
export async function letterTopicId(connections: Pick<Reading, 'offsets'>, names: Names): Promise<string | undefined> {
  const topic = names.physical('NOTIFICATION_DLQ');
  return (await connections.offsets(names.group).topicIds([topic], ANSWER_MS)).get(topic);
}

/**
 * The letters that are selected: in the order of a partition's offsets, and among partitions by the time of their
 * append. The topic must be tracked. Holds some MB a partition, however many letters there are.
 */
export async function* scanDeadLetters(
  connections: Reading,
  names: Names,
  options: ScanOptions,
): AsyncGenerator<DeadLetter> {
  const { selection } = options;
  let left = selection.limit ?? Infinity;
  if (left <= 0) return;
  const ranges = await rangesOf(connections, names, options);
  const scan = new Scan(connections, names, options, await letterTopicId(connections, names));
  for await (const letter of merged(ranges.map((range) => scan.letters(range)))) {
    yield letter;
    left -= 1;
    if (left <= 0) return;
  }
}

interface Range extends TopicPartition {
  readonly spans: readonly (readonly [from: number, to: number])[];
}

/** What must be read of each partition. */
async function rangesOf(connections: Reading, names: Names, options: ScanOptions): Promise<Range[]> {
  const { selection, to } = options;
  const topic = names.physical('NOTIFICATION_DLQ');
  const bounds = await letterBounds(connections, names);
  // Those before it are older, whatever order the times have.
  const firsts =
    selection.since === undefined
      ? undefined
      : await firstSince(connections, names, selection.since, [...bounds.keys()]);
  return [...bounds].map(([partition, { low, end }]) => {
    const first = Math.max(low, firsts?.get(partition) ?? low);
    const last = Math.min(end, to?.get(partition) ?? end);
    return { topic, partition, spans: spansOf(selection.at, partition, first, last) };
  });
}

/** All from the first to the last; of places that are named, each run of neighbours. */
function spansOf(at: Selection['at'], partition: number, first: number, last: number): [number, number][] {
  if (at === undefined) return first < last ? [[first, last]] : [];
  const named = at.filter((place) => place.partition === partition).map(({ offset }) => offset);
  const wanted = ascending(named).filter((offset) => offset >= first && offset < last);
  return runsOf(wanted).map(([from, to]) => [from, to + 1]);
}

class Scan {
  readonly #connections: Reading;
  readonly #names: Names;
  readonly #options: ScanOptions;
  readonly #topicId: string | undefined;
  readonly #isSelected: (letter: DeadLetter) => boolean;

  constructor(connections: Reading, names: Names, options: ScanOptions, topicId: string | undefined) {
    this.#connections = connections;
    this.#names = names;
    this.#options = options;
    this.#topicId = topicId;
    this.#isSelected = selects(options.selection, names);
  }

  async *letters({ topic, partition, spans }: Range): AsyncGenerator<DeadLetter> {
    for (const [from, to] of spans) {
      for await (const { records } of this.#pieces({ topic, partition }, from, to)) {
        for (const record of records) {
          // A piece may go beyond the range.
          if (record.offset >= to) break;
          const found = readDeadLetter(partition, record);
          if (isForeign(found)) this.#options.onForeign?.({ partition, offset: record.offset }, found);
          else if (this.#isSelected(found)) yield found;
        }
      }
    }
  }

  /** What the topic's retention takes away meanwhile is passed over. */
  async *#pieces(one: TopicPartition, from: number, to: number): AsyncGenerator<FetchedPartition> {
    let position = from;
    while (position < to) {
      try {
        for await (const piece of this.#unlessSilent(one, position, to)) {
          yield piece;
          position = piece.nextOffset;
        }
      } catch (error) {
        if (!(error instanceof OutOfRangeError)) throw error;
        const [low] = await this.#connections.offsets(this.#names.group).at('earliest', [one], ANSWER_MS);
        if (low === undefined || low.offset <= position) throw error;
        position = low.offset;
      }
    }
  }

  async *#unlessSilent(one: TopicPartition, from: number, to: number): AsyncGenerator<FetchedPartition> {
    const silence = new AbortController();
    const { signal } = this.#options;
    const either = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
    const range = { ...one, topicId: this.#topicId, from, to, withDefects: true, maxBytes: AHEAD_BYTES };
    const pieces = readRange(range, this.#connections.fetcher, either);
    try {
      for (;;) {
        const watch = this.#watchSilence(`${one.topic}-${one.partition}`, silence);
        const next: IteratorResult<FetchedPartition, undefined> = await pieces
          .next()
          .finally(() => clearInterval(watch));
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await pieces.return(undefined);
    }
  }

  /** Ends the wait for a broker that gives nothing, and at once for one that may not. */
  #watchSilence(name: string, silence: AbortController): NodeJS.Timeout {
    let left = SILENCE_MS / LOOK_MS;
    return setInterval(() => {
      const reason = this.#connections.outages.reason();
      left -= 1;
      if (left > 0 && reason?.code !== 'missing-right') return;
      const why = reason === undefined ? 'the broker says nothing' : sayReason(reason);
      silence.abort(new FatalError(`the dead letters in ${name} cannot be read: ${why}`));
    }, LOOK_MS);
  }
}

/** Those of each list in their order; among lists, the one that is the oldest of the first. */
async function* merged(lists: readonly AsyncGenerator<DeadLetter>[]): AsyncGenerator<DeadLetter> {
  try {
    const heads = await Promise.all(lists.map(async (list) => ({ list, letter: await nextOf(list) })));
    for (;;) {
      let oldest: (typeof heads)[number] | undefined;
      for (const head of heads)
        if (head.letter && head.letter.appendedAt < (oldest?.letter?.appendedAt ?? Infinity)) oldest = head;
      if (oldest?.letter === undefined) return;
      yield oldest.letter;
      oldest.letter = await nextOf(oldest.list);
    }
  } finally {
    await Promise.all(lists.map((list) => list.return(undefined)));
  }
}

async function nextOf(list: AsyncGenerator<DeadLetter>): Promise<DeadLetter | undefined> {
  const next: IteratorResult<DeadLetter, undefined> = await list.next();
  return next.done ? undefined : next.value;
}
