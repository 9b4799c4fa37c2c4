/** The topics of the contract and the records that they carry: what the ERP's services send, and what we make of it. */
import type { SourceTopic } from '../../common/record.js';
import type { AvroRecord } from '../../schemas/avro/avro-schema.js';
import type { SinkEvents } from '../../schemas/codecs.js';
import type { SourceSpec } from '../../schemas/source-spec.js';
import { SINK_RECORDS } from '../../schemas/topic-records.js';
import { SCHEMAS } from '../../schemas/types.js';

/** The topics whose values are Avro, by logical name: all but the dead letters. */
export type AvroTopic = SourceTopic | keyof SinkEvents;

export const SOURCE_RECORDS: Readonly<Record<SourceTopic, AvroRecord>> = {
  NOTIFICATION_REQUEST_TOPIC: SCHEMAS.NotificationRequestEvent,
  TASK_EVENT_TOPIC: SCHEMAS.TaskEvent,
  CRM_EVENT_TOPIC: SCHEMAS.CrmEvent,
  SALES_EVENT_TOPIC: SCHEMAS.SalesEvent,
  USER_EVENT_TOPIC: SCHEMAS.UserEvent,
};

/** Every topic's record. No two topics carry the same one. */
export const TOPIC_RECORDS: Readonly<Record<AvroTopic, AvroRecord>> = { ...SOURCE_RECORDS, ...SINK_RECORDS };

export const SOURCES: readonly SourceSpec[] = [
  avro('requests', 'NOTIFICATION_REQUEST_TOPIC'),
  avro('tasks', 'TASK_EVENT_TOPIC'),
  avro('crm', 'CRM_EVENT_TOPIC'),
  avro('sales', 'SALES_EVENT_TOPIC'),
  { ...avro('accounts', 'USER_EVENT_TOPIC'), bootstraps: 'user-directory' },
];

function avro(name: string, topic: SourceTopic): SourceSpec {
  return { name, topic, record: SOURCE_RECORDS[topic], format: 'avro' };
}
