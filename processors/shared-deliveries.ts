/**
 * The delivery entries of one event. Recipients who fared alike share one array: an event may name many recipients
 * and many channels, and their product must cost neither memory nor time.
 */
import type { ChannelDelivery } from '../schemas/types.js';
import { delivery, unknownChannel, type ChannelOutcome } from './channels.js';

/** How one recipient fares on each channel that we know, named by the event or not. */
export interface Fare {
  readonly inApp: ChannelOutcome;
  readonly email: ChannelOutcome;
  readonly push: ChannelOutcome;
}

export class SharedDeliveries {
  /** Whether the event names the channel; asked once an event, not once a recipient. */
  readonly names: { readonly inApp: boolean; readonly email: boolean; readonly push: boolean };
  readonly #channels: readonly string[];
  /** At most 2 * 3 * 3, and one for nearly every event: a search is as good as a map. */
  readonly #made: { readonly fare: Fare; readonly deliveries: readonly ChannelDelivery[] }[] = [];

  constructor(channels: readonly string[]) {
    this.#channels = channels;
    this.names = {
      inApp: channels.includes('IN_APP'),
      email: channels.includes('EMAIL'),
      push: channels.includes('PUSH'),
    };
  }

  of(fare: Fare): readonly ChannelDelivery[] {
    for (const made of this.#made) if (same(made.fare, fare)) return made.deliveries;
    const deliveries = this.#make(fare);
    this.#made.push({ fare, deliveries });
    return deliveries;
  }

  #make(fare: Fare): readonly ChannelDelivery[] {
    const entries: ChannelDelivery[] = [];
    for (const channel of this.#channels) entries.push(entryFor(channel, fare));
    return entries;
  }
}

function entryFor(channel: string, fare: Fare): ChannelDelivery {
  switch (channel) {
    case 'IN_APP':
      return delivery(channel, fare.inApp);
    case 'EMAIL':
      return delivery(channel, fare.email);
    case 'PUSH':
      return delivery(channel, fare.push);
    default:
      return unknownChannel(channel);
  }
}

function same(a: Fare, b: Fare): boolean {
  return a.inApp === b.inApp && a.email === b.email && a.push === b.push;
}
