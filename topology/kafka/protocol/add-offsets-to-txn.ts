/** AddOffsetsToTxn: in version 1 of transactions, before a group's offsets are committed within one. */
import { writtenBy, type ProducerIdentity } from './init-producer-id.js';
import type { RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { raw } from './raw-request.js';

const VERSION = 1;

export function addOffsetsToTxn(owner: ProducerIdentity, groupId: string): RawRequest<void> {
  return raw('AddOffsetsToTxn', VERSION, writtenBy(owner).string(groupId).bytes(), (reader) => {
    reader.throttle();
    check(reader.int16(), `AddOffsetsToTxn by ${owner.transactionalId}`);
  });
}
