/**
 * How the events of a commit fare on each channel, and when they happened: counted once the commit holds. Hot path: some
 * 10 ns an event, so that nothing is looked up by a name before then.
 */
import { DELIVERIES } from '../../common/label-values.js';
import type { Metrics } from '../../common/metrics.js';
import { DeliveryTally } from '../../processors/delivery-tally.js';
import type { RoutedEvent } from '../../processors/routed-event.js';

export type Delivered = Pick<RoutedEvent, 'recipients' | 'later'>;

/** Events for which there is space at first. */
const FEW = 1024;

export class StagedDeliveries {
  readonly #tally = new DeliveryTally();
  /** The events that were handed on: each source record's timestamp, and the channels. */
  #timestamps = new Float64Array(FEW);
  #channels = new Uint8Array(FEW);
  #events = 0;

  add(timestamp: number, { recipients, later }: Delivered): void {
    const tally = this.#tally;
    tally.handedOn = 0;
    tally.addEach(recipients);
    if (later !== null) tally.addAll(later);
    if (tally.handedOn === 0) return;
    if (this.#events === this.#channels.length) this.#grow();
    this.#timestamps[this.#events] = timestamp;
    this.#channels[this.#events] = tally.handedOn;
    this.#events += 1;
  }

  /** `now`: when the commit holds, ms since the epoch. */
  count({ deliveries_total: deliveries, event_commit_seconds: seconds }: Metrics, now: number): void {
    const { counts } = this.#tally;
    for (const [number, labels] of DELIVERIES.entries()) {
      if (counts[number]! > 0) deliveries.inc(labels, counts[number]);
    }
    for (let at = 0; at < this.#events; at += 1)
      seconds.observe(this.#channels[at]!, Math.max(0, now - this.#timestamps[at]!) / 1000);
  }

  clear(): void {
    this.#tally.clear();
    this.#events = 0;
  }

  #grow(): void {
    const timestamps = new Float64Array(this.#timestamps.length * 2);
    timestamps.set(this.#timestamps);
    this.#timestamps = timestamps;
    const channels = new Uint8Array(timestamps.length);
    channels.set(this.#channels);
    this.#channels = channels;
  }
}
