import type { FetchedRecord } from '../../topology/kafka/index.js';
import { deadLetterIdentity } from '../contract/identities.js';
import type { Ledger } from './ledger.js';

/** The operators: look at each dead letter, and why it is one. */
export function operators(
  { key, value, headers }: Pick<FetchedRecord, 'key' | 'value' | 'headers'>,
  ledger: Ledger,
): void {
  const reasons = [...headers].filter(([name]) => name === 'dlq.reason').map(([, reason]) => String(reason));
  const why = reasons.join(' and ') || 'without a reason';
  ledger.see('dead letter', deadLetterIdentity(why, String(key), value ?? Buffer.alloc(0)));
}
