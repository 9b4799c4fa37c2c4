/** The rules of a group's members: what they say, whoever reads it, and what the leader makes of it. */
import fc from 'fast-check';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { RulesIdentity } from '../../../../../common/rules-identity.js';
import { decodeUserData, encodeUserData } from '../../../../../topology/kafka/group/assigner.js';
import { decodeAssignment, encodeAssignment } from '../../../../../topology/kafka/group/assignment.js';
import { RulesInGroup } from '../../../../../topology/kafka/group/rules-in-group.js';
import { member } from './member-claims.js';
import {
  readAssignmentBeforeRules,
  readUserDataBeforeRules,
  writeAssignmentBeforeRules,
  writeUserDataBeforeRules,
} from './readers-before-rules.js';

const anyRules = fc.option(
  fc.record({ version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), digest: fc.string() }),
  { nil: undefined },
);
const tasks = fc.uniqueArray(fc.nat(40), { maxLength: 20 });
const anyClaim = fc.record({
  generation: fc.integer({ min: -1, max: 9 }),
  tasks,
  stored: fc.dictionary(fc.nat(45).map(String), fc.nat(1000)),
});
const anyPlacement = fc.record({ tasks, standbys: tasks, warming: tasks, acceptableLag: fc.nat(1000) });
const anyCounts = fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.nat(50));
const MAX_TASKS = 16;

describe('what a member says when it joins', () => {
  it('is read as it was said, with its rules', () => {
    fc.assert(
      fc.property(anyClaim, anyRules, (claim, rules) => {
        expect(decodeUserData('m', encodeUserData({ ...claim, rules }))).toEqual({ memberId: 'm', ...claim, rules });
      }),
    );
  });

  it('is read by a version that knows nothing of rules, and that version is read here', () => {
    fc.assert(
      fc.property(anyClaim, anyRules, (claim, rules) => {
        const read = { memberId: 'm', ...claim };
        expect(readUserDataBeforeRules('m', encodeUserData({ ...claim, rules }))).toEqual(read);
        const older = writeUserDataBeforeRules(claim.generation, claim.tasks, claim.stored);
        expect(decodeUserData('m', older)).toEqual(read);
      }),
    );
  });

  it.each<[string, unknown]>([
    ['no object', 7],
    ['null', null],
    ['a version that is none', { version: 0, digest: '' }],
    ['half a version', { version: 1.5, digest: '' }],
    ['no digest', { version: 1 }],
  ])('keeps its tasks though its rules cannot be read: %s', (_, rules) => {
    const said = { version: 1, generation: 3, tasks: [1], stored: {}, rules };
    const read = decodeUserData('m', Buffer.from(JSON.stringify(said)));
    expect(read).toStrictEqual({ memberId: 'm', generation: 3, tasks: [1], stored: {}, rules: undefined });
  });
});

describe('what a leader assigns', () => {
  it('is read as it was said, with the newest rules of the group', () => {
    fc.assert(
      fc.property(anyPlacement, anyCounts, anyRules, (placement, counts, newestRules) => {
        const layout = { maxTasks: MAX_TASKS, partitions: new Map(Object.entries(counts)), newestRules };
        expect(decodeAssignment(encodeAssignment({ placement, layout }), 'g')).toEqual({ placement, layout });
      }),
    );
  });

  it('is read by a version that knows nothing of rules, and that version is read here', () => {
    fc.assert(
      fc.property(anyPlacement, anyCounts, anyRules, (placement, counts, newestRules) => {
        const layout = { maxTasks: MAX_TASKS, partitions: new Map(Object.entries(counts)) };
        const encoded = encodeAssignment({ placement, layout: { ...layout, newestRules } });
        expect(readAssignmentBeforeRules(encoded)).toEqual({ placement, layout });
        const older = writeAssignmentBeforeRules(placement, MAX_TASKS, counts);
        expect(decodeAssignment(older, 'g')).toEqual({ placement, layout });
      }),
    );
  });
});

describe('the leader', () => {
  const log = pino({ level: 'silent' });
  const warned = vi.spyOn(log, 'warn');
  beforeEach(() => warned.mockClear());
  const claims = (rules: Readonly<Record<string, RulesIdentity | undefined>>) =>
    Object.entries(rules).map(([memberId, own]) => member(memberId, { rules: own }));
  const [old, newer, changed] = [
    { version: 1, digest: 'a' },
    { version: 2, digest: 'b' },
    { version: 2, digest: 'c' },
  ];

  it('finds the newest rules, whoever has them, and passes over members that do not say', () => {
    const rules = new RulesInGroup(log);
    expect(rules.newest([])).toBeUndefined();
    expect(rules.newest(claims({ x: undefined }))).toBeUndefined();
    expect(rules.newest(claims({ x: undefined, y: newer, z: old }))).toEqual(newer);
    expect(warned).not.toHaveBeenCalled();
  });

  it('warns once of a version that means several rule sets, and names who runs which', () => {
    const rules = new RulesInGroup(log);
    expect(rules.newest(claims({ x: newer, y: changed, z: old }))).toEqual(changed);
    expect(rules.newest(claims({ y: changed, x: newer }))).toEqual(changed);
    expect(warned.mock.calls).toEqual([
      [
        { version: 2, digests: { x: 'b', y: 'c' } },
        'members of the group run different rules of the same version: raise the version in rules.yaml with each change',
      ],
    ]);
  });

  it('warns again when that comes back', () => {
    const rules = new RulesInGroup(log);
    for (const group of [{ x: newer, y: changed }, { x: newer }, { x: newer, y: changed }]) rules.newest(claims(group));
    expect(warned).toHaveBeenCalledTimes(2);
  });
});
