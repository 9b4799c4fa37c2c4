import type { FetchedRecord } from '../../topology/kafka/index.js';
import { deadLetterIdentity } from './identities.js';
import type { Ledger } from './ledger.js';

/** The operators: look at each dead letter, and why it is one. */
export function operators(
  { key, value, headers }: Pick<FetchedRecord, 'key' | 'value' | 'headers'>,
  ledger: Ledger,
): void {
  const reason = headers['dlq.reason'];
  const why = Array.isArray(reason) ? reason.join(' and ') : String(reason ?? 'without a reason');
  ledger.see('dead letter', deadLetterIdentity(why, String(key), value ?? Buffer.alloc(0)));
}
