/** From the changelog into the stores: step 3 of the takeover, and where a standby begins to follow. */
import { crashPoint } from '../../common/crash-point.js';
import type { TaskState } from '../graph/task-state.js';
import { holdsRecords, type PartitionRange } from '../kafka/index.js';
import { fitOf } from './changelog-fit.js';
import { ChangelogReplay, type ReplayPiece } from './changelog-replay.js';
import type { TaskParts } from './task-parts.js';

const ANSWER_MS = 15_000;

/** What restoring needs of a task. */
export type RestoreParts = Pick<TaskParts, 'broker' | 'worker'>;

/** Brings the stores to the end of the task's changelog partition. */
export async function restore(state: TaskState, task: number, parts: RestoreParts, signal: AbortSignal): Promise<void> {
  const { metrics, log } = parts.worker;
  const changelog = await changelogOf(task, parts);
  const from = await restoreFrom(state, changelog, parts, signal);
  let position = from;
  let records = 0;
  if (position < changelog.to) {
    const replay = new ChangelogReplay({ ...changelog, from }, state, parts.broker.fetcher);
    try {
      while (position < changelog.to) {
        const piece = await replay.next(signal, changelog.to);
        crashPoint('restore');
        expectMore(state, piece, changelog.to);
        await state.replay(piece.entries, piece.nextOffset);
        position = piece.nextOffset;
        records += piece.entries.length;
      }
    } finally {
      replay.close();
    }
  }
  await state.settle();
  metrics.restore_records_total.inc({ store: 'task' }, records);
  log.info({ task, from, to: changelog.to, records }, 'store restored');
}

/** The task's changelog as the brokers have it. */
export async function changelogOf(task: number, { broker }: Pick<TaskParts, 'broker'>): Promise<PartitionRange> {
  const { names, offsets } = broker;
  const topic = names.changelog;
  const partition = { topic, partition: task };
  const topicId = (await offsets.topicIds([topic], ANSWER_MS)).get(topic);
  const [start] = await offsets.at('earliest', [partition], ANSWER_MS);
  // Nobody else writes here since the fence, so what is not yet stable only waits for its marker.
  const [end] = await offsets.highWatermarks([partition], ANSWER_MS);
  return { topic, topicId, partition: task, from: start!.offset, to: end!.offset };
}

/** Tells the stores how much is to come until the changelog's end, as this piece lets one think. */
export function expectMore(state: TaskState, { from, entries, nextOffset }: ReplayPiece, end: number): void {
  state.expect(entries, (end - from) / (nextOffset - from));
}

/** Where to begin to replay. Stores that are not of this changelog are wiped first, or the task is stopped. */
export async function restoreFrom(
  state: TaskState,
  changelog: PartitionRange,
  { broker, worker }: RestoreParts,
  signal: AbortSignal,
): Promise<number> {
  const { log } = worker;
  const { partition: task, topic, topicId, from: start, to: end } = changelog;
  const fit = await fitOf(state.checkpoint, {
    name: `${topic}-${task}`,
    id: topicId,
    start,
    end,
    holdsRecords: () => holdsRecords(changelog, broker.fetcher, signal),
  });
  // Closed while it asked: the next task of this number may be restoring already, on this worker too.
  signal.throwIfAborted();
  if (fit.kind === 'wipe') {
    log.warn({ task, why: fit.why }, 'the store is not of this changelog: wiped, restored from the start');
    await state.wipe();
    signal.throwIfAborted();
  } else if (fit.expired > 0) {
    log.warn(
      { task, stored: state.checkpoint?.changelogOffset, start, missing: fit.expired },
      'the changelog begins after the position of the store: the records between have expired (harmless), or are deleted (repeats of their events are not known)',
    );
  }
  state.follow(topicId);
  return fit.kind === 'wipe' ? start : fit.from;
}
