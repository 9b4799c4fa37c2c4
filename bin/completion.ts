/** `completion`: what a shell needs to complete our commands, their flags and the values of these. */
import { Argument, type Command } from 'commander';
import { commandWords } from './completion/command-words.js';
import { SHELLS } from './completion/scripts.js';
import { explain } from './explain.js';
import { wordFlag } from './flags.js';

export function addCompletionCommand(program: Command): void {
  const shells = Object.keys(SHELLS) as (keyof typeof SHELLS)[];
  const completion = program
    .command('completion')
    .description('print the script by which a shell completes commands, flags and their values')
    .addArgument(
      new Argument('<shell>', 'which').choices(shells).argParser((given) => wordFlag('the shell', given, shells)),
    )
    .action((shell: keyof typeof SHELLS) => {
      process.stdout.write(SHELLS[shell](commandWords(program)));
    });
  explain(completion, {
    says: [
      'bash: notification-streams completion bash >> ~/.bashrc',
      'zsh: into a folder of $fpath, as _notification-streams',
      'fish: into ~/.config/fish/completions/notification-streams.fish',
    ],
  });
}
