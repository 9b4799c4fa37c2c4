/** `config …`: whether what is set is sound, what is set and where, and what could be. */
import type { Command } from 'commander';
import { ConfigError } from '../common/errors.js';
import type { Config, ConfigNeeds, RawConfig } from '../topology/worker/config.js';
import { environmentWarnings } from './config/environment-names.js';
import { optionObjects } from './config/option-objects.js';
import { optionsHelp } from './config/options-help.js';
import { printPage } from './config/options-page.js';
import { settingLines, settingsOf } from './config/settings.js';
import { explain } from './explain.js';
import { choice } from './flags.js';
import { givenOptions, parseGiven, type GlobalFlags } from './read-config.js';
import { checkedRules } from './rules-folder.js';
import { advise, counted, say, sayJson, styled } from './print.js';

/** What reads the options: which it needs, and what it sets itself. */
interface Reader {
  readonly needs: ConfigNeeds;
  readonly overrides: RawConfig;
}

const WORKER: ConfigNeeds = { registry: true, gateway: true };

const READERS = {
  worker: { needs: WORKER, overrides: {} },
  stream: { needs: WORKER, overrides: { ROLES: 'stream' } },
  gateway: { needs: WORKER, overrides: { ROLES: 'gateway' } },
  registry: { needs: { registry: true }, overrides: {} },
  brokers: { needs: {}, overrides: {} },
} as const satisfies Readonly<Record<string, Reader>>;

const PRINTERS = { text: () => optionsHelp().trimStart(), markdown: printPage };
const FORMATS = [...Object.keys(PRINTERS), 'json'];

export function addConfigCommands(program: Command): void {
  const config = program.command('config').description('the options: check what is set, print it, say what there is');
  const checking = config
    .command('check')
    .description('read the options as a worker does, its rules and templates too: every fault, and warnings')
    .addOption(choice('--for <reader>', READS, Object.keys(READERS)).default('worker'))
    .option('--strict', 'a warning is a fault')
    .option('--json', 'one object')
    .action((flags: CheckFlags) => check(program.opts(), flags));
  explain(checking, {
    says: [
      'A warning is a name in the environment that is a letter away from an option, or the file of what is no secret.',
    ],
    json: { 'one object': 'ok, for, faults, warnings' },
    exits: { 2: 'a fault was found' },
  });
  const printing = config
    .command('print')
    .description('print every option with its value, and where it is from; secrets are not shown')
    .option('--json', 'an object a line')
    .action((flags: { json?: boolean }) => print(program.opts(), flags));
  explain(printing, {
    json: {
      'an object an option':
        'name, group, value (null: not set, or a secret), from (flag, set, environment, file, default, unset), by (the name that set it, if another), secret',
    },
    exits: { 2: 'a value is wrong; all of them are printed before' },
  });
  const documenting = config
    .command('doc')
    .description('print what options there are; markdown is the page docs/configuration.md')
    .addOption(choice('-f, --format <format>', 'how; json is an object a line', FORMATS).default('text'))
    .action(({ format }: { format: keyof typeof PRINTERS | 'json' }) => {
      if (format === 'json') sayJson(optionObjects());
      else process.stdout.write(`${PRINTERS[format]().trimEnd()}\n`);
    });
  explain(documenting, {
    says: [
      '--format json prints an object an option: name, group, help, more, unit, expects, default, unset, required, file.',
    ],
  });
}

const READS = 'as a worker of ROLES, as one of a role, or as a command that asks registry or brokers alone';

interface CheckFlags {
  readonly for: keyof typeof READERS;
  readonly strict?: boolean;
  readonly json?: boolean;
}

function check(global: GlobalFlags, { for: reader, strict = false, json = false }: CheckFlags): void {
  const warnings = environmentWarnings(process.env);
  const faults = [...faultsFor(global, reader), ...(strict ? warnings : [])];
  const advice = strict ? [] : warnings;
  if (json) {
    sayJson([{ ok: faults.length === 0, for: reader, faults, warnings: advice }]);
    if (faults.length > 0) process.exitCode = 2;
    return;
  }
  for (const warning of advice) advise(`warning: ${warning}`);
  if (faults.length > 0) throw new ConfigError(faults);
  const { size } = givenOptions(global, READERS[reader].overrides).origins;
  const set = `${counted(size, 'option')} ${size === 1 ? 'is' : 'are'} set`;
  say([`${styled('green', 'good')} for ${reader}: ${set}, the others have their defaults`]);
}

function faultsFor(global: GlobalFlags, reader: keyof typeof READERS): readonly string[] {
  const { needs, overrides }: Reader = READERS[reader];
  try {
    const config: Config = parseGiven(givenOptions(global, overrides), needs);
    if (needs.gateway === true && config.roles.includes('stream')) checkedRules(config);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

/** Also what is wrong, whose faults come behind. */
function print(global: GlobalFlags, { json = false }: { json?: boolean }): void {
  const given = givenOptions(global, {});
  const settings = settingsOf(given);
  if (json) sayJson(settings);
  else say(settingLines(settings));
  // That something is not set is no fault here.
  parseGiven(given, { brokers: false });
}
