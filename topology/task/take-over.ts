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
import type { SourcePosition } from '../../state/changelog-entry.js';
import { NO_STREAM_TIME } from '../../state/stream-time.js';
import type { TaskStore } from '../../state/task-store.js';
import { ConfigError, FatalError } from '../errors.js';
import type { Fetcher, Offsets, OffsetSpec } from '../kafka/index.js';
import type { Logger } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { SourceTopic } from '../record.js';
import type { TopicNames } from '../topic-names.js';
import { ChangelogReplay } from './changelog-replay.js';

export interface TakeOverServices {
  readonly names: TopicNames;
  readonly offsets: Offsets;
  readonly fetcher: Fetcher;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** START_FROM; undefined when it was not given. */
  readonly startFrom: OffsetSpec | undefined;
}

/** Where a task begins. */
export interface Positions {
  readonly positions: Map<SourceTopic, SourcePosition>;
  /** Nothing was ever committed for this task: its positions must be, before a record is processed. */
  readonly first: boolean;
}

const ANSWER_MS = 15_000;

/** Step 3: brings the store to the end of its changelog partition. */
export async function restore(
  store: TaskStore,
  task: number,
  services: TakeOverServices,
  signal: AbortSignal,
): Promise<void> {
  const { names, offsets, fetcher, metrics, log } = services;
  const partition = { topic: names.changelog, partition: task };
  const [start] = await offsets.at('earliest', [partition], ANSWER_MS);
  // Nobody else writes here since the fence, so what is not yet stable only waits for its marker.
  const [end] = await offsets.highWatermarks([partition], ANSWER_MS);
  const from = await restoreFrom(store, task, start!.offset, end!.offset, log);
  let position = from;
  let records = 0;
  // Closed while it asked: the next task of this number may be restoring already, on this worker too.
  signal.throwIfAborted();
  if (position < end!.offset) {
    const replay = new ChangelogReplay(names.changelog, task, position, fetcher);
    try {
      while (position < end!.offset) {
        const { entries, nextOffset } = await replay.next(signal, end!.offset);
        await store.apply(entries, nextOffset);
        position = nextOffset;
        records += entries.length;
      }
    } finally {
      replay.close();
    }
  }
  metrics.restore_records_total.inc({ store: 'dedup' }, records);
  log.info({ task, from, to: end!.offset, records }, 'store restored');
}

/** A store that is merely behind is replayed from where it stands; one that is not of this changelog is not guessed about. */
export async function restoreFrom(
  store: TaskStore,
  task: number,
  start: number,
  end: number,
  log: Logger,
): Promise<number> {
  const stored = store.checkpoint?.changelogOffset;
  if (stored === undefined) return start;
  if (stored <= end) return Math.max(stored, start);
  if (start === end) {
    throw new FatalError(
      `the changelog of task ${task} is empty beside a store that stands at offset ${stored}: the topic was emptied or recreated, and the store ` +
        'may be the only good copy. Run `notification-streams state reseed` to write the store to the changelog, or remove STATE_DIR to begin without it',
    );
  }
  log.warn(
    { task, stored, end },
    'the store is ahead of its changelog, so it is not of this changelog: wiped, restored from the start',
  );
  await store.wipe();
  return start;
}

/** Step 4, and what to do when there is no committed offset. */
export async function readPositions(
  store: TaskStore,
  task: number,
  topics: readonly SourceTopic[],
  services: TakeOverServices,
): Promise<Positions> {
  const { names, offsets, log } = services;
  const partitions = topics.map((topic) => ({ topic: names.physical(topic), partition: task }));
  const committed = new Map(
    (await offsets.committed(partitions, ANSWER_MS)).map(({ topic, offset }) => [topic, offset]),
  );
  const positions = new Map<SourceTopic, SourcePosition>();
  const unknown: SourceTopic[] = [];
  for (const topic of topics) {
    const group = committed.get(names.physical(topic));
    const stored = store.checkpoint?.positions.get(topic);
    if (group === undefined && stored === undefined) {
      unknown.push(topic);
      continue;
    }
    if (group !== undefined && stored !== undefined && group < stored.nextOffset) {
      log.warn(
        { topic, partition: task, committed: group, changelog: stored.nextOffset },
        'the committed offset was set back: records are read again, and dropped if they were seen within the dedup window',
      );
    }
    positions.set(topic, {
      // Both were committed in one transaction, so they differ only where an operator moved the offset, or it expired.
      nextOffset: group ?? stored!.nextOffset,
      streamTime: stored?.streamTime ?? NO_STREAM_TIME,
      notifyFrom: stored?.notifyFrom ?? 0,
    });
  }
  const first = positions.size === 0;
  for (const [topic, position] of await firstPositions(unknown, first, task, services)) positions.set(topic, position);
  return { positions, first: unknown.length > 0 };
}

/** A partition that this application has never read: START_FROM at a first start, its beginning when it was added later. */
async function firstPositions(
  topics: readonly SourceTopic[],
  firstStart: boolean,
  task: number,
  { names, offsets, startFrom }: TakeOverServices,
): Promise<Map<SourceTopic, SourcePosition>> {
  const found = new Map<SourceTopic, SourcePosition>();
  if (topics.length === 0) return found;
  const partitions = topics.map((topic) => ({ topic: names.physical(topic), partition: task }));
  if (firstStart) await refuseLostOffsets(task, names, offsets);
  const earliest = await offsets.at('earliest', partitions, ANSWER_MS);
  const latest = await offsets.at('latest', partitions, ANSWER_MS);
  const held = latest.filter(({ topic, offset }) => offset > (earliest.find((e) => e.topic === topic)?.offset ?? 0));
  if (firstStart && startFrom === undefined && held.length > 0) {
    const holding = held.map(({ topic }) => `${topic}-${task}`).join(', ');
    throw new ConfigError([
      `START_FROM is not set, and must be at a first start when a source already holds records (${holding}): expected earliest, latest, or a time such as 2026-01-31T00:00:00Z`,
    ]);
  }
  const chosen = firstStart ? await offsets.at(startFrom ?? 'earliest', partitions, ANSWER_MS) : earliest;
  for (const topic of topics) {
    const at = (list: typeof chosen): number => list.find((o) => o.topic === names.physical(topic))?.offset ?? 0;
    // The directory needs every account event, so they are read from the start; older ones make no notification.
    const nextOffset = topic === 'USER_EVENT_TOPIC' ? at(earliest) : at(chosen);
    found.set(topic, { nextOffset, streamTime: NO_STREAM_TIME, notifyFrom: at(chosen) });
  }
  return found;
}

/** No offset, no position restored, and a changelog whose beginning has expired: guessing would send old e-mails again. */
async function refuseLostOffsets(task: number, names: TopicNames, offsets: Offsets): Promise<void> {
  const [start] = await offsets.at('earliest', [{ topic: names.changelog, partition: task }], ANSWER_MS);
  if (start!.offset === 0) return;
  throw new FatalError(
    `task ${task} has no committed offset, and the records of its changelog ${names.changelog}-${task} have expired: so have the group's offsets (offsets.retention.minutes). ` +
      `Set the offsets of group ${names.group} with kafka-consumer-groups --reset-offsets, or use a new APP_ID to begin anew`,
  );
}
