/** What the leader assigns in a group of two versions, of which the newer one reads one source more. */
import { pino } from 'pino';
import { RulesInGroup } from '../../../../../topology/kafka/group/rules-in-group.js';
import { describe, expect, it } from 'vitest';
import { encodeUserData, partitionsOf } from '../../../../../topology/kafka/group/assigner.js';
import { decodeAssignment, type Assignment } from '../../../../../topology/kafka/group/assignment.js';
import { assignToMembers } from '../../../../../topology/kafka/group/lead.js';
import { MemberMetadata } from '../../../../../topology/kafka/protocol/internals.js';

const OLD = ['tasks', 'crm'];
const NEW = [...OLD, 'hr'];
const log = pino({ level: 'silent' });

interface Version {
  readonly topics: readonly string[];
  /** As its metadata has them. */
  readonly partitions: Readonly<Record<string, number>>;
}
const older: Version = { topics: OLD, partitions: { tasks: 4, crm: 2 } };
const newer = (hr: number): Version => ({ topics: NEW, partitions: { ...older.partitions, hr } });

/** What each member is assignments, in a group that the first one leads. */
function assigned(members: Readonly<Record<string, Version>>): Map<string, Assignment> {
  const [leader] = Object.values(members);
  const claims = Object.entries(members).map(([memberId, { topics }]) => ({
    memberId,
    memberMetadata: MemberMetadata.encode({
      version: 0,
      topics: [...topics],
      userData: encodeUserData({ generation: -1, tasks: [], stored: {} }),
    }),
  }));
  const rules = { topics: leader!.topics, placement: { standbyReplicas: 0, acceptableLag: 100 }, maxTasks: 16 };
  const assignments = assignToMembers(
    claims,
    rules,
    new Map(Object.entries(leader!.partitions)),
    new RulesInGroup(log),
    log,
  );
  return new Map(
    assignments.map(({ memberId, memberAssignment }) => [memberId, decodeAssignment(memberAssignment, 'g')]),
  );
}

/** Which partitions of the source each member reads: of its own sources, by the leader's count, or its own where that has none. */
function readers(members: Readonly<Record<string, Version>>, topic: string): string[] {
  return [...assigned(members)]
    .flatMap(([memberId, { placement, layout }]) => {
      const { topics, partitions } = members[memberId]!;
      const count = topics.includes(topic) ? (layout.partitions.get(topic) ?? partitions[topic]!) : 0;
      return placement.tasks.flatMap((task) =>
        partitionsOf(task, layout.maxTasks, count).map((partition) => `${partition} ${memberId}`),
      );
    })
    .sort();
}

const EACH = [
  ['the old version leads', { a: older, b: newer(4) }],
  ['the new version leads', { a: newer(4), b: older }],
] as const;

describe.each(EACH)('while %s', (_, members) => {
  it('nobody is refused, and every task is given out once', () => {
    const assignments = [...assigned(members).values()];
    expect(assignments.map(({ refused }) => refused)).toEqual([undefined, undefined]);
    expect(assignments.flatMap(({ placement }) => placement.tasks).sort()).toEqual([0, 1, 2, 3]);
  });

  it('each partition of the sources of both has one reader', () => {
    expect(readers(members, 'tasks').map((reader) => reader.split(' ')[0])).toEqual(['0', '1', '2', '3']);
    expect(readers(members, 'crm').map((reader) => reader.split(' ')[0])).toEqual(['0', '1']);
  });

  it('the new source is read by the new version alone, in the tasks that it has', () => {
    const [member] = Object.entries(members).find(([, { topics }]) => topics.includes('hr'))!;
    const { tasks } = assigned(members).get(member)!.placement;
    expect(readers(members, 'hr')).toEqual(tasks.map((task) => `${task} ${member}`));
  });
});

describe('a new source with more partitions than the others', () => {
  it('makes more tasks once the new version leads; the old one may be given those, and reads nothing there', () => {
    const members = { a: newer(6), b: older };
    const assignments = assigned(members);
    expect([...assignments.values()].flatMap(({ placement }) => placement.tasks).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(readers(members, 'hr')).toEqual(assignments.get('a')!.placement.tasks.map((task) => `${task} a`));
  });

  it('is read whole when the old version is gone', () => {
    expect(readers({ a: newer(6), b: newer(6) }, 'hr').map((reader) => reader.split(' ')[0])).toEqual([
      ...['0', '1', '2', '3', '4', '5'],
    ]);
  });
});
