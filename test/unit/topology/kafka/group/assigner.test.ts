import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assignTasks,
  decodeUserData,
  encodeUserData,
  partitionsOf,
  type MemberClaim,
} from '../../../../../topology/kafka/group/assigner.js';
import { anyClaims, anyIds, member, taskCounts } from './member-claims.js';

const claims = (dealt: ReadonlyMap<string, readonly number[]>, generation = 5): MemberClaim[] =>
  [...dealt].map(([memberId, tasks]) =>
    member(memberId, { generation, tasks, stored: Object.fromEntries(tasks.map((task) => [task, 100])) }),
  );

const ownerOf = (dealt: ReadonlyMap<string, readonly number[]>): Map<number, string> =>
  new Map([...dealt].flatMap(([memberId, tasks]) => tasks.map((task) => [task, memberId] as const)));

const moved = (
  before: ReadonlyMap<string, readonly number[]>,
  after: ReadonlyMap<string, readonly number[]>,
): number => {
  const was = ownerOf(before);
  return [...ownerOf(after)].filter(([task, owner]) => was.get(task) !== owner).length;
};

describe('the partitions of a task', () => {
  const dealt = (tasks: number, partitions: number): number[][] =>
    Array.from({ length: tasks }, (_, task) => partitionsOf(task, tasks, partitions));

  it('are one each with as many tasks as partitions, and several with fewer', () => {
    expect(dealt(3, 3)).toEqual([[0], [1], [2]]);
    expect(dealt(2, 5)).toEqual([
      [0, 2, 4],
      [1, 3],
    ]);
    expect(dealt(4, 2)).toEqual([[0], [1], [], []]);
  });

  it('are all partitions, each of one task, and stay its own when the topic grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(60), fc.nat(20), (maxTasks, before, added) => {
        const after = before + added;
        const [fewer, more] = [dealt(maxTasks, before), dealt(maxTasks, after)];
        expect(more.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: after }, (_, partition) => partition));
        for (const [task, own] of fewer.entries()) expect(more[task]).toEqual(expect.arrayContaining(own));
      }),
    );
  });
});

describe('assignTasks', () => {
  it('gives every task to exactly one member, and no member two more than another, whatever they claim', () => {
    fc.assert(
      fc.property(taskCounts, anyClaims, (taskCount, members) => {
        const dealt = assignTasks(taskCount, members);
        expect([...dealt.keys()].sort()).toEqual(members.map(({ memberId }) => memberId).sort());
        expect([...dealt.values()].flat().sort((a, b) => a - b)).toEqual(
          Array.from({ length: taskCount }, (_, task) => task),
        );
        const sizes = [...dealt.values()].map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('does not depend on the order in which members are listed', () => {
    fc.assert(
      fc.property(taskCounts, anyClaims, (taskCount, members) => {
        expect([...assignTasks(taskCount, [...members].reverse())].sort()).toEqual(
          [...assignTasks(taskCount, members)].sort(),
        );
      }),
    );
  });

  it('moves nothing when the members stay', () => {
    fc.assert(
      fc.property(taskCounts, anyClaims, (taskCount, members) => {
        const before = assignTasks(taskCount, members);
        expect(moved(before, assignTasks(taskCount, claims(before)))).toBe(0);
      }),
    );
  });

  it('moves to one that joins its share and nothing else', () => {
    fc.assert(
      fc.property(taskCounts, anyIds, (taskCount, memberIds) => {
        const before = assignTasks(
          taskCount,
          memberIds.map((id) => member(id)),
        );
        const after = assignTasks(taskCount, [...claims(before), member('the new one')]);
        expect(moved(before, after)).toBe(after.get('the new one')!.length);
        expect(after.get('the new one')!.length).toBeLessThanOrEqual(Math.ceil(taskCount / (memberIds.length + 1)));
      }),
    );
  });

  it('moves of one that leaves its tasks and no other', () => {
    fc.assert(
      fc.property(
        taskCounts,
        anyIds.filter(({ length }) => length > 1),
        (taskCount, memberIds) => {
          const before = assignTasks(
            taskCount,
            memberIds.map((id) => member(id)),
          );
          const [gone, ...left] = claims(before);
          expect(moved(before, assignTasks(taskCount, left))).toBe(gone!.tasks.length);
        },
      ),
    );
  });

  it('believes the claim of the highest generation', () => {
    const dealt = assignTasks(2, [
      member('a', { generation: 4, tasks: [0, 1] }),
      member('b', { generation: 6, tasks: [0] }),
    ]);
    expect(ownerOf(dealt)).toEqual(
      new Map([
        [0, 'b'],
        [1, 'a'],
      ]),
    );
  });

  it('believes no claim from before a first generation', () => {
    const dealt = assignTasks(2, [member('a'), member('b', { generation: -1, tasks: [0] })]);
    expect(dealt.get('a')).toEqual([0]);
  });

  it('prefers, for a task that nobody owns, the one whose stored state is newest', () => {
    const dealt = assignTasks(3, [
      member('a', { stored: { 2: 10 } }),
      member('b', { stored: { 2: 90 } }),
      member('c', { stored: { 0: 5 } }),
    ]);
    expect(ownerOf(dealt).get(2)).toBe('b');
    expect(ownerOf(dealt).get(0)).toBe('c');
  });

  it('lets a worker that comes back have the tasks whose state it still holds', () => {
    const before = assignTasks(8, [member('a'), member('b')]);
    const [left, back] = claims(before);
    const alone = claims(assignTasks(8, [left!]), 6);
    const after = assignTasks(8, [alone[0]!, member('b again', { stored: back!.stored })]);
    expect(after.get('b again')).toEqual(back!.tasks);
  });

  it('gives nothing when there is nobody', () => {
    expect(assignTasks(5, []).size).toBe(0);
  });
});

describe('what a member says of itself', () => {
  it('is read back', () => {
    const said = { generation: 7, tasks: [1, 4], stored: { 1: 12, 9: 4 } };
    expect(decodeUserData('m', encodeUserData(said))).toEqual({ memberId: 'm', ...said });
  });

  const nothing = { memberId: 'm', generation: -1, tasks: [], stored: {} };
  it.each<[string, Buffer | null]>([
    ['none', null],
    ['empty', Buffer.alloc(0)],
    ['not JSON', Buffer.from([1, 2, 3])],
    ['not an object', Buffer.from('7')],
    ['of another version', Buffer.from(JSON.stringify({ version: 2, generation: 9, tasks: [0], stored: {} }))],
    ['without a version', Buffer.from(JSON.stringify({ generation: 9, tasks: [0], stored: {} }))],
    ['without tasks', Buffer.from(JSON.stringify({ version: 1, generation: 9 }))],
    ['of a generation after all others', Buffer.from('{"version":1,"generation":1e999,"tasks":[0]}')],
    ['of tasks that are none', Buffer.from('{"version":1,"generation":9,"tasks":["0",null,-1]}')],
    ['of a store without an offset', Buffer.from('{"version":1,"generation":9,"tasks":[0],"stored":{"0":"far"}}')],
    ['of a store that is a text', Buffer.from('{"version":1,"generation":9,"tasks":[0],"stored":"0"}')],
  ])('claims nothing when it is %s', (_, userData) => {
    expect(decodeUserData('m', userData)).toEqual(nothing);
  });
});
