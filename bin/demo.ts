/** `demo`: the whole thing on this machine, to look at. */
import type { Command } from 'commander';
import { runDemo } from '../dev/demo/demo.js';
import { parseDemoOptions } from '../dev/demo/options.js';

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description("simulate the ERP's services, run a worker, show a user's notifications, and check what came out")
    .option('--seconds <count>', 'end by itself; else at Ctrl-C')
    .option('--rate <count>', 'records a second, of all services together', '50')
    .option('--port <port>', 'of the page; 0 picks a free one', '0')
    .action(async (given: { seconds?: string; rate: string; port: string }) => {
      process.exitCode = await runDemo(parseDemoOptions(given));
    });
}
