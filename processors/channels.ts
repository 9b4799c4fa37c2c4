/** The channels that we hand notifications to, and what is said of each in a NotificationDeliveredEvent. */
import type { ChannelDelivery } from '../schemas/types.js';

const CHANNELS = ['IN_APP', 'EMAIL', 'PUSH'] as const;
export type Channel = (typeof CHANNELS)[number];

/** How a notification fared on a channel that we know. */
export type ChannelOutcome = 'DISPATCHED' | 'MUTED' | 'NO_ADDRESS' | 'NO_DEVICE';

/** A longer name of an unknown channel is cut: it is repeated for every recipient. In UTF-16 units. */
const NAME_LENGTH = 64;
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

export function unknownChannel(channel: string): ChannelDelivery {
  return skipped(channel, 'UNKNOWN_CHANNEL');
}

export function expired(channel: string): ChannelDelivery {
  return { channel, status: 'EXPIRED', reason: 'EXPIRED' };
}

/** The channels that a request names, each once, in the order given; IN_APP when it names none. */
export function namedChannels(channels: readonly string[]): readonly string[] {
  if (channels.length === 0) return ['IN_APP'];
  if (channels.length > FEW) return [...new Set(channels.map(cutName))];
  const named: string[] = [];
  for (const channel of channels) {
    const name = cutName(channel);
    if (!named.includes(name)) named.push(name);
  }
  return named;
}

function skipped(channel: string, reason: string): ChannelDelivery {
  return { channel, status: 'SKIPPED', reason };
}

function cutName(channel: string): string {
  if (channel.length <= NAME_LENGTH) return channel;
  const last = channel.charCodeAt(NAME_LENGTH - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return channel.slice(0, splitsPair ? NAME_LENGTH - 1 : NAME_LENGTH);
}
