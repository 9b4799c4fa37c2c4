/** What the group's leader does: hears what each member claims, and assigns the tasks. */
import type { Logger } from '../../../common/log.js';
import { decodeUserData, type MemberClaim } from './assigner.js';
import { decodeMetadata, encodeAssignment, whyForeign, type Layout, type PartitionCounts } from './assignment.js';
import { NO_PLACEMENT, placeTasks, type PlacementRules } from './placement.js';
import type { RulesInGroup } from './rules-in-group.js';

export interface LeaderRules {
  /** Physical names of the source topics. */
  readonly topics: readonly string[];
  readonly placement: PlacementRules;
  /** Partition p is of task p modulo this. */
  readonly maxTasks: number;
}

interface Joined {
  readonly memberId: string;
  readonly memberMetadata: Buffer;
}

/** How many tasks a layout makes. */
export function taskCount({ maxTasks, partitions }: Pick<Layout, 'maxTasks' | 'partitions'>): number {
  return Math.min(maxTasks, Math.max(0, ...partitions.values()));
}

/** An assignment for each member; one of another application is given nothing, and why. */
export function assignToMembers(
  members: readonly Joined[],
  { topics, placement, maxTasks }: LeaderRules,
  partitions: PartitionCounts,
  rulesInGroup: RulesInGroup,
  log: Logger,
): { memberId: string; memberAssignment: Buffer }[] {
  const claims: MemberClaim[] = [];
  const foreign = new Map<string, string>();
  for (const { memberId, memberMetadata } of members) {
    const metadata = decodeMetadata(memberMetadata);
    const why = metadata ? whyForeign(topics, metadata.topics) : 'its metadata cannot be read';
    if (metadata && why === undefined) claims.push(decodeUserData(memberId, metadata.userData));
    else foreign.set(memberId, why ?? '');
  }
  for (const [memberId, why] of foreign)
    log.warn({ memberId, why }, 'a member of the group is of another application: it is given nothing');
  const placements = placeTasks(taskCount({ maxTasks, partitions }), claims, placement);
  const layout = { maxTasks, partitions, newestRules: rulesInGroup.newest(claims) };
  return members.map(({ memberId }) => ({
    memberId,
    memberAssignment: encodeAssignment({
      placement: placements.get(memberId) ?? NO_PLACEMENT,
      layout,
      refused: foreign.get(memberId),
    }),
  }));
}
