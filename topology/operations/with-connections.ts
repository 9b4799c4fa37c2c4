/** Connections to the brokers for as long as a command works with them, and no longer than it may take. */
import { setTimeout as delay } from 'node:timers/promises';
import { FatalError } from '../../common/errors.js';
import { createLogger } from '../../common/log.js';
import { Outages } from '../../common/outages.js';
import { shownAddress } from '../../common/shown.js';
import { brokerFault, Connections } from '../kafka/index.js';
import type { Config } from '../worker/config.js';

/** Throws FatalError when the work is not done in time: brokers that are waited for do not answer. */
export async function withConnections<T extends object>(
  config: Config,
  budgetMs: number,
  work: (connections: Connections) => Promise<T>,
): Promise<T> {
  const silent = createLogger('silent');
  const connections = new Connections(config.kafka, config.maxRecordBytes, new Outages(brokerFault, silent), silent);
  const late = new AbortController();
  try {
    const done = work(connections);
    const answered = await Promise.race([done, delay(budgetMs, undefined, late)]);
    if (answered !== undefined) return answered;
    // It ends with its connections.
    done.catch(() => undefined);
    throw new FatalError(`KAFKA_BROKERS ${shownAddress(config.kafkaBrokers.join(','))} do not answer in time`);
  } finally {
    late.abort();
    await connections.close();
  }
}
