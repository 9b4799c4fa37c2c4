/**
 * What the group's leader tells each member (the assignment's userData): its tasks and standbys, how many tasks there may be, and
 * how many partitions the leader saw each source have, so that a task is the same partitions to all, whosever metadata is older.
 */
import { FatalError } from '../errors.js';
import { partitionsOf } from './assigner.js';
import { MemberAssignment } from './internals.js';
import { NO_PLACEMENT, type Placement } from './placement.js';

/** Partitions of each source topic, by its physical name. */
export type PartitionCounts = ReadonlyMap<string, number>;

/** What was dealt among the members. */
export interface Deal {
  /** Partition p is of task p modulo this. */
  readonly maxTasks: number;
  readonly partitions: PartitionCounts;
}

export interface Assignment {
  readonly placement: Placement;
  readonly deal: Deal;
  /** Why the leader gives this member nothing; undefined when it is one of the leader's kind. */
  readonly refused?: string | undefined;
}

const VERSION = 2;

export function encodeAssignment({ placement, deal: { maxTasks, partitions }, refused }: Assignment): Buffer {
  const assignment: Record<string, number[]> = {};
  for (const [topic, count] of partitions) {
    const of = placement.tasks.flatMap((task) => partitionsOf(task, maxTasks, count));
    if (of.length > 0) assignment[topic] = of;
  }
  const told = { version: VERSION, ...placement, maxTasks, partitions: Object.fromEntries(partitions), refused };
  return MemberAssignment.encode({ version: 0, assignment, userData: Buffer.from(JSON.stringify(told)) });
}

/** Throws FatalError for one that no leader of this version made: going on without tasks would be to do nothing, for good. */
export function decodeAssignment(encoded: Buffer, groupId: string): Assignment {
  const decoded = encoded.length === 0 ? null : MemberAssignment.decode(encoded);
  if (!decoded) return { placement: NO_PLACEMENT, deal: { maxTasks: 0, partitions: new Map() } };
  if (!decoded.userData || decoded.userData.length === 0) {
    throw new FatalError(
      `the group ${groupId} was dealt by another assigner than ours: another application reads under this APP_ID. Give it another group, or this one another APP_ID`,
    );
  }
  const told = JSON.parse(decoded.userData.toString('utf8')) as Placement & {
    version: number;
    maxTasks: number;
    partitions?: Record<string, number>;
    refused?: string;
  };
  if (told.version !== VERSION) {
    throw new FatalError(
      `the leader of group ${groupId} deals tasks in format ${told.version}, this version reads ${VERSION}: run the version that the other workers run`,
    );
  }
  const { tasks, standbys, warming, acceptableLag, maxTasks } = told;
  return {
    placement: { tasks, standbys, warming, acceptableLag },
    deal: { maxTasks, partitions: new Map(Object.entries(told.partitions ?? {})) },
    refused: told.refused,
  };
}

/**
 * Why a member is none of ours; undefined when it is. A version that adds sources, or drops some, may run beside the
 * one before it; one that reads others altogether is another application, and would take tasks without reading them.
 */
export function strangeness(ours: readonly string[], theirs: readonly string[]): string | undefined {
  const isWithin = (a: readonly string[], b: readonly string[]): boolean => a.every((topic) => b.includes(topic));
  if (isWithin(ours, theirs) || isWithin(theirs, ours)) return undefined;
  const only = (a: readonly string[], b: readonly string[]): string =>
    a.filter((topic) => !b.includes(topic)).join(', ');
  return `the workers that are there read ${only(ours, theirs)}, this one does not; it reads ${only(theirs, ours)}`;
}
