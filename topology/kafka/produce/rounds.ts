/** How the batches of a transaction are put into requests. */
import type { RecordBatch } from '../records/record-batch.js';

/** In one request: brokers cut the connection over `socket.request.max.bytes`, 100 MB by default. A single batch is below it by its topic's bound. */
const MAX_REQUEST_BYTES = 32 * 1024 * 1024;

/** One batch a partition in a request, which is the most that a broker takes, and no more bytes than it takes. */
export function firstRound(batches: readonly RecordBatch[]): RecordBatch[] {
  const seen = new Set<string>();
  let bytes = 0;
  return batches.filter(({ topic, partition, length }) => {
    const isFirst = seen.size < seen.add(`${topic}/${partition}`).size;
    if (!isFirst || (bytes > 0 && bytes + length > MAX_REQUEST_BYTES)) return false;
    bytes += length;
    return true;
  });
}
