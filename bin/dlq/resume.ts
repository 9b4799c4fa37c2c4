/** `dlq resume`: partitions that are paused as their dead-letter budget is spent go on. */
import type { Command } from 'commander';
import { askWorker } from '../../topology/operations/control-client.js';
import { stateDirOf } from '../control.js';
import { advise, say } from '../print.js';

export function addDlqResume(dlq: Command): void {
  dlq
    .command('resume')
    .description('let partitions of the worker on STATE_DIR go on that are paused by DEAD_LETTER_BUDGET')
    .option('--partition <name>', 'one of them, such as TASK_EVENT_TOPIC-3; else all')
    .action(async ({ partition }: { partition?: string }) => {
      const named = partition === undefined ? {} : { partition };
      const { resumed } = await askWorker(stateDirOf(dlq.parent!), { command: 'dlq-resume', ...named });
      say(resumed.map((name) => `resumed  ${name}`));
      if (resumed.length > 0) return;
      advise(partition === undefined ? 'no partition is paused' : `${partition} is not paused`);
    });
}
