/**
 * What a socket was sent lately: only these can be acked on it, and none is sent to it twice.
 * Some 21 bytes a notification, and 17 for all its sockets together (event-ids.ts).
 */
import { EventIds } from './event-ids.js';
import { halvesOf, IdRing } from './id-ring.js';
import type { GatewayLimits } from './limits.js';

/** A notification by its names; shared by all the sockets that it is sent to. */
export interface NotificationRef {
  /** The id in decimal, as the client knows it. */
  readonly id: string;
  readonly eventId: string;
  /** The halves of the id. */
  readonly low: number;
  readonly high: number;
}

/** How far the ack of a notification has come on its socket. */
export const ACK_CAME = 1;
export const ACK_RECORDED = 2;

/** Fewer make no sense: a client confirms what it was sent a moment ago. */
const LEAST_REMEMBERED = 16;

/** What all sockets together may remember. */
export class SentMemory {
  readonly eventIds: EventIds;
  readonly #limits: Pick<GatewayLimits, 'rememberedNotifications' | 'rememberedInAll'>;
  readonly #sockets: () => number;
  /** Where its eventId was written, of what was sent last: mostly it goes to several sockets, one after another. */
  #last: { readonly ref: NotificationRef; readonly at: number } | undefined;

  constructor(
    limits: Pick<GatewayLimits, 'rememberedNotifications' | 'rememberedInAll' | 'eventIdBytes'>,
    sockets: () => number,
  ) {
    this.#limits = limits;
    this.#sockets = sockets;
    this.eventIds = new EventIds(limits.eventIdBytes);
  }

  /** How many notifications one socket may remember now: fewer, the more sockets there are. */
  get share(): number {
    const { rememberedNotifications, rememberedInAll } = this.#limits;
    const share = Math.floor(rememberedInAll / Math.max(1, this.#sockets()));
    return Math.min(rememberedNotifications, Math.max(LEAST_REMEMBERED, share));
  }

  /** Where the eventId is, which is written once however many sockets it goes to. */
  eventAt(ref: NotificationRef): number {
    if (this.#last?.ref !== ref) this.#last = { ref, at: this.eventIds.add(ref.eventId) };
    return this.#last.at;
  }
}

export class SentNotifications {
  readonly #memory: SentMemory;
  #ring = new IdRing(0);
  /** By index in the ring: where the eventId is, and how far the ack has come. */
  #events = new Float64Array(0);
  #acks = new Uint8Array(0);

  constructor(memory: SentMemory) {
    this.#memory = memory;
  }

  get size(): number {
    return this.#ring.size;
  }

  /** Remembers a notification, forgetting the oldest when full; false when it is remembered already. */
  add(ref: NotificationRef): boolean {
    if (this.#ring.find(ref.low, ref.high) >= 0) return false;
    if (this.#ring.size === this.#ring.capacity) this.#grow();
    const index = this.#ring.push(ref.low, ref.high);
    this.#events[index] = this.#memory.eventAt(ref);
    this.#acks[index] = 0;
    return true;
  }

  /** How far its ack has come (the bits above); undefined when it is not remembered. */
  ackOf(id: string): number | undefined {
    const index = this.#find(id);
    return index < 0 ? undefined : this.#acks[index];
  }

  /** Adds a bit to how far its ack has come; nothing when it is not remembered. */
  mark(id: string, bit: number): void {
    const index = this.#find(id);
    if (index >= 0) this.#acks[index]! |= bit;
  }

  /** Undefined when it is not remembered any more. */
  eventIdOf(id: string): string | undefined {
    const index = this.#find(id);
    return index < 0 ? undefined : this.#memory.eventIds.get(this.#events[index]!);
  }

  /** Forgets the oldest beyond its share, which has become smaller when more sockets have come. */
  trim(): void {
    if (this.#ring.capacity > this.#memory.share) this.#resize(this.#memory.share);
  }

  #find(id: string): number {
    const { low, high } = halvesOf(BigInt(id));
    return this.#ring.find(low, high);
  }

  #grow(): void {
    const capacity = Math.min(this.#memory.share, Math.max(LEAST_REMEMBERED, 2 * this.#ring.capacity));
    if (capacity !== this.#ring.capacity) this.#resize(capacity);
  }

  /** Moves the newest that fit. */
  #resize(capacity: number): void {
    const [ring, events, acks] = [this.#ring, this.#events, this.#acks];
    this.#ring = new IdRing(capacity);
    this.#events = new Float64Array(capacity);
    this.#acks = new Uint8Array(capacity);
    for (let age = Math.max(0, ring.size - capacity); age < ring.size; age += 1) {
      const old = ring.indexAt(age);
      const index = this.#ring.push(...ring.idAt(old));
      this.#events[index] = events[old]!;
      this.#acks[index] = acks[old]!;
    }
  }
}
