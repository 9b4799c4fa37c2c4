/**
 * Replays dead letters to where they came from. In this order, which is the body of `replay`; a crash may fall into each gap:
 *
 *   1 fence     no earlier run of this application can write from here on; what it had open is aborted
 *   2 history   what all earlier runs have replayed, and the run that is resumed
 *   3 begin     who replays what, and where the dead letters ended: later ones are not of this run
 *   4 batches   each is one transaction: the records, and the note that names their letters
 *   5 end       what came of it
 *
 * A letter is replayed in the transaction that notes it, or not at all: a run that was ended anywhere goes on with
 * `--resume` behind the last transaction that was committed.
 */
import { randomUUID } from 'node:crypto';
import { FatalError } from '../../../common/errors.js';
import type { TopicNames } from '../../../common/topic-names.js';
import type { Connections, TransactionalProducer } from '../../kafka/index.js';
import type { DeadLetter, LetterPlace } from './dead-letter.js';
import { entryRecord, readHistory, type ReplayBegin, type ReplayHistory, type ReplayRun } from './replay-log.js';
import type { LeftWhy } from './left-why.js';
import { OriginUnreadError } from './origin.js';
import { addReplayed, replayedRecords, type ReplayedRecord, type ReplayRules } from './replayed.js';
import { PlaceSet } from './place-set.js';
import { commitAll, fence, Sender, type Pace } from './replay-sender.js';
import { letterBounds, letterTopicId, scanDeadLetters } from './scan.js';
import { Tally } from './tally.js';

/** A letter to be replayed; `edited`: the value that is sent in its place. */
export interface LetterToReplay {
  readonly letter: DeadLetter;
  readonly edited?: { readonly value: Buffer | null } | undefined;
}

export interface ReplayParts {
  /** They track the dead-letter topic, that of the replays, and the destinations; records of any size are read whole. */
  readonly connections: Pick<Connections, 'leaders' | 'fetcher' | 'offsets' | 'outages'>;
  readonly names: Pick<TopicNames, 'physical' | 'group' | 'replays'>;
  readonly rules: Omit<ReplayRules, 'maxReplays'>;
  /** The letters of a run, the oldest first; its limit aside. */
  readonly letters: (begin: ReplayBegin) => AsyncIterable<LetterToReplay>;
}

/** What a new run says of itself. */
export type NewRun = Pick<ReplayBegin, 'verb' | 'user' | 'host' | 'selection' | 'maxReplays' | 'again' | 'file'>;

export interface ReplayOptions extends Pace {
  /** Which run this one is: the last one gone on with, or a new one. Throws where neither fits. */
  readonly choose: (last: ReplayRun | undefined) => ReplayRun | NewRun;
  readonly onProgress?: (progress: ReplayProgress) => void;
}

/** How far a run is. */
export interface ReplayProgress {
  readonly begin: ReplayBegin;
  /** The letter that was looked at last. */
  readonly at: LetterPlace;
  readonly tally: Tally;
}

export interface ReplayReport {
  readonly begin: ReplayBegin;
  readonly kind: 'done' | 'interrupted';
  /** What was sent before this run was resumed. */
  readonly sentBefore: number;
  /** Since then. */
  readonly tally: Tally;
}

/** The letters that a run selects, up to where it ends. */
export function lettersOf(
  connections: ReplayParts['connections'],
  names: Pick<TopicNames, 'physical' | 'group'>,
  signal: AbortSignal,
): ReplayParts['letters'] {
  return async function* ({ selection, ends }) {
    const to = new Map(Object.entries(ends).map(([partition, end]) => [Number(partition), end]));
    const scan = scanDeadLetters(connections, names, { selection: { ...selection, limit: undefined }, to, signal });
    for await (const letter of scan) {
      // A partition that has come since is of letters that have.
      if (String(letter.at.partition) in ends) yield { letter };
    }
  };
}

export async function replay(
  parts: ReplayParts,
  producer: TransactionalProducer,
  options: ReplayOptions,
): Promise<ReplayReport> {
  const { connections, names, rules } = parts;
  await fence(producer, [names.replays, ...rules.destinations.keys()]); // 1
  const history = await readHistory(connections, names.replays, names.group, options.signal); // 2
  const chosen = options.choose(history.last);
  const run = 'begin' in chosen ? await resumed(chosen, parts) : await begin(chosen, parts, producer); // 3
  const sender = new Sender(run, producer, names.replays, options);
  const isWhole = await sendAll(run, sender, history, parts, options); // 4
  if (isWhole) await sender.end(); // 5
  const { tally } = sender;
  return { begin: run.begin, kind: isWhole ? 'done' : 'interrupted', sentBefore: run.done.size, tally };
}

/** As `replay`, with nothing sent or noted. */
export async function preview(
  parts: ReplayParts,
  history: ReplayHistory,
  { choose, signal }: Pick<ReplayOptions, 'choose' | 'signal'>,
): Promise<ReplayReport> {
  const chosen = choose(history.last);
  const run = 'begin' in chosen ? await resumed(chosen, parts) : unsent(await beginOf(chosen, parts));
  const tally = new Tally();
  for await (const found of preparedLetters(run, history, parts, signal)) {
    if (typeof found.records === 'string') tally.left(found.records);
    else tally.sent(found.letter, found.records);
    if (run.done.size + tally.sentCount >= (run.begin.selection.limit ?? Infinity)) break;
  }
  return { begin: run.begin, kind: 'done', sentBefore: run.done.size, tally };
}

/** The places that a run has noted are none of a topic that was recreated since: it would pass over letters that nobody has replayed. */
async function resumed(run: ReplayRun, { connections, names }: ReplayParts): Promise<ReplayRun> {
  const { topicId: before, at, user } = run.begin;
  const now = await letterTopicId(connections, names);
  if (before === undefined || now === undefined || before === now) return run;
  throw new FatalError(
    `the run that was begun ${at} by ${user} cannot go on: the topic ${names.physical('NOTIFICATION_DLQ')} was recreated since, and its letters are others; start a new replay, without --resume`,
  );
}

async function begin(chosen: NewRun, parts: ReplayParts, producer: TransactionalProducer): Promise<ReplayRun> {
  const begun = await beginOf(chosen, parts);
  await commitAll(producer, [entryRecord(parts.names.replays, begun)]);
  return unsent(begun);
}

async function beginOf(chosen: NewRun, { connections, names }: ReplayParts): Promise<ReplayBegin> {
  const topicId = await letterTopicId(connections, names);
  const bounds = await letterBounds(connections, names);
  return {
    ...{ kind: 'begin', run: randomUUID(), at: new Date().toISOString(), ...chosen, topicId },
    ends: Object.fromEntries([...bounds].map(([partition, { end }]) => [String(partition), end])),
  };
}

function unsent(begin: ReplayBegin): ReplayRun {
  return { begin, done: new PlaceSet(), end: undefined };
}

interface Prepared {
  readonly letter: DeadLetter;
  readonly records: readonly ReplayedRecord[] | LeftWhy;
}

/** Each letter of the run, with what is sent of it, or why it is left. */
async function* preparedLetters(
  run: ReplayRun,
  history: ReplayHistory,
  { rules, connections, names, letters }: ReplayParts,
  signal: AbortSignal,
): AsyncGenerator<Prepared> {
  const { again, topicId, maxReplays } = run.begin;
  const { fetcher, outages } = connections;
  const origins = { fetcher, outages, offsets: connections.offsets(names.group) };
  for await (const { letter, edited } of letters(run.begin)) {
    if (signal.aborted) return;
    const isDone = again ? run.done.has(letter.at) : history.runOf(letter.at, topicId) !== undefined;
    const records = isDone
      ? 'already-replayed'
      : await replayedRecords(letter, edited, { ...rules, maxReplays }, origins, signal);
    yield { letter, records };
  }
}

/** False when it was interrupted. */
async function sendAll(
  run: ReplayRun,
  sender: Sender,
  history: ReplayHistory,
  parts: ReplayParts,
  { signal, onProgress }: ReplayOptions,
): Promise<boolean> {
  const limit = run.begin.selection.limit ?? Infinity;
  const { destinations } = parts.rules;
  try {
    for await (const { letter, records } of preparedLetters(run, history, parts, signal)) {
      if (run.done.size + sender.tally.sentCount + sender.waiting >= limit) break;
      if (typeof records === 'string') sender.tally.left(records);
      else
        sender.add(letter, records, (batches) =>
          addReplayed(letter, records, destinations.get(letter.origin.topic)!, batches),
        );
      if (sender.isFull) await sender.flush();
      onProgress?.({ begin: run.begin, at: letter.at, tally: sender.tally });
    }
    if (signal.aborted) return false;
    await sender.flush();
  } catch (error) {
    // What was gathered before is as good as ever.
    if (error instanceof OriginUnreadError) await sender.flush();
    // What reads the letters and their origins, and waits for its turn, ends with the signal too.
    if (!signal.aborted || error instanceof FatalError) throw error;
    return false;
  }
  return true;
}
