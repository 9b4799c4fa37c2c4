/** At a first start the account events come first: other sources wait until the directory holds what was there. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Connections } from './connections.js';
import type { DirectoryFeed } from './directory-feed.js';
import type { Offsets } from './kafka/index.js';

const LOOK_MS = 200;
const ANSWER_MS = 15_000;

/**
 * Resolves when every account event that was there when it was asked is committed by its task, whichever worker has it,
 * and in this worker's directory.
 */
export async function accountsRead(
  topic: string,
  services: { readonly connections: Connections; readonly offsets: Offsets; readonly feed: DirectoryFeed },
  signal: AbortSignal,
): Promise<void> {
  const { connections, offsets, feed } = services;
  const count = connections.leaders.partitionCount(topic);
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  const ends = await connections.patiently(() => offsets.at('latest', partitions, ANSWER_MS), 'accounts');
  for (;;) {
    const committed = await connections.patiently(() => offsets.committed(partitions, ANSWER_MS), 'accounts');
    const at = (partition: number): number => committed.find((c) => c.partition === partition)?.offset ?? 0;
    if (ends.every(({ partition, offset }) => at(partition) >= offset)) break;
    await delay(LOOK_MS, undefined, { signal });
  }
  await connections.patiently(() => feed.caughtUp(signal), 'accounts');
}
