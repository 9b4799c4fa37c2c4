/** Who owns what: the tasks of an application, their workers, positions and stores, as the brokers know them. */
import type { RulesIdentity } from '../../common/rules-identity.js';
import {
  offsetIn,
  partitionsIn,
  partitionsOf,
  withTopicAdmin,
  type Connections,
  type GroupView,
  type MemberView,
  type PartitionOffset,
  type TopicPartition,
} from '../kafka/index.js';
import type { Config } from '../worker/config.js';
import { withConnections } from './with-connections.js';

const ANSWER_MS = 15_000;

export interface WorkerView {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
  /** Undefined when the group moves, or is another application's. */
  readonly tasks?: readonly number[] | undefined;
  readonly standbys?: readonly number[] | undefined;
  readonly rules?: RulesIdentity | undefined;
  /** Why the leader gives it nothing. */
  readonly refused?: string | undefined;
}

interface PartitionView {
  /** Logical name. */
  readonly topic: string;
  readonly partition: number;
  /** Null when nothing was committed yet. */
  readonly committed: number | null;
  /** The last stable offset. */
  readonly end: number;
  /** Records from there to the last stable offset, commit markers too; null where nothing was committed. */
  readonly lag: number | null;
}

/** A copy of a task's store. */
interface StoreView {
  readonly memberId: string;
  /** Where it stood in the changelog when its worker joined last; null when it held none. */
  readonly position: number | null;
  /** It will run the task once it is close. */
  readonly isWarming: boolean;
}

export interface TaskView {
  readonly task: number;
  /** The member that runs it; null when none does, or while the group moves. */
  readonly owner: string | null;
  readonly partitions: readonly PartitionView[];
  /** All its partitions' together; null when none of them was committed. */
  readonly lag: number | null;
  /** Where its owner's store stood in the changelog when that joined last; null when it held none, or nobody owns it. */
  readonly store: number | null;
  readonly changelogEnd: number;
  readonly standbys: readonly StoreView[];
}

export interface TasksView {
  readonly group: string;
  readonly state: GroupView['state'];
  readonly workers: readonly WorkerView[];
  readonly tasks: readonly TaskView[];
  /** Topics that do not exist: sources, or the changelog, which the first start makes. */
  readonly missing: readonly string[];
}

/** `sources`: logical names of the topics that are read. */
export function viewTasks(config: Config, sources: readonly string[]): Promise<TasksView> {
  return withConnections(config, ANSWER_MS, async (connections) => {
    const { group, changelog } = config.names;
    const wanted = new Map(sources.map((topic) => [config.names.physical(topic) as string, topic]));
    const names = [...wanted.keys(), changelog];
    const counts = await withTopicAdmin(config.kafka, (admin) => admin.partitionCounts(names));
    await connections.track([...counts.keys()]);
    const view = await connections.viewGroup(group);
    const logical = new Map([...wanted].filter(([name]) => counts.has(name)));
    const layout = layoutOf(view, counts, logical, changelog);
    const positions = await positionsOf(connections, group, layout, changelog);
    return {
      ...{ group, state: view.state },
      workers: view.members.map(workerOf),
      tasks: layout.map((partitions, task) => taskOf(task, partitions, view, positions, changelog)),
      missing: names.filter((name) => !counts.has(name)),
    };
  });
}

interface SourcePlace extends TopicPartition {
  readonly logical: string;
}

/** The partitions of each task: as the group's leader laid them out, else by the changelog's partitions. */
function layoutOf(
  { members }: GroupView,
  counts: ReadonlyMap<string, number>,
  logical: ReadonlyMap<string, string>,
  changelog: string,
): readonly (readonly SourcePlace[])[] {
  const said = members.map(({ assignment }) => assignment?.layout).find((layout) => (layout?.maxTasks ?? 0) > 0);
  const maxTasks = said?.maxTasks ?? counts.get(changelog) ?? 0;
  const sizes = [...logical].map(([topic, name]) => {
    return { topic, logical: name, size: said?.partitions.get(topic) ?? counts.get(topic) ?? 0 };
  });
  const tasks = Math.min(maxTasks, Math.max(0, ...sizes.map(({ size }) => size)));
  return Array.from({ length: tasks }, (_, task) =>
    sizes.flatMap(({ topic, logical: name, size }) =>
      partitionsOf(task, maxTasks, size).map((partition) => ({ topic, partition, logical: name })),
    ),
  );
}

interface Positions {
  readonly committed: readonly PartitionOffset[];
  readonly ends: readonly PartitionOffset[];
  readonly changelog: readonly PartitionOffset[];
}

async function positionsOf(
  connections: Connections,
  group: string,
  layout: readonly (readonly SourcePlace[])[],
  changelog: string,
): Promise<Positions> {
  const offsets = connections.offsets(group);
  const sources = layout.flat();
  if (sources.length === 0) return { committed: [], ends: [], changelog: [] };
  const [committed, ends, changelogEnds] = await Promise.all([
    offsets.lastCommitted(sources, ANSWER_MS),
    offsets.at('latest', sources, ANSWER_MS),
    offsets.highWatermarks(partitionsIn(changelog, layout.length), ANSWER_MS),
  ]);
  return { committed, ends, changelog: changelogEnds };
}

function workerOf({ memberId, clientId, host, claim, assignment }: MemberView): WorkerView {
  const { tasks, standbys } = assignment?.placement ?? {};
  return { memberId, clientId, host, tasks, standbys, rules: claim?.rules, refused: assignment?.refused };
}

function taskOf(
  task: number,
  places: readonly SourcePlace[],
  { members }: GroupView,
  positions: Positions,
  changelog: string,
): TaskView {
  const partitions = places.map((place): PartitionView => {
    const committed = offsetIn(positions.committed, place)?.offset ?? null;
    const end = offsetIn(positions.ends, place)?.offset ?? 0;
    const lag = committed === null ? null : Math.max(0, end - committed);
    return { topic: place.logical, partition: place.partition, committed, end, lag };
  });
  const lags = partitions.map(({ lag }) => lag).filter((lag) => lag !== null);
  const owner = members.find(({ assignment }) => assignment?.placement.tasks.includes(task));
  const storeOf = (member: MemberView | undefined): number | null => member?.claim?.stored[task] ?? null;
  return {
    ...{ task, owner: owner?.memberId ?? null, partitions },
    lag: lags.length === 0 ? null : lags.reduce((sum, lag) => sum + lag, 0),
    store: storeOf(owner),
    changelogEnd: offsetIn(positions.changelog, { topic: changelog, partition: task })?.offset ?? 0,
    standbys: members
      .filter(({ assignment }) => assignment?.placement.standbys.includes(task))
      .map((member) => ({
        memberId: member.memberId,
        position: storeOf(member),
        isWarming: member.assignment!.placement.warming.includes(task),
      })),
  };
}
