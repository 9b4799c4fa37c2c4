/** `dev …`: a broker and a registry of one's own. */
import type { Command } from 'commander';
import { down, formatExports, reset, status, up } from '../dev/stack/stack.js';

export function addDevCommands(program: Command): void {
  const dev = program.command('dev').description('a real Kafka and a real schema registry on this machine');
  dev
    .command('up')
    .description('start them, or find them running; prints what to export')
    .action(async () => {
      const info = await up();
      process.stdout.write(formatExports(info));
    });
  dev
    .command('status')
    .description('what runs')
    .action(async () => {
      const members = await status();
      if (!members) process.stdout.write('nothing was started here yet: notification-streams dev up\n');
      for (const member of members ?? []) process.stdout.write(`${JSON.stringify(member)}\n`);
    });
  dev
    .command('down')
    .description('stop them; their data stays')
    .action(async () => report('stopped', await down()));
  dev
    .command('reset')
    .description('stop them and delete their data')
    .action(async () => report('stopped and deleted', await reset()));
}

function report(what: string, names: readonly string[]): void {
  process.stdout.write(names.length === 0 ? 'nothing was running\n' : `${what}: ${names.join(', ')}\n`);
}
