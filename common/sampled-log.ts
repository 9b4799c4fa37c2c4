/**
 * Log lines that whoever sends us something can cause, one for each thing sent: the first ones of a kind within a window
 * are written in full, of the others one line says how many there were. So nobody floods the log, whatever comes in.
 */
import type { Logger } from './log.js';

/** Lines of a kind that are written in full in a window. */
export const FIRST_LINES = 10;
export const WINDOW_MS = 60_000;

/** What tells kinds of one message apart, from closed lists: never anything that comes in. */
export type Kind = Readonly<Record<string, string>>;

type Level = 'warn' | 'error';

interface Window {
  readonly began: number;
  written: number;
  more: number;
  /** Says what was held back at its end, once something was. */
  timer?: NodeJS.Timeout;
  readonly sayMore: (more: object) => void;
}

export class SampledLog {
  readonly #log: Logger;
  /** By message and kind. One that is over stays until the next line of its kind. */
  readonly #windows = new Map<string, Window>();

  constructor(log: Logger) {
    this.#log = log;
  }

  warn(fields: object, message: string, kind: Kind = {}): void {
    this.#take('warn', fields, message, kind);
  }

  error(fields: object, message: string, kind: Kind = {}): void {
    this.#take('error', fields, message, kind);
  }

  /** Says now what was held back: nothing more will come. */
  flush(): void {
    for (const key of [...this.#windows.keys()]) this.#end(key);
  }

  #take(level: Level, fields: object, message: string, kind: Kind): void {
    const key = [message, ...Object.values(kind)].join('|');
    const window = this.#window(key, (more) => this.#log[level]({ ...kind, like: message, ...more }, 'more like this'));
    if (window.written < FIRST_LINES) {
      window.written += 1;
      this.#log[level](fields, message);
      return;
    }
    window.more += 1;
    window.timer ??= setTimeout(() => this.#end(key), window.began + WINDOW_MS - performance.now()).unref();
  }

  /** The one that is open. */
  #window(key: string, sayMore: Window['sayMore']): Window {
    const open = this.#windows.get(key);
    if (open && performance.now() - open.began < WINDOW_MS) return open;
    this.#end(key);
    const window: Window = { began: performance.now(), written: 0, more: 0, sayMore };
    this.#windows.set(key, window);
    return window;
  }

  #end(key: string): void {
    const window = this.#windows.get(key);
    if (!window) return;
    this.#windows.delete(key);
    clearTimeout(window.timer);
    const seconds = Math.ceil((performance.now() - window.began) / 1000);
    if (window.more > 0) window.sayMore({ more: window.more, seconds });
  }
}
