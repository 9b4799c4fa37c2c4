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
import { transitions } from '../../common/transitions.js';

export const TASK_PHASES = ['created', 'restoring', 'running', 'suspended', 'in doubt', 'closed'] as const;
export type TaskPhase = (typeof TASK_PHASES)[number];

/** The next phase, or an error that names both. */
export const transition = transitions<TaskPhase>('a task', {
  created: ['restoring', 'closed'],
  restoring: ['running', 'closed'],
  running: ['suspended', 'in doubt', 'restoring', 'closed'],
  suspended: ['running', 'in doubt', 'closed'],
  'in doubt': ['suspended', 'restoring', 'closed'],
  closed: [],
});
