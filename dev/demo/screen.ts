/** Shows the counts as they change: redrawn in place on a terminal, a line every few seconds elsewhere. */
import type { Ledger } from '../simulators/ledger.js';
import { renderCounts, renderLine } from './counts.js';

export interface ScreenStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 250;
const LINE_MS = 5000;

export class Screen {
  readonly #stream: ScreenStream;
  readonly #ledger: Ledger;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #drawn = 0;

  constructor(ledger: Ledger, stream: ScreenStream) {
    this.#ledger = ledger;
    this.#stream = stream;
  }

  /** A line that stays. */
  say(line: string): void {
    this.#erase();
    this.#stream.write(`${line}\n`);
  }

  /** Begins to show the counts. */
  start(): void {
    this.#startedAt = Date.now();
    const isTerminal = this.#stream.isTTY === true;
    this.#timer = setInterval(
      () => (isTerminal ? this.draw() : this.say(`${this.#elapsed()}  ${renderLine(this.#ledger)}`)),
      isTerminal ? REDRAW_MS : LINE_MS,
    );
  }

  /** Ends with nothing of the live counts left on the terminal. */
  stop(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  /** Draws the table over the one drawn before. */
  draw(): void {
    // A line longer than the terminal would take two, and the next drawing would begin in the wrong place.
    const width = (this.#stream.columns ?? 80) - 1;
    const lines = ['', ...renderCounts(this.#ledger), '', `${this.#elapsed()}  Ctrl-C ends it`].map((line) =>
      line.slice(0, width),
    );
    this.#erase();
    this.#stream.write(`${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#stream.write(`\x1b[${this.#drawn}A\x1b[0J`);
    this.#drawn = 0;
  }

  #elapsed(): string {
    const seconds = Math.floor((Date.now() - this.#startedAt) / 1000);
    return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
  }
}
