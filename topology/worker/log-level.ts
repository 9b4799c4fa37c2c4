/** The log level of a running worker: what an operator asks for, for a while or until the end, beside what LOG_LEVEL says. */
import type { Logger } from '../../common/log.js';
import { OPTIONS } from './options.js';

/** What LOG_LEVEL may be. */
export const LOG_LEVELS = OPTIONS.LOG_LEVEL.schema.options;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LevelStatus {
  readonly level: string;
  /** LOG_LEVEL. */
  readonly configured: string;
  /** When it falls back to that, ISO 8601; undefined when it does not. */
  readonly until?: string;
}

export class LiveLogLevel {
  readonly #log: Logger;
  readonly #configured: string;
  #fallBack: NodeJS.Timeout | undefined;
  #until: string | undefined;

  constructor(log: Logger) {
    this.#log = log;
    this.#configured = log.level;
  }

  get status(): LevelStatus {
    const base = { level: this.#log.level, configured: this.#configured };
    return this.#until === undefined ? base : { ...base, until: this.#until };
  }

  /** `seconds`: then it falls back to LOG_LEVEL; undefined: it stays. */
  set(level: LogLevel, seconds?: number): LevelStatus {
    clearTimeout(this.#fallBack);
    this.#until = seconds === undefined ? undefined : new Date(Date.now() + seconds * 1000).toISOString();
    if (seconds !== undefined) {
      this.#fallBack = setTimeout(() => {
        this.#until = undefined;
        this.#change(this.#configured, 'the log level falls back to LOG_LEVEL');
      }, seconds * 1000).unref();
    }
    this.#change(level, 'the log level is changed by an operator');
    return this.status;
  }

  /** Who reads the log later must know why there is more of it, or less: this line is there whatever both levels are. */
  #change(to: string, message: string): void {
    const from = this.#log.level;
    this.#log.level = 'info';
    this.#log.info({ from, to, until: this.#until }, message);
    this.#log.level = to;
  }
}
