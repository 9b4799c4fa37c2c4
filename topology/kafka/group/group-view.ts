/** A group from outside: what its members said when they joined, and what its leader gave them. */
import { askPatiently, groupCoordinator } from '../cluster/coordinator.js';
import { describeGroups, type DescribedGroup, type DescribedMember } from '../protocol/describe-groups.js';
import type { Cluster } from '../protocol/internals.js';
import { ASSIGNER_NAME, decodeUserData, type MemberClaim } from './assigner.js';
import { decodeAssignment, decodeMetadata, type Assignment } from './assignment.js';

export interface MemberView {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
  /** What it said when it joined last; undefined while the group moves, and for a member of another kind. */
  readonly claim: MemberClaim | undefined;
  /** Undefined in the same cases. */
  readonly assignment: Assignment | undefined;
}

export interface GroupView {
  /** `moving`: it is being joined, and who has what is known when that is over. */
  readonly state: 'stable' | 'moving' | 'empty' | 'of-others';
  readonly members: readonly MemberView[];
}

/** For so long a coordinator may be moving, or loading its groups. */
const PATIENCE_MS = 10_000;

export function viewGroup(cluster: Cluster, groupId: string): Promise<GroupView> {
  return askPatiently(PATIENCE_MS, async () => {
    const coordinator = await groupCoordinator(cluster, groupId);
    return readGroup(await coordinator.connectionPool.send(describeGroups(groupId)), groupId);
  });
}

/** Throws FatalError for an assignment that no leader of this version made. */
export function readGroup({ state, protocol, members }: DescribedGroup, groupId: string): GroupView {
  if (members.length === 0) return { state: 'empty', members: [] };
  if (protocol !== '' && protocol !== ASSIGNER_NAME) return { state: 'of-others', members: members.map(unread) };
  if (state !== 'Stable') return { state: 'moving', members: members.map(unread) };
  return { state: 'stable', members: members.map((member) => readMember(member, groupId)) };
}

function unread({ memberId, clientId, clientHost }: DescribedMember): MemberView {
  return { memberId, clientId, host: clientHost.replace(/^\//, ''), claim: undefined, assignment: undefined };
}

function readMember(member: DescribedMember, groupId: string): MemberView {
  const metadata = decodeMetadata(member.metadata);
  return {
    ...unread(member),
    claim: metadata && decodeUserData(member.memberId, metadata.userData),
    assignment: decodeAssignment(member.assignment, groupId),
  };
}
