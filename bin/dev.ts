/** `dev …`: a broker and a registry of one's own. */
import type { Command } from 'commander';

import { down, formatExports, reset, status, up } from '../dev/stack/stack.js';
import { ConfigError } from '../common/errors.js';
import { shownAddress } from '../common/shown.js';

export function addDevCommands(program: Command): void {
  const dev = program.command('dev').description('a real Kafka and a real schema registry on this machine');
  dev
    .command('up')
    .description('start them, or find them running; prints what to export')
    .action(async () => {
      await refuseForeignBroker();
      const info = await up({ progress: (line) => process.stderr.write(`${line}\n`) });
      process.stdout.write(formatExports(info));
    });
  dev
    .command('status')
    .description('what runs')
    .action(async () => {
      const members = await status();
      if (!members) process.stdout.write('nothing was started here yet: notification-streams dev up\n');
      for (const { name, address, pid, answers } of members ?? []) {
        const state = pid === undefined ? 'stopped' : `${answers ? 'answers' : 'does not answer'}, pid ${pid}`;
        process.stdout.write(`${name.padEnd(10)} ${address.padEnd(22)} ${state}\n`);
      }
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

/** Whoever names a broker means that one; only our own stack's is started or found. */
async function refuseForeignBroker(): Promise<void> {
  const named = process.env['KAFKA_BROKERS'] ?? '';
  if (named === '') return;
  const own = (await status())?.some(({ address }) => address === named) ?? false;
  if (!own)
    throw new ConfigError([
      `KAFKA_BROKERS is ${shownAddress(named)}: a stack of your own is used only when it is not set. Unset it (and SCHEMA_REGISTRY_URL) to start one`,
    ]);
}

function report(what: string, names: readonly string[]): void {
  process.stdout.write(names.length === 0 ? 'nothing was running\n' : `${what}: ${names.join(', ')}\n`);
}
