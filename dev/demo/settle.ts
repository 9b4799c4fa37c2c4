/** Waits until nothing more is to come of what was sent. */
import { offsetIn, partitionsIn, type Connections } from '../../topology/kafka/index.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../topology/worker/config.js';
import { SOURCE_TOPICS } from '../../common/record.js';
import type { Ledger } from '../simulators/ledger.js';

const LOOK_MS = 100;
/** What should not come at all has this long to come after everything else. */
const LINGER_MS = 1000;
const ANSWER_MS = 5000;

/**
 * Resolves when every output was seen and every record is behind the group's committed offsets, and a second has passed
 * since; or at the deadline.
 * @returns how many records the group had not committed in the end.
 */
export async function settle(
  config: Config,
  connections: Connections,
  ledger: Ledger,
  budgetMs: number,
): Promise<number> {
  const deadline = performance.now() + budgetMs;
  for (;;) {
    const behind = await lag(config, connections);
    const isOver = performance.now() >= deadline;
    if ((ledger.isSettled && behind === 0) || isOver) {
      if (!isOver) await delay(LINGER_MS);
      return behind;
    }
    await delay(LOOK_MS);
  }
}

/** How many records of the source topics lie behind what the worker has committed. */
async function lag({ names }: Config, connections: Connections): Promise<number> {
  const offsets = connections.offsets(names.group);
  const partitions = SOURCE_TOPICS.flatMap((logical) => {
    const topic = names.physical(logical);
    return partitionsIn(topic, connections.leaders.partitionCount(topic));
  });
  const [ends, committed] = await Promise.all([
    offsets.at('latest', partitions, ANSWER_MS),
    offsets.committed(partitions, ANSWER_MS),
  ]);
  return ends.reduce((sum, end) => sum + end.offset - (offsetIn(committed, end)?.offset ?? 0), 0);
}
