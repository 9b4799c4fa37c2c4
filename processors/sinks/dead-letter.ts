/** NOTIFICATION_DLQ: the record as it came, with headers that say where from and why it could not be processed. */
import type { DeadLetterSink } from '../../topology/graph.js';
import type { DeadLetterCause } from '../../topology/outcome.js';
import type { RecordHeaders } from '../../topology/record.js';

const REPLAY_COUNT = 'dlq.replay-count';
/** A name is any text that the thrower chose; headers count towards a record's size. In UTF-16 units. */
const NAME_LENGTH = 200;

export const writeDeadLetter: DeadLetterSink = (record, cause, { appId, stackTraces, topicName }) => ({
  topic: 'NOTIFICATION_DLQ',
  key: record.key,
  value: record.value,
  headers: {
    ...record.headers,
    '__streams.errors.exception': exceptionOf(cause),
    '__streams.errors.message': cause.message,
    '__streams.errors.topic': topicName(record.topic),
    '__streams.errors.partition': String(record.partition),
    '__streams.errors.offset': String(record.offset),
    '__streams.errors.stacktrace': stackTraces ? stackOf(cause.error) : '',
    'dlq.reason': cause.reason,
    'dlq.timestamp': String(record.timestamp),
    'dlq.attempts': String(cause.attempts),
    [REPLAY_COUNT]: replayCountOf(record.headers),
    'dlq.app': appId,
  },
});

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
    .join('\n');
}

/** A replay of a dead letter counts itself in this header; it outlives the next failure. */
function replayCountOf(headers: RecordHeaders): Buffer | string {
  const given = headers[REPLAY_COUNT];
  const last = Array.isArray(given) ? given.at(-1) : given;
  return last ?? '0';
}
