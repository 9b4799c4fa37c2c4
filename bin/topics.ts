/** `topics create`: the contract's topics, for a newcomer's broker. */
import type { Config } from '../topology/worker/config.js';
import { ConfigError } from '../common/errors.js';
import { createContractTopics } from '../topology/worker/contract-topics.js';
import { CONTRACT_TOPICS } from '../common/topic-names.js';

export async function createTopicsCommand(config: Config, partitions: string): Promise<void> {
  if (!/^[1-9]\d{0,4}$/.test(partitions))
    throw new ConfigError([`--partitions is "${partitions}": expected a whole number from 1`]);
  const created = new Set(await createContractTopics(config, Number(partitions)));
  for (const topic of CONTRACT_TOPICS.map((logical) => config.names.physical(logical))) {
    process.stdout.write(`${created.has(topic) ? 'created      ' : 'already there'}  ${topic}\n`);
  }
}
