/** JSON logs. Ids, origins and error classes only: never a payload, an address, a token or a header. */
import { pino, type Logger } from 'pino';

export type { Logger };

export function createLogger(level: string): Logger {
  const output = pino.destination({ fd: 1, sync: true });
  // pino itself goes on in silence when nobody reads it any more.
  output.on('error', (error: Error) => process.stdout.emit('error', error));
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
}
