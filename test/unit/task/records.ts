/** Source records, and what becomes of them, for tests of the task. */
import type { Processed } from '../../../topology/executor.js';
import type { FetchedRecord } from '../../../topology/kafka/index.js';
import { sourcePartition, type SinkRecord, type SourceRecord, type SourceTopic } from '../../../topology/record.js';
import type { StagedCommit } from '../../../topology/task/staged-commit.js';
import { StagedOutputs } from '../../../topology/task/staged-outputs.js';
import { TopicNames } from '../../../topology/topic-names.js';
import { digestOf } from '../../digests.js';
import { textEncoder } from '../schemas/text-encoder.js';
import { FakeBroker } from './fake-producer.js';

export function fetchedRecord(offset: number, text: string, timestamp = 1_000_000 + offset): FetchedRecord {
  return { offset, timestamp, key: Buffer.from(text), value: Buffer.from(text), headers: {}, bytes: 2 * text.length };
}

export function sourceRecord(topic: SourceTopic, offset: number, text: string): SourceRecord {
  return { topic, partition: 0, source: sourcePartition(topic, 0).name, ...fetchedRecord(offset, text) };
}

export function output(text: string): SinkRecord {
  return { topic: 'EMAIL_REQUEST_TOPIC', key: text, value: Buffer.from(text) };
}

/** Outputs that are on their way to a broker which is never asked; an event is its text. */
export function stagedOutputs(): StagedOutputs {
  const names = new TopicNames('', 'app');
  const producer = new FakeBroker(names.changelog).producer();
  return new StagedOutputs(() => ({ task: 0, names, producer }), textEncoder());
}

export function forwarded(text: string): Exclude<Processed, { kind: 'unresolved' }> {
  return { kind: 'forwarded', digest: digestOf(text) };
}

/** The commit takes the record, which becomes one output. */
export function forward(staged: StagedCommit, record: SourceRecord): void {
  const text = record.value!.toString();
  staged.outputs.add(output(text));
  staged.add(record, forwarded(text));
}
