/** Connections to the dead-letter topic, for a command: brokers that do not answer end it. */
import type { Connections } from '../../kafka/index.js';
import type { Config } from '../../worker/config.js';
import { inTime, withOpen } from '../with-connections.js';

const ANSWER_MS = 15_000;

/** Gives the work connections that track the dead-letter topic, and these topics; they must exist. Closes them however it ends. */
export function withDeadLetters<T>(
  config: Config,
  work: (connections: Connections) => Promise<T>,
  alsoTracked: readonly string[] = [],
): Promise<T> {
  const topics = [config.names.physical('NOTIFICATION_DLQ'), ...alsoTracked];
  // A dead letter may be larger than MAX_RECORD_BYTES: it carries headers of ours.
  return withOpen(config, Infinity, async (connections) => {
    const tracked = connections.refuseMissing(topics).then(async () => connections.track(topics));
    await inTime(config, ANSWER_MS, tracked);
    return work(connections);
  });
}
