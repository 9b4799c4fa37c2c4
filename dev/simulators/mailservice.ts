import type { EmailRequestEvent } from '../../schemas/types.js';
import { emailIdentity } from '../contract/identities.js';
import type { Ledger } from './ledger.js';

/** mailservice: would send this e-mail. */
export function mailservice(event: EmailRequestEvent, ledger: Ledger): void {
  ledger.see('e-mail', emailIdentity(event));
}
