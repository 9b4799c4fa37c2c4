import type { SinkSchemaIds } from '../../schemas/encoder.js';

/** For benches without a registry. */
export const SINK_SCHEMA_IDS: SinkSchemaIds = {
  EMAIL_REQUEST_TOPIC: 1,
  PUSH_REQUEST_TOPIC: 2,
  NOTIFICATION_INAPP_TOPIC: 3,
  NOTIFICATION_DELIVERED_TOPIC: 4,
  USER_DIRECTORY: 5,
};
