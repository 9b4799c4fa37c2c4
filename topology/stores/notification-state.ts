/** What a task of the notifications remembers: the events that it has seen, and the users that it has written itself. */
import type { Checkpoint } from '../../common/source-position.js';
import type { Correction } from '../../common/correction.js';
import type { Metrics } from '../../common/metrics.js';
import { origin, type SourceRecord } from '../../common/record.js';
import type { DirectoryView, NotificationStores } from '../../processors/context.js';
import type { RoutedEvent } from '../../processors/routed-event.js';
import {
  countDigests,
  decodeChangelogEntry,
  encodeChangelogEntry,
  type ChangelogEntry,
} from '../../state/dedup/changelog-entry.js';
import { advance, bucketOf, type WindowShape } from '../../state/dedup/stream-time.js';
import { TaskStore } from '../../state/dedup/task-store.js';
import { userKey, type DirectoryEntry } from '../../state/directory/directory-entry.js';
import type { StateEnvironment } from '../../state/lmdb/environment.js';
import type { ChangelogRecord, Layer, Positions, StateChanges, TaskState } from '../graph/task-state.js';
import { LayeredDedup, LayeredDirectory, type Layers } from './layered-views.js';
import { StagedDeliveries } from './staged-deliveries.js';
import { StagedDigests } from './staged-digests.js';
import type { UnknownTemplates } from './unknown-templates.js';

/** What is remembered of a processed event. */
export type Remembered = Pick<RoutedEvent, 'digest' | 'directory' | 'recipients' | 'later'> & {
  readonly event: Pick<RoutedEvent['event'], 'corrections'>;
};

export class NotificationChanges implements StateChanges<Remembered> {
  readonly digests = new StagedDigests();
  /** By user key. */
  readonly directory = new Map<string, DirectoryEntry>();
  readonly #deliveries = new StagedDeliveries();
  /** Few: most events have none. */
  readonly #corrections: { readonly correction: Correction; readonly origin: string }[] = [];
  readonly #shape: WindowShape;
  readonly #unknownTemplates: UnknownTemplates | undefined;

  constructor(shape: WindowShape, unknownTemplates?: UnknownTemplates) {
    this.#shape = shape;
    this.#unknownTemplates = unknownTemplates;
  }

  add(record: SourceRecord, remembered: Remembered, streamTime: number): void {
    const { digest, directory, event } = remembered;
    this.#deliveries.add(record.timestamp, remembered);
    this.digests.add(record.source, bucketOf(streamTime, this.#shape), digest);
    for (const correction of event.corrections) this.#corrections.push({ correction, origin: origin(record) });
    if (directory !== null) this.directory.set(userKey(directory.tenantId, directory.userId), directory);
  }

  count(metrics: Metrics, now: number): void {
    this.#deliveries.count(metrics, now);
    for (const { correction, origin: from } of this.#corrections) {
      switch (correction.kind) {
        case 'action-url':
          metrics.action_urls_refused_total.inc({ reason: correction.fault });
          break;
        case 'unknown-template':
          metrics.unknown_templates_total.inc();
          this.#unknownTemplates?.note(correction.code, from);
          break;
        case 'account-timestamp':
          metrics.account_timestamps_replaced_total.inc();
          break;
      }
    }
  }

  clear(): void {
    this.digests.clear();
    this.directory.clear();
    this.#deliveries.clear();
    this.#corrections.length = 0;
  }
}

export class NotificationState implements TaskState<NotificationStores, NotificationChanges, ChangelogEntry> {
  readonly #store: TaskStore;
  readonly #shape: WindowShape;
  readonly #directory: LayeredDirectory;
  readonly #unknownTemplates: UnknownTemplates | undefined;
  #layers: Layers = () => [];

  /** `directory`: the user directory of this worker. `unknownTemplates`: without it they are counted alone. */
  constructor(
    environment: StateEnvironment,
    task: number,
    shape: WindowShape,
    directory: DirectoryView,
    unknownTemplates?: UnknownTemplates,
  ) {
    this.#unknownTemplates = unknownTemplates;
    this.#store = new TaskStore(environment, task, shape);
    this.#shape = shape;
    this.#directory = new LayeredDirectory(directory, () => this.#layers());
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#store.checkpoint;
  }

  get entries(): number {
    return this.#store.size;
  }

  load(): Promise<void> {
    return this.#store.load();
  }

  view(layers: () => readonly Layer<NotificationChanges>[]): NotificationStores {
    this.#layers = layers;
    return {
      'dedup-window': new LayeredDedup(this.#store, this.#shape, layers),
      'user-directory': this.#directory,
    };
  }

  stage(): NotificationChanges {
    return new NotificationChanges(this.#shape, this.#unknownTemplates);
  }

  advance(streamTime: number, timestamp: number, now: number): number {
    return advance(streamTime, timestamp, now, this.#shape);
  }

  encode({ digests }: NotificationChanges, positions: Positions): Buffer[] {
    return encodeChangelogEntry({ positions, buckets: digests.buckets });
  }

  decode(value: Buffer | null, where: string): ChangelogEntry {
    return decodeChangelogEntry(value, where);
  }

  apply(
    { digests }: NotificationChanges,
    positions: Positions,
    changelogOffset: number,
    nextOffset: number,
  ): Promise<void> {
    const entry = { positions, buckets: digests.buckets };
    // Each of its digests was looked for before it was staged.
    return this.#store.apply([{ offset: changelogOffset, entry }], nextOffset, true);
  }

  applied(layer: Layer<NotificationChanges>): void {
    this.#directory.committed(layer);
  }

  forget(): void {
    this.#directory.clear();
  }

  replay(records: readonly ChangelogRecord<ChangelogEntry>[], nextOffset: number): Promise<void> {
    return this.#store.replay(records, nextOffset);
  }

  expect(records: readonly ChangelogRecord<ChangelogEntry>[], toCome: number): void {
    const piece = countDigests(records.flatMap(({ entry }) => entry.buckets));
    this.#store.expect(expectedEntries(this.#store.size, piece, toCome));
  }

  settle(): Promise<void> {
    return this.#store.settle();
  }

  follow(changelogId: string | undefined): void {
    this.#store.follow(changelogId);
  }

  wipe(): Promise<void> {
    return this.#store.wipe();
  }
}

/** Entries for which space is made before they come, at most, beside four times those that are there: 40 MB. */
const MOST_EXPECTED = 6_000_000;

/**
 * How many entries there will be, when what is to come is so many times this piece: as long as that is believable. A
 * changelog that was written back (`state reseed`) begins with records of 32,000 entries, and goes on with small ones.
 */
export function expectedEntries(size: number, piece: number, toCome: number): number {
  const many = size + piece * toCome;
  return Number.isFinite(many) ? Math.min(many, Math.max(MOST_EXPECTED, 4 * size)) : 0;
}
