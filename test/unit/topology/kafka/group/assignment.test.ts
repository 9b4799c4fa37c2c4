import { describe, expect, it } from 'vitest';
import { FatalError } from '../../../../../common/errors.js';
import {
  decodeAssignment,
  decodeMetadata,
  encodeAssignment,
  whyForeign,
} from '../../../../../topology/kafka/group/assignment.js';
import { MemberAssignment } from '../../../../../topology/kafka/protocol/internals.js';
import { NO_PLACEMENT } from '../../../../../topology/kafka/group/placement.js';

const PARTITIONS = new Map([
  ['tasks', 3],
  ['crm', 1],
]);
const assignmentOf = (userData: unknown): Buffer =>
  MemberAssignment.encode({
    version: 1,
    assignment: { tasks: [0] },
    userData: userData === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(userData)),
  });

describe('an assignment', () => {
  it('carries tasks and standbys, and the partitions as the leader counted them', () => {
    const placement = { tasks: [0, 2], standbys: [1], warming: [1], acceptableLag: 7 };
    const layout = { maxTasks: 3, partitions: PARTITIONS };
    const encoded = encodeAssignment({ placement, layout });
    expect(decodeAssignment(encoded, 'g')).toEqual({ placement, layout, refused: undefined });
    // What kafka-consumer-groups --describe shows.
    expect(MemberAssignment.decode(encoded)?.assignment).toEqual({ tasks: [0, 2], crm: [0] });
  });

  it('shows tools every partition of a task that has several', () => {
    const placement = { ...NO_PLACEMENT, tasks: [1] };
    const layout = {
      maxTasks: 2,
      partitions: new Map([
        ['tasks', 6],
        ['crm', 1],
      ]),
    };
    expect(MemberAssignment.decode(encodeAssignment({ placement, layout }))?.assignment).toEqual({ tasks: [1, 3, 5] });
  });

  it('is empty for a member that was given nothing', () => {
    expect(decodeAssignment(Buffer.alloc(0), 'g').placement).toEqual(NO_PLACEMENT);
  });

  it('may carry more than this version knows', () => {
    expect(
      decodeAssignment(assignmentOf({ version: 2, tasks: [4], maxTasks: 16, later: true }), 'g').placement.tasks,
    ).toEqual([4]);
  });

  it.each<[string, unknown, string]>([
    ['of a newer format', { version: 3, work: {} }, 'in format 3, this version reads 2'],
    ['of no tasks at all', { version: 2, tasks: null }, 'what the leader of group g assigns cannot be read'],
    ['whose tasks are none', { version: 2, tasks: ['4'], maxTasks: 16 }, 'cannot be read'],
    ['that shares tasks out by nothing, which has no end', { version: 2, tasks: [4], maxTasks: 0 }, 'cannot be read'],
    [
      'that counts more partitions than there are',
      { version: 2, maxTasks: 16, partitions: { t: 2 ** 40 } },
      'cannot be read',
    ],
    ['of another assigner', undefined, 'the tasks of group g were assigned by another assigner than ours'],
  ])('%s is refused: to go on without tasks would be to do nothing for good', (_, userData, message) => {
    expect(() => decodeAssignment(assignmentOf(userData), 'g')).toThrow(message);
    expect(() => decodeAssignment(assignmentOf(userData), 'g')).toThrow(FatalError);
  });
});

describe('what cannot be read', () => {
  it('is refused with a way out, whatever of it is cut off', () => {
    const whole = assignmentOf({ version: 2, tasks: [4], maxTasks: 16 });
    // Less than a version is no assignment at all.
    for (let size = 2; size < whole.length; size += 1) {
      expect(() => decodeAssignment(whole.subarray(0, size), 'g')).toThrow(FatalError);
    }
  });

  it('is nothing that a member says', () => {
    expect(decodeMetadata(Buffer.from('no metadata at all'))).toBeUndefined();
    expect(decodeMetadata(Buffer.alloc(1))).toBeUndefined();
  });
});

describe('a member of the group', () => {
  it.each<[string, string[]]>([
    ['reads the same', ['crm', 'tasks']],
    ['is of a version that reads one more', ['tasks', 'crm', 'sales']],
    ['is of a version that reads one less', ['tasks']],
  ])('is one of ours when it %s', (_, topics) => {
    expect(whyForeign(['tasks', 'crm'], topics)).toBeUndefined();
  });

  it.each<[string, string[]]>([
    ['reads others', ['p.tasks', 'p.crm']],
    ['reads one of ours and one that is not', ['tasks', 'orders']],
  ])('is of another application when it %s', (_, topics) => {
    expect(whyForeign(['tasks', 'crm'], topics)).toContain('the workers that are there read');
  });
});
