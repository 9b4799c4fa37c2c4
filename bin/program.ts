/** The command line: commands, their flags, and what each does. */
import { Command } from 'commander';
import { requireMends } from '../topology/kafka/index.js';
import { addDemoCommand } from './demo.js';
import { addDevCommands } from './dev.js';
import { addEmitCommand } from './emit.js';
import { optionsHelp } from './options-help.js';
import { readConfig } from './read-config.js';
import { addRenderCommand } from './render.js';
import { addRulesCommands } from './rules.js';
import { registerSchemasCommand } from './schemas.js';
import { reseedCommand } from './state.js';
import { createTopicsCommand } from './topics.js';
import { printTopology } from './topology.js';
import { runWorker } from './worker.js';

/** Nothing is run yet. */
export function createProgram(): Command {
  const program = new Command('notification-streams')
    .description('ERP events in, notifications out: a Kafka stream-processing topology with an embedded state store.')
    .option('-c, --config <file>', 'a JSON file of options, by their environment names')
    .option('-s, --set <NAME=value...>', 'one option; wins over the environment')
    .addHelpText('after', optionsHelp)
    .hook('preAction', () => requireMends())
    .exitOverride();
  addWorkerCommands(program);
  addUpkeepCommands(program);
  addRulesCommands(program);
  addRenderCommand(program);
  addEmitCommand(program);
  addDevCommands(program);
  addDemoCommand(program);
  return program;
}

function addWorkerCommands(program: Command): void {
  program
    .command('worker')
    .description('run a worker: the stream, the gateway, or both')
    .option('--roles <roles>', 'stream, gateway, or both with a comma between')
    .action(async ({ roles }: { roles?: string }) => {
      const needs = { registry: true, gateway: true };
      await runWorker(readConfig(program.opts(), roles === undefined ? {} : { ROLES: roles }, needs));
    });

  program
    .command('topology')
    .description('print the topology')
    .option('-f, --format <format>', 'text or mermaid', 'text')
    .action(({ format }: { format: string }) => printTopology(format));
}

function addUpkeepCommands(program: Command): void {
  program
    .command('topics')
    .description("look after the contract's topics")
    .command('create')
    .description('create those that do not exist yet (for a newcomer; in production they are there already)')
    .option('-p, --partitions <count>', 'partitions of each', '4')
    .action(async ({ partitions }: { partitions: string }) =>
      createTopicsCommand(readConfig(program.opts(), {}), partitions),
    );

  program
    .command('schemas')
    .description('look after the schemas in the registry')
    .command('register')
    .description('register every schema of the contract; workers only look them up')
    .action(async () => registerSchemasCommand(readConfig(program.opts(), {}, { registry: true })));

  program
    .command('state')
    .description("look after the tasks' stores")
    .command('reseed')
    .description('write the stores of STATE_DIR to topics of ours that were emptied or recreated (no worker may run)')
    .option('--even-behind', "write a store too that does not hold all that the group's offsets say was committed")
    .action(async (options: { evenBehind?: boolean }) =>
      reseedCommand(readConfig(program.opts(), {}, { registry: true }), options),
    );
}
