/** What `--help` says of the options: a line each, by group. */
import { OPTION_GROUPS, type OptionDefinition } from '../../topology/worker/option-definition.js';
import { OPTIONS } from '../../topology/worker/options.js';

const ORDER = `
Options are read from --set, the environment and the config file, in this order.
A secret or a certificate may be in a file: its name and _FILE then name that (JWT_SECRET_FILE).`;

const TOPICS = `
The name of a topic of the contract (TASK_EVENT_TOPIC, ...) is an option too: another name for it.
docs/configuration.md says more of each.`;

/** Printed after the commands. */
export function optionsHelp(): string {
  const all = Object.entries<OptionDefinition>(OPTIONS);
  const width = Math.max(...all.map(([name]) => name.length));
  const groups = Object.entries(OPTION_GROUPS).map(([group, title]) => {
    const lines = all
      .filter(([, option]) => option.group === group)
      .map(([name, option]) => `  ${name.padEnd(width)}  ${lineOf(option)}`);
    return ['', `${title}:`, ...lines].join('\n');
  });
  return [ORDER, ...groups, TOPICS].join('\n');
}

function lineOf(option: OptionDefinition): string {
  const help = option.help.replaceAll('`', '');
  return option.default ? `${help} (${option.default})` : help;
}
