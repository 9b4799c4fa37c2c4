/** What becomes of events on each channel, counted as they are staged. Hot path: a few ns a recipient. */
import { DELIVERIES } from '../common/label-values.js';
import type { Fare } from './channel-set.js';

export class DeliveryTally {
  /** By the numbers of DELIVERIES. */
  readonly counts = new Float64Array(DELIVERIES.length);
  /** The channels on which something was handed on: see Fare. */
  handedOn = 0;

  addEach(recipients: readonly { readonly fare: Fare }[]): void {
    for (let at = 0; at < recipients.length; at += 1) this.#add(recipients[at]!.fare);
  }

  /** Adds what another one has counted. */
  addAll({ counts, handedOn }: DeliveryTally): void {
    for (let at = 0; at < counts.length; at += 1) this.counts[at]! += counts[at]!;
    this.handedOn |= handedOn;
  }

  #add({ numbers, handedOn }: Fare): void {
    for (let at = 0; at < numbers.length; at += 1) this.counts[numbers[at]!]! += 1;
    this.handedOn |= handedOn;
  }

  clear(): void {
    this.counts.fill(0);
    this.handedOn = 0;
  }
}
