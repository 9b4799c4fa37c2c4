/** `rules …`: check, test and compare rule sets, without a broker. */
import type { Command } from 'commander';
import { ConfigError } from '../common/errors.js';
import { diffRules } from '../processors/rules/diff-rules.js';
import { FILE_KINDS, jsonSchemaOf } from '../processors/rules/json-schema.js';
import { readRules } from '../processors/rules/read-rules.js';
import type { RuleSet } from '../processors/rules/rule-set.js';
import { runCases } from '../topology/testing/cases.js';
import type { Config } from '../topology/worker/config.js';
import { say } from './print.js';
import { checkedRules, folderOf, readOffline } from './rules-folder.js';

const FOLDER = 'the folder of the rules (default: RULES_DIR, or those that are shipped)';

export function addRulesCommands(program: Command): void {
  const rules = program.command('rules').description('who is told what: check, test and compare rule sets');
  const configOf = (folder: string | undefined): Config => readOffline(program.opts(), folder);
  rules
    .command('check')
    .description('read a rule set as a worker does: every fault, with its file and line (exit code 2)')
    .argument('[folder]', FOLDER)
    .action((folder?: string) => say([summaryOf(checkedRules(configOf(folder)))]));
  rules
    .command('test')
    .description('run the cases beside the rules, cases/SOURCE.yaml: an event, and what it tells whom')
    .argument('[folder]', FOLDER)
    .addHelpText('after', '\nEvery event type needs a case that shows its notification. Exit code 1 when a case fails.')
    .action(async (folder?: string) => test(configOf(folder)));
  rules
    .command('diff')
    .description('say in words what differs between two rule sets')
    .argument('<before>', 'a folder')
    .argument('<after>', 'another')
    .action(diff);
  rules
    .command('schema')
    .description('print the JSON Schema of a kind of file, for editors')
    .argument('<kind>', FILE_KINDS.join(', '))
    .action(schema);
}

function summaryOf({ version, digest, sources, languages, layout }: RuleSet): string {
  const types = sources.reduce((count, { events }) => count + events.size, 0);
  return [
    `rules version ${version} (${digest.slice(0, 12)}): ${sources.length} sources, ${types} event types`,
    `texts in ${[...languages.keys()].join(', ')}`,
    layout === undefined ? "the contract's e-mail" : `e-mails in ${layout.path}`,
  ].join('; ');
}

async function test(config: Config): Promise<void> {
  const { passed, failures } = await runCases(checkedRules(config), folderOf(config), config);
  say([...failures, `${passed} passed, ${failures.length === 1 ? '1 failure' : `${failures.length} failures`}`]);
  if (failures.length > 0) process.exitCode = 1;
}

function diff(before: string, after: string): void {
  const [was, is] = [readRules(before), readRules(after)];
  const { lines, restart, needsVersion } = diffRules(was, is);
  say(lines.length === 0 ? ['they say the same'] : lines);
  if (needsVersion && is.version <= was.version)
    say([`! topics, event types or channels differ: raise \`version\` in rules.yaml above ${was.version}`]);
  if (restart.length > 0) say(['! workers must be restarted for these:', ...restart.map((line) => `!   ${line}`)]);
}

function schema(kind: string): void {
  const known = FILE_KINDS.find((one) => one === kind);
  if (known === undefined) throw new ConfigError([`the kind is "${kind}": expected ${FILE_KINDS.join(', ')}`]);
  process.stdout.write(jsonSchemaOf(known));
}
