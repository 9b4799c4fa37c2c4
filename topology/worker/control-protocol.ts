/** What an operator may ask a running worker over its control socket, a line of JSON each, and what it answers. */
import { z } from 'zod';
import { LOG_LEVELS, type LevelStatus, type LogLevel } from './log-level.js';
import type { Resumed } from './paused-partitions.js';
import type { WorkerStatus } from './status.js';

/** In the folder of the store. */
export const CONTROL_SOCKET = 'control.sock';
/** A request is a line of this many bytes at most. */
export const MOST_REQUEST_BYTES = 4096;
/** For so long a log level may be another, at most: a week. */
export const MOST_SECONDS = 7 * 24 * 3600;

const REQUEST = z.discriminatedUnion('command', [
  z.object({
    command: z.literal('log-level'),
    level: z.enum(LOG_LEVELS),
    seconds: z.number().int().min(1).max(MOST_SECONDS).optional(),
  }),
  z.object({ command: z.literal('dlq-resume'), partition: z.string().min(1).max(300).optional() }),
  z.object({ command: z.literal('status') }),
]);

export type ControlRequest = z.input<typeof REQUEST>;

/** What each command is answered, beside `ok` and the worker's `version`. */
export interface ControlAnswers {
  readonly 'log-level': LevelStatus;
  readonly 'dlq-resume': { readonly resumed: readonly string[] };
  readonly status: WorkerStatus;
}

interface Refused {
  readonly ok: false;
  readonly version: string;
  readonly error: string;
}

export type Answer<Command extends ControlRequest['command']> =
  (ControlAnswers[Command] & { readonly ok: true; readonly version: string }) | Refused;

/** The worker, as an operator has a hold on it. */
export interface ControlledWorker {
  setLogLevel(level: LogLevel, seconds: number | undefined): LevelStatus;
  /** Undefined without the stream role. */
  resumeDeadLetters(partition: string | undefined): Resumed | undefined;
  status(): WorkerStatus;
}

type Answered = ControlAnswers[ControlRequest['command']] | { readonly error: string };

/** Answers one line. Never throws for what it says. */
export function answerLine(line: string, worker: ControlledWorker, version: string): string {
  const answered = answerRequest(line, worker);
  return `${JSON.stringify({ ok: !('error' in answered), version, ...answered })}\n`;
}

function answerRequest(line: string, worker: ControlledWorker): Answered {
  const { data, error } = REQUEST.safeParse(parsed(line));
  if (error) return { error: `the worker does not understand the request: ${error.issues[0]!.message}` };
  switch (data.command) {
    case 'log-level':
      return worker.setLogLevel(data.level, data.seconds);
    case 'dlq-resume':
      return resumed(worker, data.partition);
    case 'status':
      return worker.status();
  }
}

function resumed(worker: ControlledWorker, partition: string | undefined): Answered {
  const outcome = worker.resumeDeadLetters(partition);
  if (outcome === undefined) return { error: 'the worker has no stream role, and so no partitions' };
  if (outcome.kind === 'resumed') return { resumed: outcome.partitions };
  return {
    error: `the worker does not have the partition ${partition}: \`notification-streams tasks\` says which one does`,
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // the schema says what was expected
  }
}
