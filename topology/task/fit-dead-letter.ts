/** Makes a dead letter fit its topic: whole if it does, else compressed, else cut, with headers that say so. */
import { createHash } from 'node:crypto';
import { cutRecord } from '../../common/cut-record.js';
import { BATCH_OVERHEAD, sizeOf, type OutboundBatches, type TopicBatches } from '../kafka/index.js';
import type { DeadLetter, WholeValue } from '../../common/record.js';
import { RecordHeaders } from '../../common/record-headers.js';

/** Stages it. `limit`: bytes of a batch with this record alone. */
export function addDeadLetter(
  letter: DeadLetter,
  { topic }: TopicBatches,
  partition: number,
  batches: OutboundBatches,
  limit: number,
): void {
  const { key, value, headers, added, wholeValue } = letter;
  const all = headers.and(added);
  if (wholeValue === undefined) {
    if (BATCH_OVERHEAD + sizeOf(key, value, all) <= limit) {
      batches.add(topic, partition, key, value, all);
      return;
    }
    if (batches.addPacked(topic, partition, { key, value, headers: all }, limit)) return;
  }
  const said = added.and(cutHeaders(wholeValue ?? wholeOf(value)));
  const cut = cutRecord(letter, limit - BATCH_OVERHEAD - sizeOf(null, null, said));
  batches.add(topic, partition, cut.key, cut.value, cut.headers.and(said));
}

function cutHeaders({ bytes, sha256 }: WholeValue): RecordHeaders {
  return RecordHeaders.of([
    ['dlq.truncated', 'true'],
    ['dlq.original-bytes', String(bytes)],
    ['dlq.sha256', sha256],
  ]);
}

function wholeOf(value: Buffer | null): WholeValue {
  const whole = value ?? Buffer.alloc(0);
  return { bytes: whole.length, sha256: createHash('sha256').update(whole).digest('hex') };
}
