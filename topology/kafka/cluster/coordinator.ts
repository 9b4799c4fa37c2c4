/** Which broker coordinates a group or a transactional id. */
import { findCoordinator, KeyType } from '../protocol/find-coordinator.js';
import type { Broker, Cluster } from '../protocol/internals.js';
import { innermost, NO_COORDINATOR } from '../protocol/protocol-errors.js';

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
