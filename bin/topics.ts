/** `topics create`: the contract's topics, for a newcomer's broker. */
import type { Config } from '../topology/worker/config.js';
import { ConfigError } from '../common/errors.js';
import { rulesIn } from '../processors/rules/shipped.js';
import { contractTopicsOn, createContractTopics } from '../topology/worker/contract-topics.js';

export async function createTopicsCommand(config: Config, partitions: string): Promise<void> {
  if (!/^[1-9]\d{0,4}$/.test(partitions))
    throw new ConfigError([`--partitions is "${partitions}": expected a whole number from 1`]);
  const { sources } = rulesIn(config.rulesDir);
  const topics = contractTopicsOn(config.names, sources);
  const created = new Set(await createContractTopics(config, sources, Number(partitions)));
  for (const topic of topics) {
    process.stdout.write(`${created.has(topic) ? 'created      ' : 'already there'}  ${topic}\n`);
  }
}
