/** Logs where each template code that this worker does not know came first. The code itself is the producer's text, and in no log. */
import type { Logger } from '../../common/log.js';

/** Producers make codes up: further ones are counted alone. */
const MOST_CODES = 1000;
const MOST_CHARACTERS = 100;

export class UnknownTemplates {
  readonly #log: Logger;
  readonly #seen = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** `origin`: of the request. */
  note(code: string, origin: string): void {
    const cut = shortened(code);
    if (this.#seen.size >= MOST_CODES || this.#seen.has(cut)) return;
    this.#seen.add(cut);
    const isLast = this.#seen.size === MOST_CODES;
    this.#log.info(
      { origin, codes: this.#seen.size, isLast },
      'a request names a template that this worker does not have, the first with this code: mailservice is given it',
    );
  }
}

/** A copy: a part of a long text keeps the whole of it in memory. */
function shortened(code: string): string {
  return code.length <= MOST_CHARACTERS ? code : Buffer.from(code.slice(0, MOST_CHARACTERS)).toString();
}
