/** What stands in batches that are on their way out, as a consumer would read it. */
import { OutboundBatches, type OutboundRecord } from '../../../../../topology/kafka/index.js';
import { readCommitted } from '../../../../../topology/kafka/fetch/fetched-records.js';

const OWNER = { producerId: 1n, producerEpoch: 0, firstSequence: 0 };

export function recordsOf(out: OutboundBatches | readonly OutboundRecord[]): readonly OutboundRecord[] {
  if (!(out instanceof OutboundBatches)) return out;
  return out.batches.flatMap((batch) =>
    [...readCommitted(Buffer.from(batch.seal(OWNER, 0)), 0, []).records].map(({ key, value, headers }) => ({
      topic: batch.topic,
      partition: batch.partition,
      key,
      value,
      headers,
    })),
  );
}
