/** `readCommitted` with kafkajs's own filter of aborted records in the place of ours. */
import { filterAbortedMessages, type DecodedRecord } from '../../unit/topology/kafka/cluster/kafkajs-internals.js';
import type { AbortedTransaction, FetchedPartition } from '../../../topology/kafka/fetch/fetched-records.js';
import { readHeader, recordsOf } from '../memory-broker/batch.js';

type ReadCommitted = (data: Buffer, fetchOffset: number, aborted: readonly AbortedTransaction[]) => FetchedPartition;

const BATCH_HEAD = 12;

/** `parse` reads the records; which of them are kept is kafkajs's word. */
export function withKafkajsFilter(parse: ReadCommitted): ReadCommitted {
  return (data, fetchOffset, aborted) => {
    const everything = parse(data, fetchOffset, []);
    const messages = batchesOf(data).flatMap(messagesOf);
    const abortedTransactions = aborted.map(({ producerId, firstOffset }) => ({
      producerId: String(producerId),
      firstOffset: String(firstOffset),
    }));
    const kept = new Set(filterAbortedMessages({ messages, abortedTransactions }).map(({ offset }) => Number(offset)));
    const records = [...everything.records].filter(({ offset }) => kept.has(offset));
    return { ...everything, records, bytes: records.reduce((sum, { bytes }) => sum + bytes, 0) };
  };
}

function batchesOf(data: Buffer): Buffer[] {
  const batches: Buffer[] = [];
  for (let at = 0; data.length - at >= BATCH_HEAD;) {
    const end = at + BATCH_HEAD + data.readInt32BE(at + 8);
    batches.push(data.subarray(at, end));
    at = end;
  }
  return batches;
}

/** As kafkajs decodes them, control records among them. */
function messagesOf(batch: Buffer): DecodedRecord[] {
  const { producerId, transactional, control } = readHeader(batch);
  const baseOffset = Number(batch.readBigInt64BE(0));
  return recordsOf({ bytes: batch, baseOffset }).map(({ offset, key, value }) => ({
    offset: String(offset),
    timestamp: '0',
    key: key === null ? null : Buffer.from(key),
    value,
    headers: {},
    isControlRecord: control,
    batchContext: { producerId: String(producerId), inTransaction: transactional },
  }));
}
