/** `topology`: prints the declared graph. */
import type { Command } from 'commander';
import { rulesIn } from '../processors/rules/shipped.js';
import { describeAsMermaid, describeAsText } from '../topology/graph/describe.js';
import { notifications } from '../topology/notifications.js';
import { choice } from './flags.js';
import { readOffline } from './rules-folder.js';

const PRINTERS = { text: describeAsText, mermaid: describeAsMermaid } as const;

export function addTopologyCommand(program: Command): void {
  program
    .command('topology')
    .description('print the topology, by the rules of RULES_DIR')
    .addOption(choice('-f, --format <format>', 'how', Object.keys(PRINTERS)).default('text'))
    .action(({ format }: { format: keyof typeof PRINTERS }) => {
      const map = notifications(rulesIn(readOffline(program.opts()).rulesDir).sources);
      process.stdout.write(PRINTERS[format](map));
    });
}
