/** The standbys of this worker: started, kept and closed as the group says; and when those that warm up are warm. */
import type { TaskState } from '../graph/task-state.js';
import type { Placement } from '../kafka/index.js';
import { Standby, type StandbyParts } from '../task/standby.js';

const LOOK_MS = 250;

export class Standbys {
  readonly #parts: StandbyParts;
  /** Every standby that warms up is close: the member must rejoin the group. */
  readonly #warm: () => void;
  readonly #running = new Map<number, Standby>();
  #warming: readonly number[] = [];
  #closeLag = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: StandbyParts, warm: () => void) {
    this.#parts = parts;
    this.#warm = warm;
  }

  get all(): readonly Standby[] {
    return [...this.#running.values()];
  }

  /** The stores of the standby of that task, if it runs here: the task goes on with them. */
  stateOf(task: number): TaskState | undefined {
    return this.#running.get(task)?.state;
  }

  /** Closes those that are not wanted any more; when it resolves nothing writes their stores. */
  async retain(wanted: readonly number[]): Promise<void> {
    const over = this.all.filter(({ number }) => !wanted.includes(number));
    for (const { number } of over) this.#running.delete(number);
    await Promise.all(over.map((standby) => standby.close()));
  }

  /** Starts those that are not running yet. */
  start({ standbys, warming, acceptableLag }: Placement): void {
    for (const number of standbys) {
      if (this.#running.has(number)) continue;
      const standby = new Standby(number, this.#parts);
      this.#running.set(number, standby);
      standby.start();
    }
    this.#warming = warming;
    // Half: what is committed until the group has been joined again must not make it too far once more.
    this.#closeLag = acceptableLag / 2;
    clearInterval(this.#timer);
    if (warming.length > 0) this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.retain([]);
  }

  #look(): void {
    const isClose = (number: number): boolean => (this.#running.get(number)?.lag ?? Infinity) <= this.#closeLag;
    if (!this.#warming.every(isClose)) return;
    clearInterval(this.#timer);
    this.#warm();
  }
}
