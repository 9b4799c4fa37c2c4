/** The contract's table of event types, as a model of its own: nothing of `processors/` is used here. */
import type { SourceEvents } from '../../schemas/codecs.js';
import type { CrmEvent } from '../../schemas/types.js';

/** What an event of one type tells its recipient. */
export interface Notice<Event> {
  readonly title: string;
  readonly message: (event: Event) => string;
  readonly channels: readonly string[];
  readonly type: string;
}

/** The topics whose event types the table lists; a request says by itself what it tells. */
export type NoticeTopic = Exclude<keyof SourceEvents, 'NOTIFICATION_REQUEST_TOPIC'>;

export const NOTICES: { readonly [T in NoticeTopic]: Readonly<Record<string, Notice<SourceEvents[T]>>> } = {
  TASK_EVENT_TOPIC: {
    TASK_ASSIGNED: {
      title: 'Task assigned',
      message: ({ taskTitle }) => `Task '${taskTitle}' assigned to you`,
      channels: ['IN_APP', 'EMAIL'],
      type: 'INFO',
    },
    TASK_OVERDUE: {
      title: 'Task overdue',
      message: ({ taskTitle }) => `Task '${taskTitle}' is overdue!`,
      channels: ['IN_APP', 'EMAIL', 'PUSH'],
      type: 'WARNING',
    },
    TASK_COMPLETED: {
      title: 'Task completed',
      message: ({ taskTitle }) => `Task '${taskTitle}' marked as complete`,
      channels: ['IN_APP'],
      type: 'SUCCESS',
    },
    TASK_COMMENTED: {
      title: 'New comment',
      message: ({ taskTitle }) => `New comment on task '${taskTitle}'`,
      channels: ['IN_APP', 'PUSH'],
      type: 'INFO',
    },
  },
  CRM_EVENT_TOPIC: {
    LEAD_ASSIGNED: {
      title: 'Lead assigned',
      message: ({ entityName }) => `Lead '${entityName}' assigned to you`,
      channels: ['IN_APP', 'EMAIL'],
      type: 'INFO',
    },
    DEAL_WON: { title: 'Deal won', message: dealWon, channels: ['IN_APP', 'EMAIL'], type: 'SUCCESS' },
    DEAL_LOST: {
      title: 'Deal lost',
      message: ({ entityName }) => `Deal '${entityName}' marked as lost`,
      channels: ['IN_APP'],
      type: 'INFO',
    },
    ACTIVITY_DUE: {
      title: 'Activity due',
      message: ({ entityName }) => `Activity '${entityName}' due today`,
      channels: ['IN_APP', 'PUSH'],
      type: 'WARNING',
    },
  },
  SALES_EVENT_TOPIC: {
    ORDER_CREATED: {
      title: 'Order created',
      message: ({ orderId }) => `New order #${orderId} created`,
      channels: ['IN_APP'],
      type: 'INFO',
    },
    PAYMENT_RECEIVED: {
      title: 'Payment received',
      message: ({ orderId }) => `Payment received for order #${orderId}`,
      channels: ['IN_APP', 'EMAIL'],
      type: 'SUCCESS',
    },
    PAYMENT_DUE: {
      title: 'Payment due',
      message: ({ orderId }) => `Payment due for order #${orderId}`,
      channels: ['IN_APP', 'EMAIL', 'PUSH'],
      type: 'WARNING',
    },
    ORDER_SHIPPED: {
      title: 'Order shipped',
      message: ({ orderId }) => `Order #${orderId} has been shipped`,
      channels: ['IN_APP', 'EMAIL'],
      type: 'INFO',
    },
  },
  USER_EVENT_TOPIC: {
    USER_CREATED: {
      title: 'Welcome',
      message: ({ fullName }) => (fullName === null || fullName.trim() === '' ? 'Welcome!' : `Welcome, ${fullName}!`),
      channels: ['IN_APP', 'EMAIL'],
      type: 'INFO',
    },
    PASSWORD_CHANGED: {
      title: 'Password changed',
      message: () => 'Your password was changed',
      channels: ['IN_APP', 'EMAIL'],
      type: 'WARNING',
    },
  },
};

/** Event types that the contract knows and tells nobody of. */
export const SILENT: readonly string[] = ['USER_UPDATED', 'USER_DELETED'];

function dealWon({ entityName, value }: CrmEvent): string {
  const won = `🎉 Deal '${entityName}' won!`;
  if (value === null || !Number.isFinite(value)) return won;
  const digits = Number.isInteger(value) ? 0 : 2;
  return `${won} Value: $${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}
