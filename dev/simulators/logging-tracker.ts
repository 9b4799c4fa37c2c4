import type { NotificationDeliveredEvent } from '../../schemas/types.js';
import { deliveredIdentity } from '../contract/identities.js';
import type { Ledger } from './ledger.js';

/** logging_tracker: what became of each notification. What a client confirms comes later, alone. */
export function loggingTracker(event: NotificationDeliveredEvent, ledger: Ledger): void {
  if (event.deliveries.some(({ status }) => status === 'DELIVERED' || status === 'READ')) ledger.confirmed += 1;
  else ledger.see('delivered', deliveredIdentity(event));
}
