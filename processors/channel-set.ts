/**
 * The channels that an event names, and the delivery entries that they make. Recipients who fared alike share one
 * array: an event may name many recipients and many channels, and their product must cost neither memory nor time. The
 * events of one row of the mapping table share one set.
 */
import type { ChannelDelivery } from '../schemas/types.js';
import {
  CHANNELS,
  delivery,
  deliveryNumber,
  expired,
  namedChannels,
  unknownChannel,
  type ChannelOutcome,
} from './channels.js';

/** How recipients fared. */
export interface Fare {
  /** One entry a channel. */
  readonly deliveries: readonly ChannelDelivery[];
  /** Where each entry is counted: DELIVERIES. */
  readonly numbers: readonly number[];
  /** The channels of CHANNELS on which it was handed on: the first one is bit 0. */
  readonly handedOn: number;
}

export class ChannelSet {
  /** Each once, in the order given; names that nobody knows among them. */
  readonly names: readonly string[];
  readonly inApp: boolean;
  readonly email: boolean;
  readonly push: boolean;
  /** By how a recipient fares on the three channels that we know. */
  readonly #made: Fare[] = [];
  #expired: Fare | undefined;

  /** IN_APP when none is given. */
  constructor(channels: readonly string[]) {
    this.names = namedChannels(channels);
    this.inApp = this.names.includes('IN_APP');
    this.email = this.names.includes('EMAIL');
    this.push = this.names.includes('PUSH');
  }

  /** By how a recipient fares on each channel that we know, named by the event or not. */
  fare(inApp: ChannelOutcome, email: ChannelOutcome, push: ChannelOutcome): Fare {
    return (this.#made[(rank(inApp) * 3 + rank(email)) * 3 + rank(push)] ??= fareOf(
      this.names.map((channel) => entryFor(channel, inApp, email, push)),
    ));
  }

  /** For an event that came too late. */
  get expired(): Fare {
    return (this.#expired ??= fareOf(this.names.map(expired)));
  }
}

function fareOf(deliveries: readonly ChannelDelivery[]): Fare {
  let handedOn = 0;
  for (const { channel, status } of deliveries)
    if (status === 'DISPATCHED') handedOn |= 1 << CHANNELS.findIndex((one) => one === channel);
  return { deliveries, numbers: deliveries.map(deliveryNumber), handedOn };
}

/** No channel has both NO_ADDRESS and NO_DEVICE. */
function rank(outcome: ChannelOutcome): number {
  return outcome === 'DISPATCHED' ? 0 : outcome === 'MUTED' ? 1 : 2;
}

function entryFor(
  channel: string,
  inApp: ChannelOutcome,
  email: ChannelOutcome,
  push: ChannelOutcome,
): ChannelDelivery {
  switch (channel) {
    case 'IN_APP':
      return delivery(channel, inApp);
    case 'EMAIL':
      return delivery(channel, email);
    case 'PUSH':
      return delivery(channel, push);
    default:
      return unknownChannel(channel);
  }
}
