import { expect, it } from 'vitest';
import { sayReason, type Reason } from '../../../common/reasons.js';

it.each<[string, Omit<Reason, 'code'>, string]>([
  ['one task', { tasks: [{ number: 3, state: 'restoring' }] }, 'task 3 is restoring'],
  [
    'many tasks by their state, however many there are',
    { tasks: [5, 0, 2, 1].map((number) => ({ number, state: number === 5 ? 'suspended' : 'restoring' })) },
    'task 5 is suspended; tasks 0-2 are restoring',
  ],
  ['one damaged partition', { damaged: ['orders-3'] }, "orders-3 is damaged on the brokers' disks"],
  [
    'tasks, and the partitions that are damaged',
    { tasks: [{ number: 0, state: 'created' }], damaged: ['orders-3', 'orders-4'] },
    "task 0 is created; orders-3, orders-4 are damaged on the brokers' disks",
  ],
])('says of %s what it waits for', (_, reason, said) => {
  expect(sayReason({ code: 'task-waits', ...reason })).toBe(said);
});
