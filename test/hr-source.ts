/** A source that the contract does not know: the topology is given it as data. */
import { SOURCES } from '../dev/contract/sources.js';
import type { AvroRecord } from '../schemas/avro/avro-schema.js';
import type { EventRecord } from '../schemas/codecs.js';
import type { SourceSpec } from '../schemas/source-spec.js';

export const HR_RECORD: AvroRecord = {
  type: 'record',
  name: 'HrEvent',
  namespace: 'serp.hr',
  doc: 'Somebody joins, or leaves.',
  fields: [
    { name: 'eventId', type: 'string' },
    { name: 'eventType', type: 'string' },
    { name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'tenantId', type: 'long' },
    { name: 'employee', type: 'long' },
    { name: 'contract', type: { type: 'enum', name: 'Contract', symbols: ['PERMANENT', 'FIXED_TERM'] } },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
};

export const HR_SOURCE: SourceSpec = { name: 'hr', topic: 'HR_EVENT_TOPIC', record: HR_RECORD, format: 'avro' };

/** The contract's, and that one. */
export const SIX_SOURCES: readonly SourceSpec[] = [...SOURCES, HR_SOURCE];

export const hrEvent: EventRecord = {
  eventId: 'hr-1',
  eventType: 'EMPLOYEE_JOINED',
  timestamp: 1_760_000_000_000n,
  tenantId: 1n,
  employee: 7n,
  contract: 'FIXED_TERM',
  note: null,
};
