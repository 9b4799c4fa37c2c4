/** Which record each topic carries. */
import type { SourceTopic } from '../common/record.js';
import type { AvroRecord } from './avro/avro-schema.js';
import type { SinkEvents } from './codecs.js';
import { SCHEMAS } from './types.js';

/** The topics whose values are Avro, by logical name: all but the dead letters. */
export type AvroTopic = SourceTopic | keyof SinkEvents;

export const SOURCE_RECORDS: Readonly<Record<SourceTopic, AvroRecord>> = {
  NOTIFICATION_REQUEST_TOPIC: SCHEMAS.NotificationRequestEvent,
  TASK_EVENT_TOPIC: SCHEMAS.TaskEvent,
  CRM_EVENT_TOPIC: SCHEMAS.CrmEvent,
  SALES_EVENT_TOPIC: SCHEMAS.SalesEvent,
  USER_EVENT_TOPIC: SCHEMAS.UserEvent,
};

export const SINK_RECORDS: Readonly<Record<keyof SinkEvents, AvroRecord>> = {
  EMAIL_REQUEST_TOPIC: SCHEMAS.EmailRequestEvent,
  PUSH_REQUEST_TOPIC: SCHEMAS.PushRequestEvent,
  NOTIFICATION_INAPP_TOPIC: SCHEMAS.InAppNotification,
  NOTIFICATION_DELIVERED_TOPIC: SCHEMAS.NotificationDeliveredEvent,
  USER_DIRECTORY: SCHEMAS.UserDirectoryEntry,
};

/** Every topic's record. No two topics carry the same one. */
export const TOPIC_RECORDS: Readonly<Record<AvroTopic, AvroRecord>> = { ...SOURCE_RECORDS, ...SINK_RECORDS };
