/** Source records, and what an executor makes of them, for tests of the task. */
import { createHash } from 'node:crypto';
import type { Processed } from '../../../topology/executor.js';
import type { FetchedRecord } from '../../../topology/kafka/index.js';
import type { SinkRecord, SourceRecord, SourceTopic } from '../../../topology/record.js';

export const digestOf = (name: string): string => createHash('sha256').update(name).digest().toString('latin1', 0, 16);

export function fetchedRecord(offset: number, text: string, timestamp = 1_000_000 + offset): FetchedRecord {
  return { offset, timestamp, key: Buffer.from(text), value: Buffer.from(text), headers: {}, bytes: 2 * text.length };
}

export function sourceRecord(topic: SourceTopic, offset: number, text: string): SourceRecord {
  return { topic, partition: 0, ...fetchedRecord(offset, text) };
}

export function output(text: string): SinkRecord {
  return { topic: 'EMAIL_REQUEST_TOPIC', key: text, value: Buffer.from(text) };
}

export function forwarded(text: string): Exclude<Processed, { kind: 'unresolved' }> {
  return { kind: 'forwarded', outputs: [output(text)], digest: digestOf(text) };
}
