/**
 * Writes the stores of STATE_DIR to an empty changelog, and the user directory to its empty topic: the way back when
 * they were emptied or recreated and the stores are the only good copy. Each task in one transaction, under its
 * transactional id, so that a worker that still runs is fenced.
 */
import type { Checkpoint } from '../../common/source-position.js';
import { countDigests, encodeChangelogEntry, type BucketDigests } from '../../state/dedup/changelog-entry.js';
import { StateEnvironment } from '../../state/lmdb/environment.js';
import { examine } from '../../state/open-state.js';
import { takeStateFolder } from '../../state/state-folder.js';
import { windowShape } from '../../state/dedup/stream-time.js';
import { storedTasks, TaskStore } from '../../state/dedup/task-store.js';
import type { Config } from '../worker/config.js';
import { FatalError } from '../../common/errors.js';
import { brokerFault, Connections, holdsRecords, offsetIn, type TopicIds } from '../kafka/index.js';
import type { Logger } from '../../common/log.js';
import { Outages } from '../../common/outages.js';
import { reseedDirectory } from './reseed-directory.js';
import { parseSourceName } from '../../common/record.js';
import { producerSettings } from '../worker/stream-role.js';
import { createTaskProducer } from '../worker/task-producer.js';
import { isOfTask } from '../task/offset-metadata.js';
import { WAYS_OUT } from '../../common/ways-out.js';

/** Entries of one changelog record, about: 512 KB of digests. */
const ENTRIES_A_RECORD = 32_000;
const ANSWER_MS = 15_000;

/** What became of the store of a task. */
export type TaskOutcome =
  | { readonly kind: 'written'; readonly entries: number }
  /** The changelog holds records: a worker restores from it by itself. */
  | { readonly kind: 'held' }
  /** The group has committed more than the store holds: another STATE_DIR has a newer copy. */
  | { readonly kind: 'behind'; readonly topic: string; readonly stored: number; readonly committed: number };

export interface Reseeded {
  readonly tasks: ReadonlyMap<number, TaskOutcome>;
  /** Users written to the directory's topic; undefined when it holds records. */
  readonly users: number | undefined;
}

/** `evenBehind`: writes a store too that does not hold all that the group has committed, when no newer one is left. */
export async function reseed(config: Config, evenBehind: boolean, log: Logger): Promise<Reseeded> {
  const { directory: folder, lock } = await takeStateFolder(config.stateDir, log);
  const connections = new Connections(config.kafka, config.maxRecordBytes, new Outages(brokerFault, log), log);
  const tasks = new Map<number, TaskOutcome>();
  let environment: StateEnvironment | undefined;
  try {
    const { changelog } = config.names;
    const directory = config.names.physical('USER_DIRECTORY');
    await connections.track([changelog, directory]);
    environment = await openSound(config, folder, await connections.clusterId(), log);
    const ids = await connections.offsets(config.names.group).topicIds([changelog, directory], ANSWER_MS);
    const stored = storedTasks(environment);
    refuseOtherLayout(stored, changelog, connections.leaders.partitionCount(changelog));
    for (const task of [...stored.keys()].sort((a, b) => a - b)) {
      const store = new TaskStore(environment, task, windowShape(config.dedupWindowMs));
      tasks.set(task, await reseedTask(store, task, { config, connections, ids, evenBehind, log }));
    }
    return { tasks, users: await reseedDirectory(config, environment, connections, log) };
  } finally {
    await connections.close();
    await environment?.close();
    await lock.release();
  }
}

/** Throws FatalError when the store is not a sound one of this application: it is left as it is. */
async function openSound(config: Config, directory: string, cluster: string, log: Logger): Promise<StateEnvironment> {
  const found = await examine({ directory, identity: { group: config.names.group, cluster }, log });
  if (found instanceof StateEnvironment) return found;
  throw new FatalError(`the store in STATE_DIR ${directory} cannot be written to the changelog: ${found.why}`);
}

/** Every task's partitions must be its own by the changelog that there is, or none is written. */
function refuseOtherLayout(stored: ReadonlyMap<number, Checkpoint>, changelog: string, partitions: number): void {
  for (const [task, { positions }] of stored) {
    const strange = task < partitions ? partitionsOfOthers(task, partitions, positions) : [`task ${task}`];
    if (strange.length === 0) continue;
    throw new FatalError(
      `STATE_DIR holds a store of ${strange.join(', ')} in task ${task}, which the changelog ${changelog} of ${partitions} partitions has elsewhere or nowhere. ` +
        WAYS_OUT.recreate,
    );
  }
}

/** Names of the partitions whose positions a task has, and which are another's where there may be so many tasks. */
function partitionsOfOthers(task: number, maxTasks: number, positions: Checkpoint['positions']): string[] {
  return [...positions.keys()].filter((name) => (parseSourceName(name)?.partition ?? task) % maxTasks !== task);
}

interface Reseeding {
  readonly config: Config;
  readonly connections: Connections;
  readonly ids: TopicIds;
  readonly evenBehind: boolean;
  readonly log: Logger;
}

async function reseedTask(store: TaskStore, task: number, reseeding: Reseeding): Promise<TaskOutcome> {
  const { config, connections, ids, evenBehind, log } = reseeding;
  const { changelog } = config.names;
  const partition = { topic: changelog, partition: task };
  const offsets = connections.offsets(config.names.group);
  const [start] = await offsets.at('earliest', [partition], ANSWER_MS);
  const [end] = await offsets.highWatermarks([partition], ANSWER_MS);
  const range = { ...partition, topicId: ids.get(changelog), from: start!.offset, to: end!.offset };
  if (await holdsRecords(range, connections.fetcher, AbortSignal.timeout(ANSWER_MS))) return { kind: 'held' };
  const newer = evenBehind ? undefined : await committedBeyond(store, reseeding);
  if (newer) return newer;
  return { kind: 'written', entries: await write(store, task, ids.get(changelog), config, log) };
}

/** Where the group has committed more than the store knows of; undefined when nowhere. An offset set by a tool says nothing. */
async function committedBeyond(store: TaskStore, { config, connections }: Reseeding): Promise<TaskOutcome | undefined> {
  const { names } = config;
  const sources = [...store.checkpoint!.positions].flatMap(([name, { nextOffset: stored }]) => {
    const source = parseSourceName(name);
    return source ? [{ topic: names.physical(source.topic), partition: source.partition, stored }] : [];
  });
  const committed = await connections.offsets(names.group).committed(sources, ANSWER_MS);
  for (const source of sources) {
    const { stored } = source;
    const found = offsetIn(committed, source);
    if (found && isOfTask(found) && found.offset > stored) {
      return { kind: 'behind', topic: found.topic, stored, committed: found.offset };
    }
  }
  return undefined;
}

/** How many entries were written. */
async function write(
  store: TaskStore,
  task: number,
  changelogId: string | undefined,
  config: Config,
  log: Logger,
): Promise<number> {
  const { names } = config;
  const producer = createTaskProducer(names, task, producerSettings(config), log);
  try {
    await producer.fence([names.changelog]);
    let next = 0;
    let entries = 0;
    const append = async (buckets: readonly BucketDigests[]): Promise<void> => {
      for (const value of encodeChangelogEntry({ positions: store.checkpoint!.positions, buckets })) {
        await producer.send(
          [{ topic: names.changelog, partition: task, key: null, value }],
          (_topic, _partition, offset) => (next = offset + 1),
        );
      }
    };
    let pending: BucketDigests[] = [];
    let size = 0;
    for (const bucket of store.buckets()) {
      pending.push(bucket);
      size += countDigests([bucket]);
      if (size < ENTRIES_A_RECORD) continue;
      await append(pending);
      entries += size;
      pending = [];
      size = 0;
    }
    await append(pending);
    entries += size;
    await producer.commit();
    await store.reseeded(changelogId, next);
    return entries;
  } finally {
    await producer.close();
  }
}
