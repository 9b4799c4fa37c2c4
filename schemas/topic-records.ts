/** Which record each topic that we write carries. */
import type { AvroRecord } from './avro/avro-schema.js';
import type { SinkEvents } from './codecs.js';
import { SCHEMAS } from './types.js';

export const SINK_RECORDS: Readonly<Record<keyof SinkEvents, AvroRecord>> = {
  EMAIL_REQUEST_TOPIC: SCHEMAS.EmailRequestEvent,
  PUSH_REQUEST_TOPIC: SCHEMAS.PushRequestEvent,
  NOTIFICATION_INAPP_TOPIC: SCHEMAS.InAppNotification,
  NOTIFICATION_DELIVERED_TOPIC: SCHEMAS.NotificationDeliveredEvent,
  USER_DIRECTORY: SCHEMAS.UserDirectoryEntry,
};
