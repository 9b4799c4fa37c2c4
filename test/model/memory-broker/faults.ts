/** What the in-memory cluster does wrong when a test says so; nothing by default. */
import { NONE } from './codes.js';
import type { Api } from './memory-cluster.js';

export class Faults {
  /**
   * The error code with which a request is answered, with nothing done. `subject`: "topic/partition" of a Produce or a
   * Fetch, else empty. NONE: it is served.
   */
  refuse: (api: Api, subject: string) => number = () => NONE;
  /** Topics of which every fetch arrives with a bit flipped. */
  readonly damaged = new Set<string>();
  /** The next EndTxn of version 2 is done, and answered with this, as when its coordinator moves. */
  endAnswer: number = NONE;
}
