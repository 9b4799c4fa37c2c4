/** `tasks`: who owns what, from the brokers alone. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { rulesIn } from '../processors/rules/shipped.js';
import { viewTasks, type TasksView } from '../topology/operations/tasks.js';
import type { Config } from '../topology/worker/config.js';
import { explain } from './explain.js';
import { countFlag } from './flags.js';
import { say, sayJson } from './print.js';
import { readConfig } from './read-config.js';
import { taskLines } from './tasks/task-lines.js';

interface TasksFlags {
  readonly partitions?: boolean;
  readonly watch?: string | true;
  readonly json?: boolean;
}

export function addTasksCommand(program: Command): void {
  const tasks = program
    .command('tasks')
    .description('who owns which tasks, how far behind they are, their stores: from the brokers, on any machine')
    .option('--partitions', 'a line for each source partition too')
    .option('--watch [seconds]', 'again and again, until Ctrl-C (default: every 2 s)')
    .option('--json', 'one object, with --watch one a line')
    .action(async (flags: TasksFlags) => run(readConfig(program.opts(), {}), flags));
  explain(tasks, {
    says: [
      'Lag is in records, from what was committed to the last stable offset, commit markers too.',
      "A store's position is what its worker said when it joined last, so it falls behind the end while the task runs.",
      'What phase a task is in, its worker alone knows: /readyz, /metrics.',
    ],
    json: {
      'one object':
        'group, state (stable, moving, empty, of-others), missing (topics), workers (memberId, clientId, host, tasks, standbys, rules {version, digest}, refused), tasks (task, owner, lag, store, changelogEnd, partitions (topic, partition, committed, end, lag), standbys (memberId, position, isWarming))',
    },
    exits: { 1: 'the group is of another application, or the brokers do not answer', 130: '--watch was interrupted' },
  });
}

async function run(config: Config, { partitions = false, watch, json = false }: TasksFlags): Promise<void> {
  const seconds = watch === undefined ? 0 : watch === true ? 2 : countFlag('--watch', watch, 1, 3600);
  const sources = rulesIn(config.rulesDir).sources.map(({ topic }) => topic);
  for (;;) {
    const view = await viewTasks(config, sources);
    print(view, { config, partitions, json, isAgain: seconds > 0 });
    if (seconds === 0) {
      if (view.state === 'of-others') process.exitCode = 1;
      return;
    }
    await delay(seconds * 1000);
  }
}

interface Printing {
  readonly config: Config;
  readonly partitions: boolean;
  readonly json: boolean;
  /** On a terminal it takes the place of what was printed before. */
  readonly isAgain: boolean;
}

function print(view: TasksView, { config, partitions, json, isAgain }: Printing): void {
  if (json) {
    sayJson([view]);
    return;
  }
  if (isAgain && process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J');
  say(taskLines(view, config.appId, partitions));
}
