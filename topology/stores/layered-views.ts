/** What processors look at through the context: the store, with what is staged and in flight on top. */
import type { Digest } from '../../state/dedup/digest-bytes.js';
import type { TaskStore } from '../../state/dedup/task-store.js';
import { firstLiveBucket, type WindowShape } from '../../state/dedup/stream-time.js';
import { isAhead, userKey, type DirectoryEntry } from '../../state/directory/directory-entry.js';
import type { DedupView, DirectoryView } from '../../processors/context.js';
import type { SourceRecord } from '../../common/record.js';
import type { Layer } from '../graph/task-state.js';
import type { StagedDigests } from './staged-digests.js';

/** What a commit adds. */
export interface NotificationLayer {
  readonly digests: Pick<StagedDigests, 'bucketOf'>;
  /** By user key. */
  readonly directory: ReadonlyMap<string, DirectoryEntry>;
}

/** The commits that the stores do not hold yet, newest first. */
export type Layers = () => readonly Layer<NotificationLayer>[];

/** Answers from the overlays first; an entry whose bucket has expired counts as never seen. */
export class LayeredDedup implements DedupView {
  readonly #store: TaskStore;
  readonly #shape: WindowShape;
  readonly #layers: Layers;

  constructor(store: TaskStore, shape: WindowShape, layers: Layers) {
    this.#store = store;
    this.#shape = shape;
    this.#layers = layers;
  }

  has(record: SourceRecord, digest: Digest): boolean {
    const layers = this.#layers();
    let bucket: number | undefined;
    for (const layer of layers) bucket ??= layer.changes.digests.bucketOf(digest);
    bucket ??= this.#store.bucketOf(digest);
    return bucket !== undefined && bucket >= firstLiveBucket(layers[0]!.streamTime(record.source), this.#shape);
  }
}

/**
 * The global store comes after the task's own commits by a moment; until it has them, the task's own writes stand in,
 * so that a later event of the same user always sees an earlier one.
 */
export class LayeredDirectory implements DirectoryView {
  readonly #global: DirectoryView;
  readonly #layers: Layers;
  readonly #own = new Map<string, DirectoryEntry>();

  constructor(global: DirectoryView, layers: Layers) {
    this.#global = global;
    this.#layers = layers;
  }

  get(tenantId: bigint, userId: bigint): DirectoryEntry | undefined {
    const global = this.#global.get(tenantId, userId);
    const layers = this.#layers();
    if (this.#own.size === 0 && layers.every(({ changes }) => changes.directory.size === 0)) return global;
    const key = userKey(tenantId, userId);
    let own: DirectoryEntry | undefined;
    for (const { changes } of layers) own ??= changes.directory.get(key);
    own ??= this.#own.get(key);
    return own && !hasArrived(own, global, layers[0]!.now) ? own : global;
  }

  /** The commit holds: its entries stand in until the global store has them. */
  committed({ changes, now }: Layer<NotificationLayer>): void {
    for (const [key, entry] of changes.directory) this.#own.set(key, entry);
    let looked = 0;
    for (const [key, entry] of this.#own) {
      if (looked++ >= LOOKED_AT_PER_COMMIT) break;
      this.#own.delete(key);
      if (hasArrived(entry, this.#global.get(entry.tenantId, entry.userId), now)) continue;
      // The oldest has not arrived yet, so neither have the others. It is put behind them: should it never be seen, they leave all the same.
      this.#own.set(key, entry);
      break;
    }
  }

  clear(): void {
    this.#own.clear();
  }
}

/** Whether the global store has the entry, or one that came after it: not merely one of the same time, or of the future, which it replaces. */
function hasArrived(own: DirectoryEntry, global: DirectoryEntry | undefined, clockMs: number): boolean {
  if (global === undefined) return false;
  if (global.timestamp === own.timestamp) return global.eventId === own.eventId;
  return global.timestamp > own.timestamp && !isAhead(global, clockMs);
}

const LOOKED_AT_PER_COMMIT = 10_000;
