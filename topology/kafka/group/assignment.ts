/**
 * What the group's leader tells each member (the assignment's userData): its tasks and standbys, how many tasks there may be, and
 * how many partitions the leader saw each source have, so that a task is the same partitions to all, whosever metadata is older;
 * and the newest rules in the group, so that a member knows whether it is behind.
 */
import { FatalError } from '../../../common/errors.js';
import { readRulesIdentity, type RulesIdentity } from '../../../common/rules-identity.js';
import { areCounts, partitionsOf } from './assigner.js';
import { MemberAssignment, MemberMetadata } from '../protocol/internals.js';
import { NO_PLACEMENT, type Placement } from './placement.js';

/** Partitions of each source topic, by its physical name. */
export type PartitionCounts = ReadonlyMap<string, number>;

/** Who owns which partitions: partition p of each source is of task p modulo `maxTasks`. */
export interface Layout {
  readonly maxTasks: number;
  readonly partitions: PartitionCounts;
  /** So many of the tasks the leader has assigned, by the sources that it knows; undefined: all. */
  readonly assignedTasks?: number;
  /** The newest rules of any member; undefined when none says which it runs, or the leader is of a version that does not ask. */
  readonly newestRules?: RulesIdentity | undefined;
}

export interface Assignment {
  readonly placement: Placement;
  readonly layout: Layout;
  /** Why the leader gives this member nothing; undefined when it is one of the leader's kind. */
  readonly refused?: string | undefined;
}

const VERSION = 2;
/** In a topic; more than any cluster has. */
const MAX_PARTITIONS = 1_000_000;

export function encodeAssignment({ placement, layout, refused }: Assignment): Buffer {
  const { maxTasks, partitions, newestRules } = layout;
  const assignment: Record<string, number[]> = {};
  for (const [topic, count] of partitions) {
    const owned = placement.tasks.flatMap((task) => partitionsOf(task, maxTasks, count));
    if (owned.length > 0) assignment[topic] = owned;
  }
  const counts = Object.fromEntries(partitions);
  const said = { version: VERSION, ...placement, maxTasks, partitions: counts, refused, newestRules };
  return MemberAssignment.encode({ version: 0, assignment, userData: Buffer.from(JSON.stringify(said)) });
}

/** What a leader says, as its JSON has it. */
interface Said extends Partial<Placement> {
  readonly version: number;
  readonly maxTasks?: number;
  readonly partitions?: Readonly<Record<string, number>> | null;
  readonly refused?: string;
  readonly newestRules?: unknown;
}

/** Throws FatalError for one that no leader of this version made: going on without tasks would be to do nothing, for good. */
export function decodeAssignment(encoded: Buffer, groupId: string): Assignment {
  const decoded = encoded.length === 0 ? null : readable(() => MemberAssignment.decode(encoded), groupId);
  if (!decoded) return { placement: NO_PLACEMENT, layout: { maxTasks: 0, partitions: new Map() } };
  const { userData } = decoded;
  if (!userData || userData.length === 0) {
    throw new FatalError(
      `the tasks of group ${groupId} were assigned by another assigner than ours: another application reads under this APP_ID. Give it another group, or this one another APP_ID`,
    );
  }
  const said = readable(() => JSON.parse(userData.toString('utf8')) as Said | null, groupId);
  if (said?.version !== VERSION) {
    throw new FatalError(
      `the leader of group ${groupId} assigns tasks in format ${JSON.stringify(said?.version ?? null).slice(0, 20)}, this version reads ${VERSION}: run the version that the other workers run`,
    );
  }
  const { tasks = [], standbys = [], warming = [], acceptableLag = 0, maxTasks = 0, refused } = said;
  const partitions = said.partitions ?? {};
  const lists = [tasks, standbys, warming, [acceptableLag, maxTasks], Object.values(partitions)];
  if (!lists.every(areCounts)) throw unreadable(groupId);
  // Partitions are counted up to these: without end where a partition's step is 0, or beyond what an array holds.
  const isBounded = tasks.length + standbys.length === 0 || maxTasks > 0;
  const areFew = Object.values(partitions).every((count) => count <= MAX_PARTITIONS);
  if (!isBounded || !areFew) throw unreadable(groupId);
  return {
    placement: { tasks, standbys, warming, acceptableLag },
    layout: {
      maxTasks,
      partitions: new Map(Object.entries(partitions)),
      newestRules: readRulesIdentity(said.newestRules),
    },
    refused,
  };
}

function readable<T>(read: () => T, groupId: string): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(groupId, error);
  }
}

function unreadable(groupId: string, cause?: unknown): FatalError {
  return new FatalError(
    `what the leader of group ${groupId} assigns cannot be read: another application leads the group under this APP_ID. Give it another group, or this one another APP_ID`,
    cause,
  );
}

/** What a member says when it joins; undefined when none of our kind wrote it. */
export function decodeMetadata(encoded: Buffer): { readonly topics: string[]; readonly userData: Buffer } | undefined {
  try {
    return MemberMetadata.decode(encoded);
  } catch {
    return undefined; // not ours: whoever wrote it must not stop the leader
  }
}

/**
 * Why a member is none of ours; undefined when it is. A version that adds sources, or drops some, may run beside the
 * one before it; one that reads others altogether is another application, and would take tasks without reading them.
 */
export function whyForeign(ours: readonly string[], theirs: readonly string[]): string | undefined {
  const isWithin = (a: readonly string[], b: readonly string[]): boolean => a.every((topic) => b.includes(topic));
  if (isWithin(ours, theirs) || isWithin(theirs, ours)) return undefined;
  const only = (a: readonly string[], b: readonly string[]): string =>
    a.filter((topic) => !b.includes(topic)).join(', ');
  return `the workers that are there read ${only(ours, theirs)}, this one does not; it reads ${only(theirs, ours)}`;
}
