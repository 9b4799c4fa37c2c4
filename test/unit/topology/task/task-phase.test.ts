import { describe, expect, it } from 'vitest';
import { TASK_PHASES, transition, type TaskPhase } from '../../../../topology/task/task-phase.js';

const LEGAL: readonly (readonly [TaskPhase, TaskPhase])[] = [
  ['created', 'restoring'],
  ['created', 'closed'],
  ['restoring', 'running'],
  ['restoring', 'closed'],
  ['running', 'suspended'],
  ['running', 'in doubt'],
  ['running', 'restoring'],
  ['running', 'closed'],
  ['suspended', 'running'],
  ['suspended', 'in doubt'],
  ['suspended', 'closed'],
  ['in doubt', 'suspended'],
  ['in doubt', 'restoring'],
  ['in doubt', 'closed'],
];
const ALL = TASK_PHASES.flatMap((from) => TASK_PHASES.map((to) => [from, to] as const));
const isLegal = (from: TaskPhase, to: TaskPhase): boolean => LEGAL.some(([a, b]) => a === from && b === to);

describe('a task', () => {
  it.each(ALL.filter(([from, to]) => isLegal(from, to)))('goes from %s to %s', (from, to) => {
    expect(transition(from, to)).toBe(to);
  });

  it.each(ALL.filter(([from, to]) => !isLegal(from, to)))(
    'cannot go from %s to %s, and the error names both',
    (from, to) => {
      expect(() => transition(from, to)).toThrow(`a task cannot go from ${from} to ${to}`);
    },
  );
});
