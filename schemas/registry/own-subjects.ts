/** Our schemas, each under the subject of its topic. */
import { type AvroRecord, fullName } from '../avro/avro-schema.js';
import { avroSources, type SourceSpec } from '../source-spec.js';
import { SINK_RECORDS } from '../topic-records.js';
import { subjectOf, type TopicName } from './registry.js';

export interface OwnSubject {
  /** Logical name. */
  readonly topic: string;
  readonly subject: string;
  readonly schema: AvroRecord;
  /** Full name of the record. */
  readonly record: string;
  /** A source's subject belongs to its producers; we only read. */
  readonly kind: 'source' | 'sink';
}

/** Those of the sources that are not JSON alone, of the sinks, of the directory. */
export function ownSubjects(sources: readonly SourceSpec[], topicName: TopicName): readonly OwnSubject[] {
  const own = (topic: string, schema: AvroRecord, kind: OwnSubject['kind']): OwnSubject => {
    return { topic, subject: subjectOf(topicName(topic)), schema, record: fullName(schema), kind };
  };
  return [
    ...avroSources(sources).map(({ topic, record }) => own(topic, record, 'source')),
    ...Object.entries(SINK_RECORDS).map(([topic, record]) => own(topic, record, 'sink')),
  ];
}
