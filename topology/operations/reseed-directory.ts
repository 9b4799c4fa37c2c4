/** Writes the stored user directory to its emptied topic: the other half of `state reseed`. */
import { AvroEncoder } from '../../schemas/encoder.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { RegistryHealth } from '../../schemas/registry/registry-health.js';
import { lookUpSinkSchemas } from '../../schemas/registry/registry.js';
import { userKey } from '../../state/directory/directory-entry.js';
import type { StateEnvironment } from '../../state/lmdb/environment.js';
import { UserDirectory } from '../../state/directory/user-directory.js';
import type { Config } from '../worker/config.js';
import { EventProducer, holdsRecords, offsetIn, partitionsIn, type Connections } from '../kafka/index.js';
import type { Logger } from '../../common/log.js';

const ANSWER_MS = 15_000;
/** Below what one batch may hold, though all should be of one partition. */
const CHUNK_BYTES = 500_000;

/** How many users were written: 0 when the store knows none, undefined when the topic holds records and was left alone. */
export async function reseedDirectory(
  config: Config,
  environment: StateEnvironment,
  connections: Connections,
  log: Logger,
): Promise<number | undefined> {
  const directory = new UserDirectory(environment);
  if (directory.size === 0) return 0;
  const topic = config.names.physical('USER_DIRECTORY');
  const topicId = (await connections.offsets(config.names.group).topicIds([topic], ANSWER_MS)).get(topic);
  if (await holdsAny(topic, topicId, config, connections)) return undefined;
  const signal = new AbortController().signal;
  const health = new RegistryHealth();
  const client = new RegistryClient(config.registry);
  const topicName = config.names.physical.bind(config.names);
  const encoder = new AvroEncoder(await lookUpSinkSchemas({ client, topicName, health, signal, backoffMs: 500, log }));
  const producer = new EventProducer(config.kafka);
  let chunk: { key: string; value: Buffer }[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (chunk.length > 0) await producer.sendAll(topic, chunk);
    chunk = [];
    bytes = 0;
  };
  try {
    for (const entry of directory.entries()) {
      const value = encoder.encode('USER_DIRECTORY', entry);
      chunk.push({ key: userKey(entry.tenantId, entry.userId), value });
      bytes += value.length;
      if (bytes > CHUNK_BYTES) await flush();
    }
    await flush();
  } finally {
    await producer.close();
  }
  await directory.follow(topicId, true);
  return directory.size;
}

async function holdsAny(
  topic: string,
  topicId: string | undefined,
  config: Config,
  connections: Connections,
): Promise<boolean> {
  const offsets = connections.offsets(config.names.group);
  const partitions = partitionsIn(topic, connections.leaders.partitionCount(topic));
  const ends = await offsets.highWatermarks(partitions, ANSWER_MS);
  for (const { partition, offset: from } of await offsets.at('earliest', partitions, ANSWER_MS)) {
    const to = offsetIn(ends, { topic, partition })!.offset;
    const signal = AbortSignal.timeout(ANSWER_MS);
    if (await holdsRecords({ topic, topicId, partition, from, to }, connections.fetcher, signal)) return true;
  }
  return false;
}
