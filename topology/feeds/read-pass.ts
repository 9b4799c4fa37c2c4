/**
 * One pass over a stretch of what was missed, read to every socket that missed it.
 *
 *     asked ──► begun ──► ended
 *       └──────────────────▲
 *
 * asked  its first records are on their way
 * begun  they are there, and so are those after them: who joins is told at once that it recovers
 * ended  nobody may join
 */
import { transitions } from '../../common/transitions.js';
import type { ReadBudget, ResumingReader } from '../../gateway/in-app-log.js';

type State = 'asked' | 'begun' | 'ended';

const move = transitions<State>('a pass', { asked: ['begun', 'ended'], begun: ['ended'], ended: [] });

/** What is read to the sockets of one user. */
interface Share {
  /** Where the first of them begins. */
  from: number;
  readonly readers: Set<ResumingReader>;
}

export class ReadPass {
  readonly from: number;
  /** Where it ends, if it has not come to what is new before. */
  readonly end: number;
  /** The offset of the record that comes next. */
  position: number;
  /** The offset after what was fetched. */
  fetched: number;
  readonly #budget: ReadBudget;
  /** By user. */
  readonly #shares = new Map<string, Share>();
  #state: State = 'asked';

  constructor(from: number, end: number, budget: ReadBudget) {
    this.from = this.position = this.fetched = from;
    this.end = end;
    this.#budget = budget;
  }

  /** Whether it will come past the reader's position. */
  canTake({ next }: ResumingReader): boolean {
    return this.#state !== 'ended' && this.position <= next && next < this.end;
  }

  join(reader: ResumingReader): void {
    const share = this.#shares.get(reader.key);
    if (!share) this.#shares.set(reader.key, { from: reader.next, readers: new Set([reader]) });
    else {
      share.readers.add(reader);
      share.from = Math.min(share.from, reader.next);
    }
    if (this.#state === 'begun') reader.recovering();
  }

  /** Records came, up to that offset. */
  arrived(nextOffset: number): void {
    this.fetched = nextOffset;
    if (this.#state !== 'asked') return;
    this.#state = move(this.#state, 'begun');
    for (const reader of this.#readers) reader.recovering();
  }

  get isWanted(): boolean {
    return this.#shares.size > 0;
  }

  get #readers(): ResumingReader[] {
    return [...this.#shares.values()].flatMap(({ readers }) => [...readers]);
  }

  readersOf(user: string): ReadonlySet<ResumingReader> | undefined {
    return this.#shares.get(user)?.readers;
  }

  /** The reader takes no more of it. What was fetched for its user's sockets is the user's, once. */
  letGo(reader: ResumingReader): void {
    const share = this.#shares.get(reader.key);
    if (!share?.readers.delete(reader) || share.readers.size > 0) return;
    this.#shares.delete(reader.key);
    this.#charge(reader.key, share);
  }

  /** Charges each user for what was fetched for it, and gives those that it was read to. */
  finish(): ResumingReader[] {
    this.#state = move(this.#state, 'ended');
    const readers = this.#readers;
    for (const [user, share] of this.#shares) this.#charge(user, share);
    this.#shares.clear();
    return readers;
  }

  #charge(user: string, { from }: Share): void {
    this.#budget.charge(user, Math.max(0, this.fetched - from));
  }
}
