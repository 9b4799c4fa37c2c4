/** A log that a test reads. */
import { pino, type Logger } from 'pino';

export type LogRecord = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

export class RecordedLog {
  readonly records: LogRecord[] = [];
  readonly logger: Logger = pino(
    { level: 'debug', base: null, formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => this.records.push(JSON.parse(line) as LogRecord) },
  );
}
