/** ptm_task: tasks are assigned, commented on, completed, or overdue. */
import type { Service } from './simulated-event.js';

const TITLES = [
  'Prepare the quarterly report',
  'Call the warehouse about pallet 17',
  'Review the supplier contract',
  "Reconcile March's invoices",
  'Order name badges for the fair',
  'Fix the label printer <B2>',
  'Interview the new driver',
  'Kiểm kê kho Bình Dương',
  'Update the price list & terms',
] as const;

const DAY_MS = 86_400_000;

/** TASK_ARCHIVED is none of the contract's. */
const MIX = { TASK_ASSIGNED: 35, TASK_COMMENTED: 32, TASK_COMPLETED: 22, TASK_OVERDUE: 10.5, TASK_ARCHIVED: 0.5 };
const PRIORITIES = { NORMAL: 70, LOW: 15, HIGH: 15 };

export const ptmTask: Service = ({ random, staff, now }) => {
  const eventType = random.weighted(MIX);
  const person = staff.anyone();
  const actor = staff.colleagueOf(person);
  const eventId = `task-${random.hex(16)}`;
  const taskTitle = random.pick(TITLES);
  const priority = random.weighted(PRIORITIES);
  return {
    topic: 'TASK_EVENT_TOPIC',
    key: eventId,
    event: {
      eventId,
      eventType,
      timestamp: BigInt(now()),
      taskId: BigInt(40_000 + random.below(9_000)),
      taskTitle,
      userId: person.userId,
      assignedTo: person.userId,
      assignedBy: actor.userId,
      tenantId: person.tenantId,
      priority,
      deadlineMs: random.chance(0.6) ? BigInt(now() + (1 + random.below(14)) * DAY_MS) : null,
    },
  };
};
