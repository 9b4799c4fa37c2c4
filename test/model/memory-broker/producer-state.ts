/** What a partition's leader remembers of each producer: its epoch, its last sequences, its open transaction. */
import type { BatchHeader } from './batch.js';
import { INVALID_PRODUCER_EPOCH, NONE, OUT_OF_ORDER_SEQUENCE_NUMBER } from './codes.js';

interface Appended {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
}

interface Entry {
  epoch: number;
  /** The last batches of this epoch, by which a repeat is known. */
  recent: Appended[];
  /** First offset of the transaction that is open here. */
  openSince: number | undefined;
}

/** As many as Kafka keeps. */
const REMEMBERED = 5;

export class ProducerState {
  readonly #entries = new Map<bigint, Entry>();

  /** First offset of the oldest open transaction; undefined when none is open. */
  get firstOpenOffset(): number | undefined {
    const open = [...this.#entries.values()].flatMap(({ openSince }) => openSince ?? []);
    return open.length === 0 ? undefined : Math.min(...open);
  }

  hasOpen(producerId: bigint, epoch: number): boolean {
    const entry = this.#entries.get(producerId);
    return entry?.epoch === epoch && entry.openSince !== undefined;
  }

  /** The base offset under which the log has this very batch already. */
  repeatOf({ producerId, producerEpoch, firstSequence, records }: BatchHeader): number | undefined {
    const entry = this.#entries.get(producerId);
    if (entry?.epoch !== producerEpoch) return undefined;
    const lastSequence = firstSequence + records - 1;
    return entry.recent.find((b) => b.firstSequence === firstSequence && b.lastSequence === lastSequence)?.baseOffset;
  }

  /** The error code for a batch that does not follow on what the producer wrote before. */
  check({ producerId, producerEpoch, firstSequence }: BatchHeader): number {
    const entry = this.#entries.get(producerId);
    if (!entry) return NONE; // a producer that the log has forgotten may begin anywhere
    if (producerEpoch < entry.epoch) return INVALID_PRODUCER_EPOCH;
    const last = producerEpoch === entry.epoch ? (entry.recent.at(-1)?.lastSequence ?? -1) : -1;
    return firstSequence === last + 1 ? NONE : OUT_OF_ORDER_SEQUENCE_NUMBER;
  }

  appended(
    { producerId, producerEpoch, firstSequence, records, transactional }: BatchHeader,
    baseOffset: number,
  ): void {
    const entry = this.#entryOf(producerId, producerEpoch);
    entry.recent.push({ firstSequence, lastSequence: firstSequence + records - 1, baseOffset });
    if (entry.recent.length > REMEMBERED) entry.recent.shift();
    if (transactional) entry.openSince ??= baseOffset;
  }

  /** The marker of an epoch ends the producer's transaction; returns its first offset, if anything was written in it. */
  ended(producerId: bigint, epoch: number): number | undefined {
    const entry = this.#entryOf(producerId, epoch);
    const { openSince } = entry;
    entry.openSince = undefined;
    return openSince;
  }

  /** A newer epoch forgets the older one's sequences. */
  #entryOf(producerId: bigint, epoch: number): Entry {
    let entry = this.#entries.get(producerId);
    if (!entry) this.#entries.set(producerId, (entry = { epoch, recent: [], openSince: undefined }));
    if (epoch > entry.epoch) {
      entry.epoch = epoch;
      entry.recent = [];
    }
    return entry;
  }
}
