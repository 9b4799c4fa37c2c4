/** The channels that we hand notifications to, and what is said of each in a NotificationDeliveredEvent. */
import { DELIVERIES, DELIVERY_CHANNELS as CHANNELS } from '../common/label-values.js';
import type { ChannelDelivery } from '../schemas/types.js';

export { CHANNELS };
export type Channel = (typeof CHANNELS)[number];

/** How a notification fared on a channel that we know. */
export type ChannelOutcome = 'DISPATCHED' | 'MUTED' | 'NO_ADDRESS' | 'NO_DEVICE';

/** Up to here a linear search beats a Set. */
const FEW = 8;

const deliveries = new Map<Channel, Record<ChannelOutcome, ChannelDelivery>>(
  CHANNELS.map((channel) => [
    channel,
    {
      DISPATCHED: { channel, status: 'DISPATCHED', reason: null },
      MUTED: skipped(channel, 'MUTED'),
      NO_ADDRESS: skipped(channel, 'NO_ADDRESS'),
      NO_DEVICE: skipped(channel, 'NO_DEVICE'),
    },
  ]),
);

/** The entry for a known channel; one shared object for each pair, as the hot path makes several an event. */
export function delivery(channel: Channel, outcome: ChannelOutcome): ChannelDelivery {
  return deliveries.get(channel)![outcome];
}

/** Where an entry is counted: its index in DELIVERIES. */
export function deliveryNumber({ channel, status, reason }: ChannelDelivery): number {
  const known = CHANNELS.find((one) => one === channel) ?? 'other';
  return DELIVERIES.findIndex(
    (one) => one.channel === known && one.status === status && one.reason === (reason ?? 'none'),
  );
}

export function unknownChannel(channel: string): ChannelDelivery {
  return skipped(channel, 'UNKNOWN_CHANNEL');
}

export function expired(channel: string): ChannelDelivery {
  return { channel, status: 'EXPIRED', reason: 'EXPIRED' };
}

/**
 * The channels that a request names, each once, in the order given; IN_APP when it names none. Names that nobody knows
 * are kept whole: what they take, once for each recipient, is bounded as all outputs are, by the size of a record and by
 * MAX_EVENT_BYTES; a request that makes more is dead-lettered.
 */
export function namedChannels(channels: readonly string[]): readonly string[] {
  if (channels.length === 0) return ['IN_APP'];
  if (channels.length > FEW) return [...new Set(channels)];
  return channels.filter((channel, at) => channels.indexOf(channel) === at);
}

function skipped(channel: string, reason: string): ChannelDelivery {
  return { channel, status: 'SKIPPED', reason };
}
