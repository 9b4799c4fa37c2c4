/** Events as records of their topics; a test names only what matters to it. */
import type { CrmEvent, NotificationRequestEvent, SalesEvent, TaskEvent, UserEvent } from '../../../schemas/types.js';
import { userKey } from '../../../state/directory/directory-entry.js';
import { crm, request, sales, task, user } from '../../contract/events.js';
import { encode } from './avro.js';
import type { TestEnvironment } from './environment.js';
import type { TestMessage } from './produce.js';
import type { Sent } from './workload.js';

/** What a record has beside its value: the partition, headers, another key. */
type Over = Partial<TestMessage>;

export interface Messages {
  readonly task: (fields: Partial<TaskEvent>, over?: Over) => Sent;
  readonly crm: (fields: Partial<CrmEvent>, over?: Over) => Sent;
  readonly sales: (fields: Partial<SalesEvent>, over?: Over) => Sent;
  readonly request: (fields: Partial<NotificationRequestEvent>, over?: Over) => Sent;
  /** An update, unless the fields say otherwise. */
  readonly user: (fields: Partial<UserEvent>, over?: Over) => Sent;
}

/** Records in the environment's schemas. */
export function messagesOf({ ids }: Pick<TestEnvironment, 'ids'>): Messages {
  const value = (record: Parameters<typeof encode>[0], event: unknown): Buffer =>
    encode(record, ids.get(record)!, event);
  return {
    task: (fields, over) => {
      const event = task(fields);
      return { topic: 'TASK_EVENT_TOPIC', message: { key: event.eventId, value: value('TaskEvent', event), ...over } };
    },
    crm: (fields, over) => {
      const event = crm(fields);
      return { topic: 'CRM_EVENT_TOPIC', message: { key: event.eventId, value: value('CrmEvent', event), ...over } };
    },
    sales: (fields, over) => {
      const event = sales(fields);
      return {
        topic: 'SALES_EVENT_TOPIC',
        message: { key: event.eventId, value: value('SalesEvent', event), ...over },
      };
    },
    request: (fields, over) => {
      const event = request(fields);
      const message = { key: event.eventId, value: value('NotificationRequestEvent', event), ...over };
      return { topic: 'NOTIFICATION_REQUEST_TOPIC', message };
    },
    user: (fields, over) => {
      const event = user(fields);
      const message = { key: userKey(event.tenantId, event.userId), value: value('UserEvent', event), ...over };
      return { topic: 'USER_EVENT_TOPIC', message };
    },
  };
}
