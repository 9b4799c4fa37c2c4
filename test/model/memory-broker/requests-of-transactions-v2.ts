/** The requests by which a client knows and speaks version 2 of transactions (KIP-890). */
import { ByteWriter } from '../../../common/bytes.js';
import { END_TXN, NONE, NOT_COORDINATOR, NOT_LEADER_FOR_PARTITION, PRODUCE, TXN_OFFSET_COMMIT } from './codes.js';
import type { Serve } from './requests-of-transactions.js';
import { compactList, writeCompactList } from './wire.js';

/** Api key and newest version. */
const SPOKEN = [
  [PRODUCE, 12],
  [END_TXN, 5],
  [TXN_OFFSET_COMMIT, 5],
] as const;
const FINALIZED_FEATURES = 2;

/** Its header has no tagged fields in any version. */
export const apiVersions: Serve = (broker) => {
  const features = new ByteWriter();
  writeCompactList(features, [broker.transactionVersion], (level) =>
    features.compactString('transaction.version').int16(level).int16(level),
  );
  const out = new ByteWriter().int16(NONE);
  writeCompactList(out, SPOKEN, ([apiKey, newest]) => out.int16(apiKey).int16(0).int16(newest));
  return out.int32(0).uvarint(1).uvarint(FINALIZED_FEATURES).uvarint(features.length).raw(features.bytes());
};

export const produceV2: Serve = (broker, body, isElsewhere) => {
  body.tags();
  body.compactNullableString(); // transactional id: the batches name their producer
  body.raw(6); // acks, timeout
  const topics = compactList(body, () => ({
    topic: body.compactString(),
    batches: compactList(body, () => ({ partition: body.int32(), batch: body.raw(body.uvarint() - 1) })),
  }));
  const out = new ByteWriter().uvarint(0);
  writeCompactList(out, topics, ({ topic, batches }) => {
    out.compactString(topic);
    writeCompactList(out, batches, ({ partition, batch }) => {
      const { errorCode, baseOffset } = isElsewhere
        ? { errorCode: NOT_LEADER_FOR_PARTITION, baseOffset: -1 }
        : broker.append(topic, partition, batch, 'join');
      out.int32(partition).int16(errorCode).int64(baseOffset).int64(-1).int64(0);
      out.uvarint(1).uvarint(0); // no record by itself, no message
    });
  });
  return out.int32(0).uvarint(0);
};

export const endTxnV2: Serve = (broker, body, isElsewhere) => {
  body.tags();
  const transactionalId = body.compactString();
  const owner = { transactionalId, producerId: body.bigint64(), producerEpoch: body.int16() };
  const isCommit = body.int8() === 1;
  const { errorCode, epoch } = isElsewhere
    ? { errorCode: NOT_COORDINATOR, epoch: -1 }
    : broker.transactions.endAndBump(owner, isCommit);
  const out = new ByteWriter().uvarint(0).int32(0).int16(errorCode);
  return out
    .bigint64(errorCode === NONE ? owner.producerId : -1n)
    .int16(epoch)
    .uvarint(0);
};
