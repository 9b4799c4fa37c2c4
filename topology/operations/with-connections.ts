/** Connections to the brokers for as long as a command works with them, and no longer than it may take. */
import { answerWithin } from '../../common/at-most.js';
import { FatalError } from '../../common/errors.js';
import { createLogger } from '../../common/log.js';
import { Outages } from '../../common/outages.js';
import { shownAddress } from '../../common/shown.js';
import { brokerFault, Connections } from '../kafka/index.js';
import type { Config } from '../worker/config.js';

/** Throws FatalError when the work is not done in time: brokers that are waited for do not answer. */
export function withConnections<T>(
  config: Config,
  budgetMs: number,
  work: (connections: Connections) => Promise<T>,
): Promise<T> {
  return withOpen(config, config.maxRecordBytes, (connections) => inTime(config, budgetMs, work(connections)));
}

/** Gives the work connections, and closes them however it ends. */
export async function withOpen<T>(
  config: Config,
  maxRecordBytes: number,
  work: (connections: Connections) => Promise<T>,
): Promise<T> {
  const silent = createLogger('silent');
  const connections = new Connections(config.kafka, maxRecordBytes, new Outages(brokerFault, silent), silent);
  try {
    return await work(connections);
  } finally {
    await connections.close();
  }
}

/** What was asked of the brokers. Throws FatalError when it is not there in time; it then ends with its connections. */
export function inTime<T>({ kafkaBrokers }: Config, ms: number, asked: Promise<T>): Promise<T> {
  const brokers = shownAddress(kafkaBrokers.join(','));
  return answerWithin(asked, ms, new FatalError(`KAFKA_BROKERS ${brokers} do not answer in time`));
}
