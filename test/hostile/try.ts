/** One try to do harm, as data: what is done, what must hold, and what was seen before it held. */

export interface Try<Scene> {
  /** What is done; with the scene's title it is the test's name and a row of docs/security-tests.md. */
  readonly name: string;
  /** What must hold, in words. */
  readonly holds: string;
  /** What was seen on the build before the mends; undefined when it held already. */
  readonly before?: string;
  /** Part of the short form, which `npm test` runs. */
  readonly isShort?: boolean;
  /** Throws when it does not hold. */
  readonly run: (scene: Scene) => Promise<void>;
}

/** Tries against the same thing. */
export interface TryGroup<Scene> {
  readonly title: string;
  /** What the scene is, for the page. */
  readonly against: string;
  readonly tries: readonly Try<Scene>[];
}
