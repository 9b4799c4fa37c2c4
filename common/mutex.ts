/** Work that must not overlap: one piece at a time, in the order in which they were given. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Begins when everything given before has ended, however; the next one begins when this has. */
  runExclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined); // whoever gave it hears of it
    return done;
  }
}
