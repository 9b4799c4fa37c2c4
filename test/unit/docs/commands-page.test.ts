import { it } from 'vitest';
import { printCommands } from './commands-page.js';
import { expectPrinted } from './printed-parts.js';

it('prints every command into docs/commands.md from the program; -u writes it', async () => {
  await expectPrinted('docs/commands.md', { commands: await printCommands() });
});
