/** Connections to the dead-letter topic, for a command: brokers that do not answer end it. */
import { setTimeout as delay } from 'node:timers/promises';
import { FatalError } from '../../../common/errors.js';
import { createLogger } from '../../../common/log.js';
import { Outages } from '../../../common/outages.js';
import { shownAddress } from '../../../common/shown.js';
import { brokerFault, Connections } from '../../kafka/index.js';
import type { Config } from '../../worker/config.js';

const ANSWER_MS = 15_000;

/** Gives the work connections that track the dead-letter topic, and these topics; they must exist. Closes them however it ends. */
export async function withDeadLetters<T>(
  config: Config,
  work: (connections: Connections) => Promise<T>,
  alsoTracked: readonly string[] = [],
): Promise<T> {
  const silent = createLogger('silent');
  // A dead letter may be larger than MAX_RECORD_BYTES: it carries headers of ours.
  const connections = new Connections(config.kafka, Infinity, new Outages(brokerFault, silent), silent);
  const late = new AbortController();
  try {
    const topics = [config.names.physical('NOTIFICATION_DLQ'), ...alsoTracked];
    const tracked = connections.refuseMissing(topics).then(async () => connections.track(topics));
    const isTracked = tracked.then(() => true);
    if (!(await Promise.race([isTracked, delay(ANSWER_MS, false, late)]))) {
      // It ends with its connections.
      isTracked.catch(() => undefined);
      throw new FatalError(`KAFKA_BROKERS ${shownAddress(config.kafkaBrokers.join(','))} do not answer in time`);
    }
    return await work(connections);
  } finally {
    late.abort();
    await connections.close();
  }
}
