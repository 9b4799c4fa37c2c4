/**
 * What has been replayed, by whom and when: a topic of one partition, `<APP_ID>-dlq-replays`, of JSON that a person can
 * read. Each batch of a replay is one transaction with the record that names its letters, so the topic says exactly
 * which letters are done, whatever was interrupted and however the selections overlapped. Committed offsets of a group
 * would not do: they cannot say which letters of a filtered partition are done, and expire a week after the last commit.
 */
import { z } from 'zod';
import { FatalError, messageOf } from '../../../common/errors.js';
import type { PhysicalTopic } from '../../../common/topic-names.js';
import { readRange, type Connections, type OutboundRecord } from '../../kafka/index.js';
import type { LetterPlace } from './dead-letter.js';
import { PlaceSet, rangesOf } from './place-set.js';

const ANSWER_MS = 15_000;
const READ_MS = 120_000;

const offsets = z.record(z.string().regex(/^\d+$/), z.int().nonnegative());
const counts = z.record(z.string(), z.int().nonnegative());
const selection = z.object({
  reasons: z.array(z.string()).optional(),
  topics: z.array(z.string()).optional(),
  since: z.number().optional(),
  until: z.number().optional(),
  at: z.array(z.object({ partition: z.int(), offset: z.int() })).optional(),
  limit: z.int().optional(),
});

const begin = z.object({
  kind: z.literal('begin'),
  run: z.string(),
  at: z.iso.datetime(),
  verb: z.enum(['replay', 'import']),
  user: z.string(),
  host: z.string(),
  /** The dead-letter topic whose offsets these are; left out where the brokers know of no ids. */
  topicId: z.string().optional(),
  selection,
  /** Where each partition ended: what came later is not of this run. */
  ends: offsets,
  maxReplays: z.int(),
  /** Also what was replayed before. */
  again: z.boolean(),
  /** The SHA-256 of the file that is imported. */
  file: z.string().optional(),
});
const done = z.object({
  kind: z.literal('done'),
  run: z.string(),
  letters: z.record(z.string().regex(/^\d+$/), z.string().regex(/^\d+(-\d+)?(,\d+(-\d+)?)*$/)),
});
const end = z.object({
  kind: z.literal('end'),
  run: z.string(),
  at: z.iso.datetime(),
  sent: z.int().nonnegative(),
  /** How many were left, by why. */
  left: counts,
});
const entry = z.discriminatedUnion('kind', [begin, done, end]);

export type ReplayBegin = z.output<typeof begin>;
export type ReplayEnd = z.output<typeof end>;
type ReplayEntry = z.output<typeof entry>;

/** One run of `dlq replay` or `dlq import`. */
export interface ReplayRun {
  readonly begin: ReplayBegin;
  readonly done: PlaceSet;
  /** Undefined of one that was interrupted, or still runs. */
  readonly end: ReplayEnd | undefined;
}

/** All runs, the oldest first. */
export class ReplayHistory {
  readonly #runs = new Map<string, { begin: ReplayBegin; done: PlaceSet; end: ReplayEnd | undefined }>();

  get last(): ReplayRun | undefined {
    return [...this.#runs.values()].at(-1);
  }

  /** The run that has replayed the letter last; `topicId`: the dead-letter topic's, which another's offsets say nothing of. */
  runOf(place: LetterPlace, topicId: string | undefined): ReplayRun | undefined {
    return [...this.#runs.values()].findLast(
      ({ begin: { topicId: other }, done }) =>
        (other === undefined || topicId === undefined || other === topicId) && done.has(place),
    );
  }

  /** `where`: for the fault. */
  add(entry: ReplayEntry, where: string): void {
    if (entry.kind === 'begin') {
      this.#runs.set(entry.run, { begin: entry, done: new PlaceSet(), end: undefined });
      return;
    }
    const run = this.#runs.get(entry.run);
    if (run === undefined)
      throw new FatalError(
        `${where} is of the run ${entry.run}, which never began: records of the topic were deleted. Delete the topic to forget what was replayed (each letter can then be replayed once more, so select those that were not), and have it keep all: retention.ms=-1`,
      );
    if (entry.kind === 'done') run.done.addRanges(entry.letters);
    else run.end = entry;
  }
}

/**
 * Reads all that was committed. To be called once the producer has fenced: no earlier run commits from then on.
 * The topic must be tracked.
 */
export async function readHistory(
  connections: Pick<Connections, 'offsets' | 'fetcher'>,
  topic: PhysicalTopic,
  group: string,
  signal: AbortSignal,
): Promise<ReplayHistory> {
  const history = new ReplayHistory();
  const partition = { topic, partition: 0 };
  const offsets = connections.offsets(group);
  const [low] = await offsets.at('earliest', [partition], ANSWER_MS);
  const [high] = await offsets.highWatermarks([partition], ANSWER_MS);
  const range = { ...partition, topicId: undefined, from: low!.offset, to: high!.offset };
  const either = AbortSignal.any([signal, AbortSignal.timeout(READ_MS)]);
  for await (const { records } of readRange(range, connections.fetcher, either)) {
    for (const { offset, value } of records) {
      const where = `${topic}-0@${offset}`;
      history.add(parse(value, where), where);
    }
  }
  return history;
}

/** What is not understood is never passed over: its letters would be replayed twice. */
function parse(value: Buffer | null, where: string): ReplayEntry {
  try {
    return entry.parse(JSON.parse(String(value)));
  } catch (error) {
    throw new FatalError(
      `${where} is no record of a replay that this version can read: run the newest version that was used here, or delete the topic to forget what has been replayed`,
      new Error(messageOf(error).split('\n')[0]),
    );
  }
}

/** The record of an entry. Without a key: a topic that is compacted, and would lose it, refuses it. */
export function entryRecord(topic: PhysicalTopic, entry: ReplayEntry): OutboundRecord {
  return { topic, partition: 0, key: null, value: Buffer.from(JSON.stringify(entry)) };
}

/** The record that says that these letters are done. */
export function doneRecord(topic: PhysicalTopic, run: string, letters: readonly LetterPlace[]): OutboundRecord {
  return entryRecord(topic, { kind: 'done', run, letters: rangesOf(letters) });
}
