/**
 * The states of a task.
 *
 *     created ──► restoring ──► running ◄──► suspended
 *        │          │  ▲           │             │
 *        │          │  └───────────┤             │     running → restoring: the outcome of a commit is unknown
 *        ▼          ▼              ▼             ▼
 *        └──────────┴─── closed ◄──┴─────────────┘
 */
export const TASK_STATES = ['created', 'restoring', 'running', 'suspended', 'closed'] as const;
export type TaskState = (typeof TASK_STATES)[number];

const ALLOWED: Readonly<Record<TaskState, readonly TaskState[]>> = {
  created: ['restoring', 'closed'],
  restoring: ['running', 'suspended', 'closed'],
  running: ['suspended', 'restoring', 'closed'],
  suspended: ['running', 'restoring', 'closed'],
  closed: [],
};

/** The next state, or an error that names both. */
export function transition(from: TaskState, to: TaskState): TaskState {
  if (!ALLOWED[from].includes(to)) throw new Error(`a task can not go from ${from} to ${to}`);
  return to;
}
