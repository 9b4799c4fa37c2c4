import type { InAppNotification } from '../../schemas/types.js';
import { inAppIdentity } from '../contract/identities.js';
import type { Ledger } from './ledger.js';

/** Beside the gateways: every in-app notification, of those users too whose pages are closed. */
export function userInbox(event: InAppNotification, ledger: Ledger): void {
  ledger.see('in-app', inAppIdentity(event));
}
