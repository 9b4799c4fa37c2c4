/**
 * Taking a task over, in the one order in which no zombie's last commit can slip in between:
 *
 *   1. its partitions are not fetched
 *   2. fence      InitProducerId: no earlier owner can commit from here on, its open transaction is aborted
 *   3. restore    the changelog is replayed into the store, from the stored offset to the end
 *   4. offsets    the committed offsets are read, with the restored positions beside them
 *   5. seek       fetching begins at the committed offsets; the task runs
 *
 * Steps 3 and 4 both come after the fence: nothing can be committed between them.
 */
import { countDigests } from '../../state/dedup/changelog-entry.js';
import type { TaskStore } from '../../state/dedup/task-store.js';
import { crashPoint } from '../../common/crash-point.js';
import { holdsRecords, type Fetcher, type Offsets, type OffsetSpec, type PartitionRange } from '../kafka/index.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import type { SourceTopic } from '../../common/record.js';
import type { TopicNames } from '../../common/topic-names.js';
import { fitOf } from './changelog-fit.js';
import { ChangelogReplay, type ReplayPiece } from './changelog-replay.js';

export interface TakeOverServices {
  readonly names: TopicNames;
  readonly offsets: Offsets;
  readonly fetcher: Fetcher;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Where a damaged store of this worker was moved; undefined when none was. */
  readonly damagedStore: string | undefined;
  /** How many partitions the topic has, as the leader of the group counted them. */
  readonly partitionCount: (topic: SourceTopic) => number;
  /** The topic that is read before the others, and from its start. */
  readonly bootstrapTopic: SourceTopic;
  /** START_FROM; undefined when it was not given. */
  readonly startFrom: OffsetSpec | undefined;
}

const ANSWER_MS = 15_000;
/** Entries that room is made for at most before they come, beside four times those that are there: 40 MB. */
const MOST_EXPECTED = 6_000_000;

/** Step 3: brings the store to the end of its changelog partition. */
export async function restore(
  store: TaskStore,
  task: number,
  services: TakeOverServices,
  signal: AbortSignal,
): Promise<void> {
  const { names, offsets, fetcher, metrics, log } = services;
  const topic = names.changelog;
  const partition = { topic, partition: task };
  const topicId = (await offsets.topicIds([topic], ANSWER_MS)).get(topic);
  const [start] = await offsets.at('earliest', [partition], ANSWER_MS);
  // Nobody else writes here since the fence, so what is not yet stable only waits for its marker.
  const [end] = await offsets.highWatermarks([partition], ANSWER_MS);
  const whole: PartitionRange = { topic, topicId, partition: task, from: start!.offset, to: end!.offset };
  const from = await restoreFrom(store, whole, services, signal);
  let position = from;
  let records = 0;
  // Closed while it asked: the next task of this number may be restoring already, on this worker too.
  signal.throwIfAborted();
  if (position < end!.offset) {
    const replay = new ChangelogReplay({ ...whole, from }, fetcher);
    try {
      while (position < end!.offset) {
        const piece = await replay.next(signal, end!.offset);
        crashPoint('restore');
        expectMore(store, piece, end!.offset);
        await store.replay(piece.entries, piece.nextOffset);
        position = piece.nextOffset;
        records += piece.entries.length;
      }
    } finally {
      replay.close();
    }
  }
  await store.settle();
  metrics.restore_records_total.inc({ store: 'dedup' }, records);
  log.info({ task, from, to: end!.offset, records }, 'store restored');
}

/** Tells the store how many entries it will have at the changelog's end, as this piece lets one think. */
export function expectMore(store: TaskStore, { from, entries, nextOffset }: ReplayPiece, end: number): void {
  const toCome = (end - from) / (nextOffset - from);
  store.expect(expected(store.size, countDigests(entries.flatMap(({ entry }) => entry.buckets)), toCome));
}

/**
 * How many entries there will be, when what is to come is so many times this piece: as long as that is believable. A
 * changelog that was written back (`state reseed`) begins with records of 32,000 entries, and goes on with small ones.
 */
export function expected(size: number, piece: number, toCome: number): number {
  const many = size + piece * toCome;
  return Number.isFinite(many) ? Math.min(many, Math.max(MOST_EXPECTED, 4 * size)) : 0;
}

/** Where to begin to replay. A store that is not of this changelog is wiped first, or the task is stopped. */
export async function restoreFrom(
  store: TaskStore,
  changelog: PartitionRange,
  { fetcher, log }: Pick<TakeOverServices, 'fetcher' | 'log'>,
  signal: AbortSignal,
): Promise<number> {
  const { partition: task, topic, topicId, from: start, to: end } = changelog;
  const fit = await fitOf(store.checkpoint, {
    name: `${topic}-${task}`,
    id: topicId,
    start,
    end,
    holdsRecords: () => holdsRecords(changelog, fetcher, signal),
  });
  if (fit.kind === 'wipe') {
    log.warn({ task, why: fit.why }, 'the store is not of this changelog: wiped, restored from the start');
    await store.wipe();
  } else if (fit.expired > 0) {
    log.warn(
      { task, stored: store.checkpoint?.changelogOffset, start, missing: fit.expired },
      'the changelog begins after the place where the store stands: what lay between has expired, which is harmless, or was deleted: then its events are not known to have been seen',
    );
  }
  store.follow(topicId);
  return fit.kind === 'wipe' ? start : fit.from;
}
