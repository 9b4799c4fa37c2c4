/** JSON logs. Ids, origins and error classes only: never a payload, an address, a token or a header. */
import { pino, type LogFn, type Logger, type LoggerOptions } from 'pino';
import { docOf } from './doc-links.js';
import { projectVersion } from './project-root.js';

export type { Logger };

const SERVICE = 'notification-streams';
const WARN = 40;

/** How a line is made. */
export const LOG_OPTIONS = {
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
  hooks: { logMethod },
} satisfies LoggerOptions;

/** `worker`: WORKER_ID, which each line of a worker says, with the service and its version. */
export function createLogger(level: string, worker?: string): Logger {
  const output = pino.destination({ fd: 1, sync: true });
  // pino itself goes on in silence when nobody reads it any more.
  output.on('error', (error: Error) => process.stdout.emit('error', error));
  const base = worker === undefined ? null : { service: SERVICE, version: projectVersion(), worker };
  return pino({ ...LOG_OPTIONS, level, base }, output);
}

/** A warning, and what is worse, says where the docs speak of it. */
function logMethod(this: Logger, args: Parameters<LogFn>, log: LogFn, level: number): void {
  const [fields, message] = typeof args[0] === 'string' ? [{}, args[0]] : args;
  const doc = level >= WARN && typeof message === 'string' ? docOf(message) : undefined;
  if (doc === undefined) log.apply(this, args);
  else log.call(this, { ...(fields as object), doc }, message);
}
