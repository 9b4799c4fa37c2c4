/** NOTIFICATION_DLQ: the record as it came, with headers that say where from and why it could not be processed. */
import type { DeadLetterSink } from '../sink.js';
import type { DeadLetterCause } from '../outcome.js';
import type { SourceRecord } from '../../common/record.js';
import { RecordHeaders, type Header } from '../../common/record-headers.js';

/** The header that a replay adds, and that each dead letter says again. */
export const REPLAY_COUNT = 'dlq.replay-count';
/** Headers count towards a record's size, and these must always fit. In UTF-16 units. */
const NAME_LENGTH = 200;
const MESSAGE_LENGTH = 1000;
const STACK_LENGTH = 3000;

export const writeDeadLetter: DeadLetterSink = (record, cause, { appId, stackTraces, topicName }) => {
  const { key, value, headers, defect } = record;
  const added: Header[] = [
    ['__streams.errors.exception', exceptionOf(cause)],
    ['__streams.errors.message', cause.message.slice(0, MESSAGE_LENGTH)],
    ['__streams.errors.topic', topicName(record.topic)],
    ['__streams.errors.partition', String(record.partition)],
    ['__streams.errors.offset', String(record.offset)],
    ['__streams.errors.stacktrace', stackTraces ? stackOf(cause.error) : ''],
    ['dlq.reason', cause.reason],
    ['dlq.timestamp', String(record.timestamp)],
    ['dlq.attempts', String(cause.attempts)],
    [REPLAY_COUNT, replayCountOf(headers)],
    ['dlq.app', appId],
    ...batchHeaders(record),
  ];
  return {
    topic: 'NOTIFICATION_DLQ',
    key,
    value,
    headers,
    added: RecordHeaders.of(added),
    wholeValue: defect?.kind === 'too-large' ? defect.value : undefined,
  };
};

/** For a whole batch: up to where it goes, and what it is in the log. */
function batchHeaders({ defect }: SourceRecord): Header[] {
  if (defect?.kind !== 'unreadable-batch') return [];
  return [
    ['dlq.batch-last-offset', String(defect.lastOffset)],
    ['dlq.batch-codec', defect.codec],
    ['dlq.batch-bytes', String(defect.bytes)],
  ];
}

/** The class of the error behind it, else the reason written as one: `invalid-event` -> `InvalidEvent`. */
function exceptionOf({ error, reason }: DeadLetterCause): string {
  if (error instanceof Error) return error.name.slice(0, NAME_LENGTH);
  return reason.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The frames alone: what stands before them is the error's message, which may quote the payload. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return '';
  return error.stack
    .replace(error.message, '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n')
    .slice(0, STACK_LENGTH);
}

/** A replay of a dead letter counts itself in this header; it outlives the next failure. */
function replayCountOf(headers: RecordHeaders): string {
  const given = headers.last(REPLAY_COUNT)?.toString('latin1') ?? '';
  return /^\d{1,9}$/.test(given) ? given : '0';
}
