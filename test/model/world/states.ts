/** The states that the model runs over: the product's own, and one that shares nothing with it. */
import type { SourceRecord } from '../../../common/record.js';
import type { NotificationStores } from '../../../processors/context.js';
import { decodeChangelogEntry } from '../../../state/dedup/changelog-entry.js';
import { hexOf } from '../../../state/dedup/digest-bytes.js';
import { windowShape } from '../../../state/dedup/stream-time.js';
import { TaskStore } from '../../../state/dedup/task-store.js';
import type { StateEnvironment } from '../../../state/lmdb/environment.js';
import type { TaskState } from '../../../topology/graph/task-state.js';
import { NotificationState, type Remembered } from '../../../topology/stores/notification-state.js';
import { InMemoryDirectory } from '../../../topology/testing/in-memory-state.js';
import { countedWords, CountingState, type Counted, type CountEntry, type CountStores } from '../../counting-state.js';
import { hexesOf } from '../../digests.js';
import { eventDigest } from './events.js';

/** Events are told by their digests, in hexadecimal. */
export interface ModelState {
  readonly name: string;
  create(environment: StateEnvironment, task: number): TaskState;
  /** Whether an event is in the stores, as a processor sees them. */
  has(stores: unknown, record: SourceRecord, id: string): boolean;
  /** What the sinks are given of an event, and the stores remember. */
  valueOf(record: SourceRecord, id: string): unknown;
  /** The events that a task's stores hold on this disk. */
  stored(environment: StateEnvironment, task: number): Set<string>;
  /** The events that a changelog record adds. */
  inRecord(value: Buffer | null, where: string): string[];
}

const SHAPE = windowShape(7 * 24 * 3_600_000);

export const DEDUP: ModelState = {
  name: 'the dedup window',
  create: (environment, task) => new NotificationState(environment, task, SHAPE, new InMemoryDirectory()),
  has: (stores, record, id) =>
    (stores as NotificationStores)['dedup-window'].has(record, eventDigest(record.topic, id)),
  valueOf: ({ topic }, id): Remembered => ({
    digest: eventDigest(topic, id),
    directory: null,
    recipients: [],
    later: null,
    event: { corrections: [] },
  }),
  stored: (environment, task) =>
    new Set([...new TaskStore(environment, task, SHAPE).buckets()].flatMap(({ packed }) => hexesOf(packed))),
  inRecord: (value, where) => decodeChangelogEntry(value, where).buckets.flatMap(({ packed }) => hexesOf(packed)),
};

const COUNTS: ModelState = {
  name: 'counts of words',
  create: (environment, task) => new CountingState(environment, task),
  has: (stores, { topic }, id) => (stores as CountStores).counts.get(hexOf(eventDigest(topic, id))) > 0,
  valueOf: ({ topic }, id): Counted => ({ word: hexOf(eventDigest(topic, id)), count: 1 }),
  stored: (environment, task) => new Set(countedWords(environment, task)),
  inRecord: (value) => Object.keys((JSON.parse(value!.toString()) as CountEntry).counts),
};

export const STATES: readonly ModelState[] = [DEDUP, COUNTS];
