/** EndTxn: commits or aborts, and says whose the next transaction is. */
import { compactWrittenBy, writtenBy, type ProducerIdentity } from './init-producer-id.js';
import type { RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { raw } from './raw-request.js';

/** `bumping` (KIP-890, brokers since 4.0) gives each transaction an epoch of its own. */
export const END_TXN = { plain: 1, bumping: 5 } as const;

/** The next transaction belongs to the same epoch. */
export function endTxn(owner: ProducerIdentity, committed: boolean): RawRequest<ProducerIdentity> {
  const body = writtenBy(owner).int8(Number(committed)).bytes();
  return raw('EndTxn', END_TXN.plain, body, (reader) => {
    reader.throttle();
    check(reader.int16(), what(owner, committed));
    return owner;
  });
}

/**
 * Whose the next transaction is: the next epoch's, or another producer id's when this one's 32,767 are used up. Asked
 * again under the old epoch it answers alike. The abort of a transaction that nothing has joined is no error.
 */
export function endTxnBumping(owner: ProducerIdentity, committed: boolean): RawRequest<ProducerIdentity> {
  const body = compactWrittenBy(owner).int8(Number(committed)).uvarint(0).bytes();
  return raw('EndTxn', END_TXN.bumping, body, (reader) => {
    reader.tags();
    reader.throttle();
    check(reader.int16(), what(owner, committed));
    const { transactionalId } = owner;
    return { transactionalId, producerId: reader.bigint64(), producerEpoch: reader.int16() };
  });
}

function what({ transactionalId }: ProducerIdentity, committed: boolean): string {
  return `EndTxn (${committed ? 'commit' : 'abort'}) by ${transactionalId}`;
}
