/** ptm_task: a task was assigned, is overdue, was completed or commented on. */
import type { TaskEvent } from '../../schemas/types.js';
import { NO_CORRECTIONS } from '../../common/correction.js';
import { ChannelSet } from '../channel-set.js';
import { NO_VALUES, notify, type Mapper, type Mapping } from './mapping.js';

const SOURCE = { sourceService: 'ptm_task', category: 'TASK' };

const MAPPINGS = new Map<string, Mapping<TaskEvent>>([
  [
    'TASK_ASSIGNED',
    {
      title: 'Task assigned',
      message: ({ taskTitle }) => `Task '${taskTitle}' assigned to you`,
      channels: new ChannelSet(['IN_APP', 'EMAIL']),
      type: 'INFO',
    },
  ],
  [
    'TASK_OVERDUE',
    {
      title: 'Task overdue',
      message: ({ taskTitle }) => `Task '${taskTitle}' is overdue!`,
      channels: new ChannelSet(['IN_APP', 'EMAIL', 'PUSH']),
      type: 'WARNING',
    },
  ],
  [
    'TASK_COMPLETED',
    {
      title: 'Task completed',
      message: ({ taskTitle }) => `Task '${taskTitle}' marked as complete`,
      channels: new ChannelSet(['IN_APP']),
      type: 'SUCCESS',
    },
  ],
  [
    'TASK_COMMENTED',
    {
      title: 'New comment',
      message: ({ taskTitle }) => `New comment on task '${taskTitle}'`,
      channels: new ChannelSet(['IN_APP', 'PUSH']),
      type: 'INFO',
    },
  ],
]);

export const mapTask: Mapper<TaskEvent> = (event) => {
  const mapping = MAPPINGS.get(event.eventType);
  if (mapping === undefined) return undefined;
  return {
    topic: 'TASK_EVENT_TOPIC',
    eventId: event.eventId,
    timestamp: event.timestamp,
    tenantId: event.tenantId,
    recipients: [event.assignedTo],
    notification: notify(mapping, event, SOURCE, {
      priority: event.priority,
      entityType: 'task',
      entityId: event.taskId,
      metadata: NO_VALUES,
    }),
    directory: null,
    contact: null,
    corrections: NO_CORRECTIONS,
  };
};
