/** An event as it is read, whose times are milliseconds, as one that its schema's own producers write. */
import type { AvroRecord } from './avro/avro-schema.js';
import { unitsAMillisecond } from './avro/timestamp-unit.js';
import { parseWriter, type WriterType } from './avro/writer-type.js';
import type { EventRecord } from './codecs.js';

/** Each time in the unit that its field has; what is no time is left as it is. */
export function inSchemaUnits(record: AvroRecord, event: EventRecord): EventRecord {
  return converted(parseWriter(record), event) as EventRecord;
}

function converted(type: WriterType, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (type.kind === 'long' && typeof value === 'bigint') return value * unitsAMillisecond(type);
  if (type.kind === 'array') return (value as readonly unknown[]).map((item) => converted(type.items, item));
  if (type.kind === 'union') {
    const [only, ...others] = type.branches.filter(({ kind }) => kind !== 'null');
    return only === undefined || others.length > 0 ? value : converted(only, value);
  }
  if (type.kind !== 'record') return value;
  const fields = value as EventRecord;
  return Object.fromEntries(type.fields.map(({ name, type: field }) => [name, converted(field, fields[name])]));
}
