/** Which broker coordinates a group or a transactional id. */
import { ByteWriter } from '../../../common/bytes.js';
import { COORDINATOR_TRANSACTION, type Broker, type Cluster, type RawRequest } from '../protocol/internals.js';
import { check, innermost } from '../protocol/protocol-errors.js';
import { raw } from '../protocol/raw-request.js';

const COORDINATOR_GROUP = 0;
const NOT_FOUND = 'KafkaJSGroupCoordinatorNotFound';

export function groupCoordinator(cluster: Cluster, groupId: string): Promise<Broker> {
  return find(cluster, groupId, COORDINATOR_GROUP);
}

export function transactionCoordinator(cluster: Cluster, transactionalId: string): Promise<Broker> {
  return find(cluster, transactionalId, COORDINATOR_TRANSACTION);
}

/** kafkajs says that it found none, whatever the brokers answered (a right that is missing): one is asked for its reason then. */
async function find(cluster: Cluster, key: string, type: number): Promise<Broker> {
  try {
    return await cluster.findGroupCoordinator({ groupId: key, coordinatorType: type });
  } catch (error) {
    if (innermost(error).name === NOT_FOUND) {
      const broker = await cluster.findControllerBroker();
      await broker.connectionPool.send(reasonFor(key, type));
    }
    throw error;
  }
}

/** FindCoordinator, of whose answer only the error is of interest. */
function reasonFor(key: string, type: number): RawRequest<void> {
  return raw(10, 1, 'FindCoordinator', new ByteWriter(64).string(key).int8(type).bytes(), (reader) => {
    reader.throttle();
    check(reader.int16(), `FindCoordinator of ${key}`);
  });
}
