/** Where a task stands in its sources, and up to where its stores hold its changelog. */

/** Stream time before the first record. */
export const NO_STREAM_TIME = -1;

/** Where a task stands in one source partition. */
export interface SourcePosition {
  /** The topic whose offsets these are: one that is recreated has another. Undefined where the brokers know of no ids. */
  readonly topicId?: string | undefined;
  /** The next offset to process. */
  readonly nextOffset: number;
  /** The largest record timestamp seen, ms since the epoch, as far as it is believed. */
  readonly streamTime: number;
  /** Records before this offset feed a bootstrapped store and make no output (START_FROM); 0 when all do. */
  readonly notifyFrom: number;
}

/** Up to where the stores of a task hold its changelog, and where the task stood then. */
export interface Checkpoint {
  /** The changelog topic whose offset this is; undefined where the brokers know of no ids. */
  readonly changelogId?: string | undefined;
  /** The next changelog offset to apply. */
  readonly changelogOffset: number;
  /** By the source partition's name. */
  readonly positions: ReadonlyMap<string, SourcePosition>;
}
