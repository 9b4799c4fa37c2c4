/** How far a replay is: a bar on a terminal, else a line now and then. */
import { Presets, SingleBar } from 'cli-progress';
import type { ReplayProgress } from '../../topology/operations/dead-letters/replay.js';
import type { LetterBounds } from '../../topology/operations/dead-letters/scan.js';
import { advise } from '../print.js';

const LINE_MS = 10_000;

export interface ProgressShown {
  readonly update: (progress: ReplayProgress) => void;
  /** Everything was looked at: also what is no letter, such as the markers of transactions, which nobody is told of. */
  readonly finish: () => void;
  readonly stop: () => void;
}

/** `bounds`: of the dead-letter topic, by partition. On standard error. */
export function showProgress(bounds: ReadonlyMap<number, LetterBounds>): ProgressShown {
  const position = new Positions(bounds);
  if (!process.stderr.isTTY) return lines(position);
  const format = 'replaying [{bar}] {percentage}%  {sent} sent, {left} left';
  const bar = new SingleBar({ format, stream: process.stderr, barsize: 30, gracefulExit: false }, Presets.legacy);
  let isStarted = false;
  return {
    update: (progress) => {
      const payload = countsOf(progress);
      if (!isStarted) bar.start(position.total, 0, payload);
      isStarted = true;
      bar.update(position.after(progress), payload);
    },
    finish: () => bar.update(position.total),
    stop: () => bar.stop(),
  };
}

function lines(position: Positions): ProgressShown {
  let next = Date.now() + LINE_MS;
  return {
    update: (progress) => {
      if (Date.now() < next) return;
      next = Date.now() + LINE_MS;
      const share = Math.floor((100 * position.after(progress)) / Math.max(1, position.total));
      const { sent, left } = countsOf(progress);
      advise(`replaying: ${share}%, ${sent} sent, ${left} left`);
    },
    finish: () => undefined,
    stop: () => undefined,
  };
}

function countsOf({ tally }: ReplayProgress): { readonly sent: number; readonly left: number } {
  return { sent: tally.sentCount, left: tally.leftCount };
}

/** Offsets that were looked at, of all partitions. */
class Positions {
  readonly total: number;
  readonly #bounds: ReadonlyMap<number, LetterBounds>;
  readonly #positions = new Map<number, number>();

  constructor(bounds: ReadonlyMap<number, LetterBounds>) {
    this.#bounds = bounds;
    this.total = [...bounds.values()].reduce((sum, { low, end }) => sum + end - low, 0);
  }

  after({ at: { partition, offset } }: ReplayProgress): number {
    this.#positions.set(partition, offset + 1 - (this.#bounds.get(partition)?.low ?? 0));
    return [...this.#positions.values()].reduce((sum, passed) => sum + passed, 0);
  }
}
