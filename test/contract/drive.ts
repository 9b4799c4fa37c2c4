/** Short ways to say what a record became. */
import type { ChannelDelivery } from '../../schemas/types.js';
import { TopologyDriver, type Driven, type DriverOptions } from '../../topology/testing/driver.js';
import { user } from './events.js';

/** A driver whose directory knows the user of the events: address, two devices, no mutes. */
export async function driverWithUser(options: DriverOptions = {}): Promise<TopologyDriver> {
  const driver = new TopologyDriver(options);
  await driver.feed('USER_EVENT_TOPIC', user({ eventId: 'known' }));
  return driver;
}

/** What is said of each channel, recipient by recipient: `EMAIL SKIPPED NO_ADDRESS`. */
export function deliveries({ outputs }: Driven): string[][] {
  const sayOf = ({ channel, status, reason }: ChannelDelivery): string =>
    [channel, status, ...(reason === null ? [] : [reason])].join(' ');
  return outputs.NOTIFICATION_DELIVERED_TOPIC.map(({ event }) => event.deliveries.map(sayOf));
}

/** The dead letter's reason, or else what became of the record. */
export function fate({ processed }: Driven): string {
  switch (processed.kind) {
    case 'dead-lettered':
      return processed.cause.reason;
    case 'dropped':
      return `dropped: ${processed.reason}`;
    case 'forwarded':
    case 'unresolved':
    case 'unfinished':
    case 'unsettled':
    case 'waiting':
      return processed.kind;
  }
}

/** How many records went to each topic; topics without any are left out. */
export function counts({ outputs }: Driven): Readonly<Record<string, number>> {
  const all = Object.entries(outputs).map(([topic, records]) => [topic, records.length] as const);
  return Object.fromEntries(all.filter(([, count]) => count > 0));
}
