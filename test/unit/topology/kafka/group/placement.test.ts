import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignTasks, type MemberClaim } from '../../../../../topology/kafka/group/assigner.js';
import { placeTasks, type Placement, type PlacementRules } from '../../../../../topology/kafka/group/placement.js';
import { anyClaims, anyIds, member, taskCounts } from './member-claims.js';

type Placements = ReadonlyMap<string, Placement>;

/** What the members say at the next rebalance, when every store has been brought to this offset. */
const claims = (placed: Placements, offset = 5000): MemberClaim[] =>
  [...placed].map(([memberId, { tasks, standbys }]) =>
    member(memberId, {
      generation: 5,
      tasks,
      stored: Object.fromEntries([...tasks, ...standbys].map((task) => [task, offset])),
    }),
  );

const WARM_FIRST: PlacementRules = { standbyReplicas: 0, acceptableLag: 100 };
const ONE_COPY: PlacementRules = { standbyReplicas: 1, acceptableLag: 100 };

const holders = (placed: Placements, task: number, role: 'tasks' | 'standbys' | 'warming'): string[] =>
  [...placed].filter(([, placement]) => placement[role].includes(task)).map(([memberId]) => memberId);

const anyRules = fc.record({ standbyReplicas: fc.integer({ min: 0, max: 4 }), acceptableLag: fc.nat({ max: 1200 }) });

describe('placeTasks', () => {
  it('runs every task once, and keeps its standbys elsewhere: as many as were asked for, or as there are workers', () => {
    fc.assert(
      fc.property(taskCounts, anyClaims, anyRules, (taskCount, members, rules) => {
        const placed = placeTasks(taskCount, members, rules);
        for (let task = 0; task < taskCount; task += 1) {
          const [runs, ...others] = holders(placed, task, 'tasks');
          expect(others).toEqual([]);
          const standbys = holders(placed, task, 'standbys');
          const warming = holders(placed, task, 'warming');
          expect(standbys).not.toContain(runs);
          expect(standbys).toEqual(expect.arrayContaining(warming));
          const wanted = Math.min(rules.standbyReplicas, members.length - 1);
          expect(standbys).toHaveLength(Math.max(wanted, warming.length));
        }
        for (const placement of placed.values())
          for (const list of [placement.tasks, placement.standbys]) expect(new Set(list).size).toBe(list.length);
      }),
    );
  });

  it('leaves no worker two standbys more than another that could keep one of them', () => {
    fc.assert(
      fc.property(taskCounts, anyClaims, anyRules, (taskCount, members, rules) => {
        const placed = [...placeTasks(taskCount, members, rules).values()];
        for (const more of placed) {
          for (const less of placed.filter(({ standbys }) => standbys.length < more.standbys.length - 1)) {
            const movable = more.standbys.filter((task) => !more.warming.includes(task));
            expect(movable.filter((task) => !less.tasks.includes(task) && !less.standbys.includes(task))).toEqual([]);
          }
        }
      }),
    );
  });

  it('spreads the standbys of an even group evenly', () => {
    fc.assert(
      fc.property(taskCounts, anyIds, fc.integer({ min: 0, max: 3 }), (taskCount, memberIds, standbyReplicas) => {
        const fresh = memberIds.map((id) => member(id));
        const sizes = [...placeTasks(taskCount, fresh, { ...ONE_COPY, standbyReplicas }).values()].map(
          ({ standbys }) => standbys.length,
        );
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('does not depend on the order in which members are listed', () => {
    fc.assert(
      fc.property(taskCounts, anyClaims, anyRules, (taskCount, members, rules) => {
        const forwards = placeTasks(taskCount, members, rules);
        const backwards = placeTasks(taskCount, [...members].reverse(), rules);
        expect([...backwards].sort()).toEqual([...forwards].sort());
      }),
    );
  });

  it('moves neither tasks nor standbys when the members stay', () => {
    fc.assert(
      fc.property(taskCounts, anyIds, fc.integer({ min: 0, max: 3 }), (taskCount, memberIds, standbyReplicas) => {
        const rules = { ...ONE_COPY, standbyReplicas };
        const before = placeTasks(
          taskCount,
          memberIds.map((id) => member(id)),
          rules,
        );
        expect(placeTasks(taskCount, claims(before), rules)).toEqual(before);
      }),
    );
  });

  it('comes to the balanced deal when the stores that warm up are warm, whatever was before', () => {
    fc.assert(
      fc.property(taskCounts, anyClaims, anyRules, (taskCount, members, rules) => {
        let placed = placeTasks(taskCount, members, rules);
        // Once for the tasks that were warmed, once more for those that only then are known to be another's.
        for (let round = 0; round < 2; round += 1) placed = placeTasks(taskCount, claims(placed), rules);
        const sizes = [...placed.values()].map(({ tasks }) => tasks.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect([...placed.values()].flatMap(({ warming }) => warming)).toEqual([]);
      }),
    );
  });

  it('lets a task stay with its owner while the store of the one that joins is warmed', () => {
    const owner = member('a', { generation: 3, tasks: [0, 1], stored: { 0: 5000, 1: 5000 } });
    const first = placeTasks(2, [owner, member('b')], WARM_FIRST);
    expect(first.get('a')).toMatchObject({ tasks: [0, 1], standbys: [] });
    expect(first.get('b')).toMatchObject({ tasks: [], standbys: [1], warming: [1], acceptableLag: 100 });

    const warm = placeTasks(2, [owner, member('b', { generation: 3, stored: { 1: 4900 } })], WARM_FIRST);
    expect([warm.get('a')!.tasks, warm.get('b')!.tasks]).toEqual([[0], [1]]);
    expect(warm.get('b')!.warming).toEqual([]);
  });

  it('gives a task whose owner is gone to the worker that keeps its standby', () => {
    const before = placeTasks(
      6,
      ['a', 'b', 'c'].map((id) => member(id)),
      ONE_COPY,
    );
    const [gone, ...left] = claims(before);
    const after = placeTasks(6, left, ONE_COPY);
    for (const task of gone!.tasks) expect(holders(after, task, 'tasks')).toEqual(holders(before, task, 'standbys'));
  });

  it('gives a task that nobody owns to the closest store when the balance would give it to one far behind', () => {
    const placed = placeTasks(
      2,
      [member('a', { stored: { 0: 900, 1: 900 } }), member('b', { stored: { 0: 10 } })],
      WARM_FIRST,
    );
    expect(placed.get('a')).toMatchObject({ tasks: [0, 1] });
    expect(placed.get('b')).toMatchObject({ tasks: [], warming: [0] });
  });

  it('warms nothing where nobody holds a store, as at a first start', () => {
    const fresh = ['a', 'b', 'c'].map((id) => member(id));
    const placed = placeTasks(7, fresh, WARM_FIRST);
    expect(new Map([...placed].map(([id, { tasks }]) => [id, tasks]))).toEqual(assignTasks(7, fresh));
    expect([...placed.values()].flatMap(({ standbys }) => standbys)).toEqual([]);
  });

  it('keeps no standby where there is one worker only', () => {
    expect(placeTasks(3, [member('a')], ONE_COPY).get('a')).toMatchObject({ tasks: [0, 1, 2], standbys: [] });
  });
});
