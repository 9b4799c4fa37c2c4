/** Which broker coordinates a group or a transactional id. */
import { setTimeout as delay } from 'node:timers/promises';
import { findCoordinator, KeyType } from '../protocol/find-coordinator.js';
import type { Broker, Cluster } from '../protocol/internals.js';
import { innermost, isRetriable, NO_COORDINATOR } from '../protocol/protocol-errors.js';

export function groupCoordinator(cluster: Cluster, groupId: string): Promise<Broker> {
  return find(cluster, groupId, KeyType.group);
}

export function transactionCoordinator(cluster: Cluster, transactionalId: string): Promise<Broker> {
  return find(cluster, transactionalId, KeyType.transaction);
}

/** kafkajs says that it found none, whatever the brokers answered (a right that is missing): one is asked for its reason then. */
async function find(cluster: Cluster, key: string, type: KeyType): Promise<Broker> {
  try {
    return await cluster.findGroupCoordinator({ groupId: key, coordinatorType: type });
  } catch (error) {
    if (innermost(error).name === NO_COORDINATOR) {
      const broker = await cluster.findControllerBroker();
      await broker.connectionPool.send(findCoordinator(key, type));
    }
    throw error;
  }
}

const ASK_AGAIN_MS = 200;

/** Asks again while a coordinator moves, loads, or is elected; at most for so long, ms. */
export async function askPatiently<T>(
  patienceMs: number,
  ask: () => Promise<T>,
  isPassing: (error: unknown) => boolean = isRetriable,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error;
      await delay(ASK_AGAIN_MS);
    }
  }
}
