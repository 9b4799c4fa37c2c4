/**
 * What the contract says becomes of an event, as a model of its own: nothing of `processors/` is used here, so that
 * what comes out can be held against it.
 */
import type { ChannelDelivery } from '../../schemas/types.js';
import { deliveredIdentity, emailIdentity, inAppIdentity, pushIdentity } from './identities.js';
import type { Person } from './staff.js';

/** The outputs that are counted, by what they are called in the demo. */
export const OUTPUTS = ['in-app', 'e-mail', 'push', 'delivered', 'dead letter'] as const;
export type Output = (typeof OUTPUTS)[number];

/** One record that must come out, once. */
export interface ExpectedOutput {
  readonly output: Output;
  /** See identities.ts. */
  readonly identity: string;
}

/** What an event tells its recipients. */
export interface EventContent {
  readonly eventId: string;
  readonly recipients: readonly Person[];
  readonly title: string;
  readonly message: string;
  readonly subject: string;
  readonly priority: string;
  readonly channels: readonly string[];
  readonly isExpired: boolean;
}

/** Every output of an event, for each recipient and channel, and the one that says how each channel fared. */
export function outputsOf(event: EventContent): ExpectedOutput[] {
  return event.recipients.flatMap((person) => outputsFor(event, person));
}

function outputsFor(event: EventContent, person: Person): ExpectedOutput[] {
  const { eventId, title, message, subject } = event;
  const { tenantId, userId } = person;
  const outputs: ExpectedOutput[] = [];
  const deliveries: ChannelDelivery[] = [];
  for (const channel of new Set(event.channels.length === 0 ? ['IN_APP'] : event.channels)) {
    const reason = event.isExpired ? null : skipped(channel, event.priority, person);
    const status = event.isExpired ? 'EXPIRED' : reason === null ? 'DISPATCHED' : 'SKIPPED';
    deliveries.push({ channel, status, reason });
    if (status !== 'DISPATCHED') continue;
    const who = { eventId, tenantId, userId };
    if (channel === 'IN_APP') outputs.push({ output: 'in-app', identity: inAppIdentity({ ...who, title, message }) });
    if (channel === 'PUSH') outputs.push({ output: 'push', identity: pushIdentity({ ...who, title }) });
    if (channel === 'EMAIL') {
      outputs.push({ output: 'e-mail', identity: emailIdentity({ eventId, tenantId, to: [person.email!], subject }) });
    }
  }
  outputs.push({ output: 'delivered', identity: deliveredIdentity({ eventId, tenantId, userId, deliveries }) });
  return outputs;
}

/** Why nothing goes out on this channel; null when something does. */
function skipped(channel: string, priority: string, person: Person): string | null {
  if (!['IN_APP', 'EMAIL', 'PUSH'].includes(channel)) return 'UNKNOWN_CHANNEL';
  if (priority !== 'HIGH' && person.mutedChannels.includes(channel)) return 'MUTED';
  if (channel === 'EMAIL' && person.email === null) return 'NO_ADDRESS';
  if (channel === 'PUSH' && person.deviceTokens.length === 0) return 'NO_DEVICE';
  return null;
}
