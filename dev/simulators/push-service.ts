import type { PushRequestEvent } from '../../schemas/types.js';
import { pushIdentity } from '../contract/identities.js';
import type { Ledger } from './ledger.js';

/** push_service: would push this to the devices. */
export function pushService(event: PushRequestEvent, ledger: Ledger): void {
  ledger.see('push', pushIdentity(event));
}
