/**
 * The phases of a task.
 *
 *     created ──► restoring ──► running ◄──► suspended
 *                  ▲     ▲         │  ▲          ▲ │
 *                  │     └─────────┤  │          │ ▼      in doubt: it stands still, and what becomes of its
 *                  └───────────────┼──┴───── in doubt     last commit is not known (yet)
 *                                  ▼
 *            every one ────────► closed
 */
export const TASK_PHASES = ['created', 'restoring', 'running', 'suspended', 'in doubt', 'closed'] as const;
export type TaskPhase = (typeof TASK_PHASES)[number];

const ALLOWED: Readonly<Record<TaskPhase, readonly TaskPhase[]>> = {
  created: ['restoring', 'closed'],
  restoring: ['running', 'closed'],
  running: ['suspended', 'in doubt', 'restoring', 'closed'],
  suspended: ['running', 'in doubt', 'closed'],
  'in doubt': ['suspended', 'restoring', 'closed'],
  closed: [],
};

/** The next phase, or an error that names both. */
export function transition(from: TaskPhase, to: TaskPhase): TaskPhase {
  if (!ALLOWED[from].includes(to)) throw new Error(`a task cannot go from ${from} to ${to}`);
  return to;
}
