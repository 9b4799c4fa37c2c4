/** AddPartitionsToTxn: in version 1 of transactions, before anything is produced to them. */
import { ErrorCode } from './error-codes.js';
import { writtenBy, type ProducerIdentity } from './init-producer-id.js';
import type { RawRequest } from './internals.js';
import type { TopicPartitions } from './partitions.js';
import { check } from './protocol-errors.js';
import { list, raw } from './raw-request.js';

const VERSION = 1;

export function addPartitionsToTxn(owner: ProducerIdentity, topics: readonly TopicPartitions[]): RawRequest<void> {
  const out = writtenBy(owner).int32(topics.length);
  for (const { topic, partitions } of topics) {
    out.string(topic).int32(partitions.length);
    for (const partition of partitions) out.int32(partition);
  }
  return raw('AddPartitionsToTxn', VERSION, out.bytes(), (reader) => {
    reader.throttle();
    const failed = list(reader, () => {
      const topic = reader.string();
      return list(reader, () => ({ topic, partition: reader.int32(), errorCode: reader.int16() }));
    })
      .flat()
      .filter(({ errorCode }) => errorCode !== ErrorCode.NONE);
    // "Not attempted" stands beside the partition that failed: report the cause, not the bystander.
    const cause = failed.find(({ errorCode }) => errorCode !== ErrorCode.OPERATION_NOT_ATTEMPTED) ?? failed[0];
    if (!cause) return;
    const { topic, partition, errorCode } = cause;
    check(errorCode, `AddPartitionsToTxn of ${topic}-${partition} by ${owner.transactionalId}`, cause);
  });
}
