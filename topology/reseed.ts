/**
 * Writes the stores of STATE_DIR to an empty changelog: the way back when the changelog was emptied or recreated and
 * the stores are the only good copy. Each task in one transaction, under its transactional id, so that a worker that
 * still runs is fenced.
 */
import { encodeChangelogEntry, type BucketEntries } from '../state/changelog-entry.js';
import { DirectoryLock } from '../state/directory-lock.js';
import { StateEnvironment } from '../state/environment.js';
import { examine } from '../state/open-state.js';
import { windowShape } from '../state/stream-time.js';
import { storedTasks, TaskStore } from '../state/task-store.js';
import type { Config } from './config.js';
import { Connections } from './connections.js';
import { FatalError } from './errors.js';
import type { Logger } from './log.js';
import { Outages } from './outages.js';
import { createTaskProducer } from './task-producer.js';

/** Entries of one changelog record, about: 512 KB of digests. */
const ENTRIES_A_RECORD = 32_000;
const ANSWER_MS = 15_000;

export interface ReseededTask {
  readonly task: number;
  readonly entries: number;
}

/** Throws FatalError when a changelog partition holds something: then the worker restores from it by itself. */
export async function reseed(config: Config, log: Logger): Promise<ReseededTask[]> {
  const lock = await DirectoryLock.take(config.STATE_DIR);
  const connections = new Connections(config, new Outages(log), log);
  let environment: StateEnvironment | undefined;
  const done: ReseededTask[] = [];
  try {
    const { changelog } = config.names;
    await connections.track([changelog]);
    environment = await openSound(config, await connections.clusterId());
    const partitions = [...storedTasks(environment).keys()]
      .sort((a, b) => a - b)
      .map((partition) => ({ topic: changelog, partition }));
    const offsets = connections.offsets(config.names.group);
    const starts = await offsets.at('earliest', partitions, ANSWER_MS);
    const ends = await offsets.at('latest', partitions, ANSWER_MS);
    const held = ends.filter(
      ({ partition, offset }) => offset > (starts.find((s) => s.partition === partition)?.offset ?? 0),
    );
    if (held.length > 0) {
      throw new FatalError(
        `the changelog ${changelog} holds records in partition ${held.map((h) => h.partition).join(', ')}: expected an empty one. A worker restores from it by itself`,
      );
    }
    for (const { partition } of partitions) {
      const store = new TaskStore(environment, partition, windowShape(config.DEDUP_WINDOW));
      done.push({ task: partition, entries: await reseedTask(store, partition, config, log) });
    }
  } finally {
    await connections.close();
    await environment?.close();
    await lock.release();
  }
  return done;
}

/** Throws FatalError when the store is not a sound one of this application: it is left as it is. */
async function openSound(config: Config, cluster: string): Promise<StateEnvironment> {
  const directory = config.STATE_DIR;
  const found = await examine(directory, { group: config.names.group, cluster });
  if (found instanceof StateEnvironment) return found;
  throw new FatalError(`the store in STATE_DIR ${directory} can not be written to the changelog: ${found.why}`);
}

async function reseedTask(store: TaskStore, task: number, config: Config, log: Logger): Promise<number> {
  const { names } = config;
  const producer = createTaskProducer(config, task, log);
  try {
    await producer.fence([names.changelog]);
    let next = 0;
    let entries = 0;
    const write = async (buckets: readonly BucketEntries[]): Promise<void> => {
      for (const value of encodeChangelogEntry({ positions: store.checkpoint!.positions, buckets })) {
        await producer.send(
          [{ topic: names.changelog, partition: task, key: null, value }],
          (_topic, _partition, offset) => (next = offset + 1),
        );
      }
    };
    let pending: BucketEntries[] = [];
    let size = 0;
    for (const bucket of store.buckets()) {
      pending.push(bucket);
      size += bucket.digests.length;
      entries += bucket.digests.length;
      if (size < ENTRIES_A_RECORD) continue;
      await write(pending);
      pending = [];
      size = 0;
    }
    await write(pending);
    await producer.commit();
    await store.reseeded(next);
    return entries;
  } finally {
    await producer.close();
  }
}
