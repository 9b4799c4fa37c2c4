/** Events as the ERP's services send them; a test names only what matters to it. */
import type { CrmEvent, NotificationRequestEvent, SalesEvent, TaskEvent, UserEvent } from '../../schemas/types.js';

export const TENANT = 1n;
export const USER = 7n;
export const HAPPENED = 1_700_000_000_000n;

export function task(fields: Partial<TaskEvent> = {}): TaskEvent {
  return {
    eventId: 'task-1',
    eventType: 'TASK_ASSIGNED',
    timestamp: HAPPENED,
    taskId: 501n,
    taskTitle: 'Prepare invoice',
    userId: 3n,
    assignedTo: USER,
    assignedBy: 4n,
    tenantId: TENANT,
    priority: 'LOW',
    deadlineMs: null,
    ...fields,
  };
}

export function crm(fields: Partial<CrmEvent> = {}): CrmEvent {
  return {
    eventId: 'crm-1',
    eventType: 'LEAD_ASSIGNED',
    timestamp: HAPPENED,
    entityType: 'lead',
    entityId: 601n,
    entityName: 'Acme',
    userId: 3n,
    assignedTo: USER,
    tenantId: TENANT,
    value: null,
    stage: null,
    metadata: { ignored: 'yes' },
    ...fields,
  };
}

export function sales(fields: Partial<SalesEvent> = {}): SalesEvent {
  return {
    eventId: 'sales-1',
    eventType: 'ORDER_CREATED',
    timestamp: HAPPENED,
    orderId: 701n,
    customerId: 8n,
    customerName: 'Acme',
    userId: 3n,
    assignedTo: USER,
    tenantId: TENANT,
    amount: null,
    currency: null,
    dueAt: null,
    metadata: { ignored: 'yes' },
    ...fields,
  };
}

/** By default an update: it fills the directory and notifies nobody. */
export function user(fields: Partial<UserEvent> = {}): UserEvent {
  return {
    eventId: 'user-1',
    eventType: 'USER_UPDATED',
    timestamp: HAPPENED,
    userId: USER,
    tenantId: TENANT,
    email: 'linh@example.com',
    fullName: 'Linh Tran',
    locale: 'vi-VN',
    timeZone: 'Asia/Ho_Chi_Minh',
    deviceTokens: ['phone', 'tablet'],
    mutedChannels: [],
    ...fields,
  };
}

export function request(fields: Partial<NotificationRequestEvent> = {}): NotificationRequestEvent {
  return {
    eventId: 'request-1',
    eventType: 'CREATE_NOTIFICATION',
    timestamp: HAPPENED,
    userId: USER,
    userIds: [],
    tenantId: TENANT,
    title: 'Export ready',
    message: 'Your export can be downloaded',
    type: 'SUCCESS',
    category: 'SYSTEM',
    priority: 'NORMAL',
    sourceService: 'reporting',
    sourceEventId: '',
    actionUrl: null,
    actionType: null,
    entityType: null,
    entityId: null,
    channels: [],
    expiresAt: null,
    metadata: {},
    templateCode: null,
    templateVars: {},
    ...fields,
  };
}
