/** `topics create`: the contract's topics, for a newcomer's broker. */
import type { Command } from 'commander';
import { rulesIn } from '../processors/rules/shipped.js';
import type { Config } from '../topology/worker/config.js';
import { contractTopicsOn, createContractTopics } from '../topology/worker/contract-topics.js';
import { explain } from './explain.js';
import { countFlag } from './flags.js';
import { say, sayJson } from './print.js';
import { readConfig } from './read-config.js';

interface CreateFlags {
  readonly partitions: string;
  readonly json?: boolean;
}

export function addTopicsCommands(program: Command): void {
  const create = program
    .command('topics')
    .description("look after the contract's topics")
    .command('create')
    .description('create those that do not exist yet (for a newcomer; in production they are there already)')
    .option('-p, --partitions <count>', 'partitions of each', '4')
    .option('--json', 'an object a line')
    .action(async (flags: CreateFlags) => createTopics(readConfig(program.opts(), {}), flags));
  explain(create, { json: { 'an object a topic': 'topic, outcome (created, already-there)' } });
}

async function createTopics(config: Config, { partitions, json = false }: CreateFlags): Promise<void> {
  const count = countFlag('--partitions', partitions, 1, 99_999);
  const { sources } = rulesIn(config.rulesDir);
  const topics = contractTopicsOn(config.names, sources);
  const created = new Set(await createContractTopics(config, sources, count));
  if (json) {
    sayJson(topics.map((topic) => ({ topic, outcome: created.has(topic) ? 'created' : 'already-there' })));
    return;
  }
  say(topics.map((topic) => `${created.has(topic) ? 'created      ' : 'already there'}  ${topic}`));
}
