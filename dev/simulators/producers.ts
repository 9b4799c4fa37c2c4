/** Sends what the ERP's services have to say, at a steady pace. */
import { setTimeout as delay } from 'node:timers/promises';
import { groupBy } from '../../common/group-by.js';
import type { EventProducer } from '../../topology/kafka/index.js';
import type { TopicNames } from '../../common/topic-names.js';
import type { Erp, ErpRecord } from './erp.js';
import type { Ledger } from './ledger.js';

export interface ProducerServices {
  readonly producer: EventProducer;
  readonly names: TopicNames;
  readonly ledger: Ledger;
}

const TICK_MS = 100;
/** In one go: a broker takes no more than 1 MB in a batch. */
const MOST_AT_ONCE = 1000;

/** Sends `rate` records a second until the signal aborts; what it fell behind by it makes up for. */
export async function produceSteadily(
  erp: Erp,
  rate: number,
  services: ProducerServices,
  signal: AbortSignal,
): Promise<void> {
  const start = performance.now();
  let sent = 0;
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - start) / 1000) * rate) - sent;
    const records = Array.from({ length: Math.min(due, MOST_AT_ONCE) }, () => erp.next());
    await send(records, services);
    sent += records.length;
    if (due <= MOST_AT_ONCE) await delay(TICK_MS);
  }
}

/** Appends the records, those of each topic in their order. */
export async function send(
  records: readonly ErpRecord[],
  { producer, names, ledger }: ProducerServices,
): Promise<void> {
  for (const record of records) ledger.expect(record);
  for (const [topic, ofTopic] of groupBy(records, (record) => record.topic)) {
    await producer.sendAll(names.physical(topic), ofTopic);
  }
}
