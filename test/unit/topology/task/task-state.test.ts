import { describe, expect, it } from 'vitest';
import { TASK_STATES, transition, type TaskState } from '../../../../topology/task/task-state.js';

const LEGAL: readonly (readonly [TaskState, TaskState])[] = [
  ['created', 'restoring'],
  ['created', 'closed'],
  ['restoring', 'running'],
  ['restoring', 'suspended'],
  ['restoring', 'closed'],
  ['running', 'suspended'],
  ['running', 'restoring'],
  ['running', 'closed'],
  ['suspended', 'running'],
  ['suspended', 'restoring'],
  ['suspended', 'closed'],
];
const ALL = TASK_STATES.flatMap((from) => TASK_STATES.map((to) => [from, to] as const));
const isLegal = (from: TaskState, to: TaskState): boolean => LEGAL.some(([a, b]) => a === from && b === to);

describe('a task', () => {
  it.each(ALL.filter(([from, to]) => isLegal(from, to)))('goes from %s to %s', (from, to) => {
    expect(transition(from, to)).toBe(to);
  });

  it.each(ALL.filter(([from, to]) => !isLegal(from, to)))(
    'can not go from %s to %s, and the error names both',
    (from, to) => {
      expect(() => transition(from, to)).toThrow(`a task can not go from ${from} to ${to}`);
    },
  );
});
