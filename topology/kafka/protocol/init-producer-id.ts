/** InitProducerId: who writes under a transactional id from now on. */
import { ByteWriter } from '../../../common/bytes.js';
import type { RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { raw } from './raw-request.js';

const VERSION = 1;

/** A producer's identity at the transaction coordinator. */
export interface ProducerIdentity {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** The new epoch fences every earlier producer of the same transactional id and aborts its open transaction. */
export function initProducerId(transactionalId: string, transactionTimeoutMs: number): RawRequest<ProducerIdentity> {
  const body = new ByteWriter(64).string(transactionalId).int32(transactionTimeoutMs).bytes();
  return raw('InitProducerId', VERSION, body, (reader) => {
    reader.throttle();
    check(reader.int16(), `InitProducerId of ${transactionalId}`);
    return { transactionalId, producerId: reader.bigint64(), producerEpoch: reader.int16() };
  });
}

/** How a step of a transaction begins: whose it is. */
export function writtenBy({ transactionalId, producerId, producerEpoch }: ProducerIdentity): ByteWriter {
  return new ByteWriter(256).string(transactionalId).bigint64(producerId).int16(producerEpoch);
}

/** As `writtenBy`, in a flexible version. */
export function compactWrittenBy({ transactionalId, producerId, producerEpoch }: ProducerIdentity): ByteWriter {
  return new ByteWriter(64).uvarint(0).compactString(transactionalId).bigint64(producerId).int16(producerEpoch);
}
