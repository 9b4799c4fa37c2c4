/** Source records, and what becomes of them, for tests of the task. */
import type { Finished } from '../../../../topology/graph/executor.js';
import type { FetchedRecord } from '../../../../topology/kafka/index.js';
import type { RecordCollector } from '../../../../topology/graph/outputs.js';
import { sourcePartition, type DeadLetter, type SourceRecord, type SourceTopic } from '../../../../common/record.js';
import { RecordHeaders } from '../../../../common/record-headers.js';
import { DeadLetterLimit } from '../../../../topology/task/dead-letter-limit.js';
import type { Layer, Positions } from '../../../../topology/graph/task-state.js';
import { NotificationChanges, type Remembered } from '../../../../topology/stores/notification-state.js';
import type { WindowShape } from '../../../../state/dedup/stream-time.js';
import { StagedCommit } from '../../../../topology/task/staged-commit.js';
import { StagedOutputs } from '../../../../topology/task/staged-outputs.js';
import { TopicNames } from '../../../../common/topic-names.js';
import { digestOf } from '../../../digests.js';
import { textEncoder } from '../../schemas/text-encoder.js';
import { FakeBroker } from './fake-producer.js';

export function fetchedRecord(offset: number, text: string, timestamp = 1_000_000 + offset): FetchedRecord {
  const value = Buffer.from(text);
  return { offset, timestamp, key: value.subarray(0, 100), value, headers: RecordHeaders.NONE, bytes: 2 * text.length };
}

export function sourceRecord(topic: SourceTopic, offset: number, text: string): SourceRecord {
  return { topic, partition: 0, source: sourcePartition(topic, 0).name, ...fetchedRecord(offset, text) };
}

/** An e-mail that is a text: its encoder takes it for an event. */
export function emitText(outputs: RecordCollector, text: string): void {
  outputs.collect('EMAIL_REQUEST_TOPIC', text, text);
}

export function deadLetter(text: string, key: Buffer | null = null): DeadLetter {
  const none = RecordHeaders.NONE;
  return { topic: 'NOTIFICATION_DLQ', key, value: Buffer.from(text), headers: none, added: none };
}

/** Outputs that are on their way to a broker which is never asked; an event is its text. */
export function stagedOutputs(): StagedOutputs {
  const names = new TopicNames('', 'app');
  const producer = new FakeBroker(names.changelog).producer();
  const target = { task: 0, names, producer, deadLetters: new DeadLetterLimit(), deadLetterTopic: 'NOTIFICATION_DLQ' };
  return new StagedOutputs(target, textEncoder());
}

/** What the stores take of an event that is this text. */
export function remembered(text: string, parts: Partial<Remembered> = {}): Remembered {
  return { digest: digestOf(text), directory: null, recipients: [], later: null, event: { corrections: [] }, ...parts };
}

/** A commit that begins at these positions. */
export function stagedCommit(positions: Positions, shape: WindowShape): StagedCommit & Layer<NotificationChanges> {
  const changes = new NotificationChanges(shape);
  return Object.assign(new StagedCommit(positions, stagedOutputs(), changes), { changes });
}

export function forwarded(text: string): Finished {
  return { kind: 'forwarded', value: remembered(text) };
}

/** The commit takes the record, which becomes one output. */
export function forward(staged: StagedCommit, record: SourceRecord): void {
  const text = record.value!.toString();
  emitText(staged.outputs, text);
  staged.add(record, forwarded(text));
}
