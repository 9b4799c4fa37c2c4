/** `state reseed`: the stores of STATE_DIR to an empty changelog, and the user directory to its empty topic. */
import type { Command } from 'commander';
import type { Config } from '../topology/worker/config.js';
import { FatalError } from '../common/errors.js';
import { createLogger } from '../common/log.js';
import { reseed, type TaskOutcome } from '../topology/operations/reseed.js';
import { readConfig } from './read-config.js';

export function addStateCommands(program: Command): void {
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

/** Throws FatalError when nothing was written although there was something to write. */
async function reseedCommand(config: Config, { evenBehind = false }: { evenBehind?: boolean }): Promise<void> {
  const { tasks, users } = await reseed(config, evenBehind, createLogger(config.logLevel, config.workerId));
  if (tasks.size === 0 && users === 0) process.stdout.write(`STATE_DIR ${config.stateDir} holds no store\n`);
  for (const [task, outcome] of tasks) process.stdout.write(`task ${task}: ${describe(outcome)}\n`);
  if (users === undefined) process.stdout.write('user directory: its topic holds records, left as it is\n');
  else if (users > 0) process.stdout.write(`user directory: ${users} users written to its topic\n`);
  const isWritten = users! > 0 || [...tasks.values()].some(({ kind }) => kind === 'written');
  if (tasks.size > 0 && !isWritten) throw new FatalError('nothing was written; why is said above for each task');
}

function describe(outcome: TaskOutcome): string {
  switch (outcome.kind) {
    case 'written':
      return `${outcome.entries} entries written to the changelog`;
    case 'held':
      return 'its changelog holds records, left as it is: a worker restores from it by itself';
    case 'behind': {
      const { topic, stored, committed } = outcome;
      return `its store stands at ${stored} of ${topic}, the group at ${committed}: not written, look for a newer copy in another STATE_DIR, or say --even-behind when there is none`;
    }
  }
}
