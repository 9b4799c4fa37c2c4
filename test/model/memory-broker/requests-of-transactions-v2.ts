/** The requests by which a client knows and speaks version 2 of transactions (KIP-890). */
import { ByteWriter } from '../../../common/bytes.js';
import { END_TXN, NONE, PRODUCE, TXN_OFFSET_COMMIT } from './codes.js';
import { append, type Serve } from './requests-of-transactions.js';
import { compactList, writeCompactList } from './wire.js';

/** Api key and newest version. */
const SPOKEN = [
  [PRODUCE, 12],
  [END_TXN, 5],
  [TXN_OFFSET_COMMIT, 5],
] as const;
const FINALIZED_FEATURES = 2;

/** Its header has no tagged fields in any version. */
export const apiVersions: Serve = (broker, body, refusal) => {
  body.tags();
  body.compactString(); // the client's name
  body.compactString(); // its version
  body.tags();
  const refused = refusal();
  // In the layout of version 0, which every client can read.
  if (refused !== NONE) return new ByteWriter().int16(refused).int32(0);
  const features = new ByteWriter();
  writeCompactList(features, [broker.transactionVersion], (level) =>
    features.compactString('transaction.version').int16(level).int16(level),
  );
  const out = new ByteWriter().int16(NONE);
  writeCompactList(out, SPOKEN, ([apiKey, newest]) => out.int16(apiKey).int16(0).int16(newest));
  if (broker.transactionVersion === 0) return out.int32(0).uvarint(0);
  return out.int32(0).uvarint(1).uvarint(FINALIZED_FEATURES).uvarint(features.length).raw(features.bytes());
};

export const produceV2: Serve = (broker, body, refusal) => {
  body.tags();
  body.compactNullableString(); // transactional id: the batches name their producer
  body.raw(6); // acks, timeout
  const topics = compactList(body, () => ({
    topic: body.compactString(),
    batches: compactList(body, () => ({ partition: body.int32(), batch: body.raw(body.uvarint() - 1) })),
  }));
  body.tags();
  const out = new ByteWriter().uvarint(0);
  writeCompactList(out, topics, ({ topic, batches }) => {
    out.compactString(topic);
    writeCompactList(out, batches, ({ partition, batch }) => {
      const { errorCode, baseOffset } = append(broker, refusal, topic, partition, batch, 'join');
      out.int32(partition).int16(errorCode).int64(baseOffset).int64(-1).int64(0);
      out.uvarint(1).uvarint(0); // no record by itself, no message
    });
  });
  return out.int32(0).uvarint(0);
};

export const endTxnV2: Serve = (broker, body, refusal) => {
  body.tags();
  const transactionalId = body.compactString();
  const owner = { transactionalId, producerId: body.bigint64(), producerEpoch: body.int16() };
  const isCommit = body.int8() === 1;
  body.tags();
  const refused = refusal();
  const { errorCode, producerId, epoch } =
    refused === NONE
      ? broker.transactions.endAndBump(owner, isCommit)
      : { errorCode: refused, producerId: -1n, epoch: -1 };
  const { endAnswer } = broker.faults;
  broker.faults.endAnswer = NONE;
  const out = new ByteWriter().uvarint(0).int32(0);
  return out
    .int16(errorCode || endAnswer)
    .bigint64(producerId)
    .int16(epoch)
    .uvarint(0);
};
