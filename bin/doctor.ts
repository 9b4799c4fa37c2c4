/** `doctor`: what is wrong between this machine, the brokers and the registry, and what to do; `doctor --acls`: the rights, as commands. */
import type { Command } from 'commander';
import { ConfigError } from '../common/errors.js';
import { shown } from '../common/shown.js';
import { rulesIn } from '../processors/rules/shipped.js';
import { aclLines } from '../topology/operations/doctor/acl-command.js';
import type { Mark } from '../topology/operations/doctor/check.js';
import { examine, type Result } from '../topology/operations/doctor/doctor.js';
import { principalOf } from '../topology/operations/doctor/principal.js';
import { grantsOf } from '../topology/operations/doctor/rights.js';
import type { Config } from '../topology/worker/config.js';
import { say, sayJson, styled, wrapped } from './print.js';
import { readConfig } from './read-config.js';

interface DoctorFlags {
  readonly acls?: boolean;
  readonly principal?: string;
  readonly json?: boolean;
}

const LIMIT_MS = 10_000;
const WIDTH = 100;
const INDENT = ' '.repeat(10);
const COLOURS = { ok: 'green', warning: 'yellow', fault: 'red' } as const;

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'say what is wrong with brokers, rights, topics, registry and machine, and what to do; changes nothing',
    )
    .option('--acls', 'print the kafka-acls commands for the rights that a worker of these ROLES needs')
    .option('--principal <principal>', 'for --acls: who gets them (default: User: and KAFKA_SASL_USERNAME)')
    .option('--json', 'an object a line')
    .addHelpText('after', '\nExit code 0 when there is no fault (warnings do not count), 3 when there is one.')
    .action(async (flags: DoctorFlags) => {
      const config = readConfig(program.opts(), {}, { registry: !flags.acls, gateway: !flags.acls });
      if (flags.acls) printAcls(config, flags);
      else await examineAll(config, flags);
    });
}

async function examineAll(config: Config, { json, principal }: DoctorFlags): Promise<void> {
  if (principal !== undefined) throw new ConfigError(['--principal is for --acls alone']);
  const results = await examine(config, rulesIn(config.rulesDir).sources, { limitMs: LIMIT_MS });
  if (json) sayJson(results.flatMap(({ group, check, findings }) => findings.map((one) => ({ group, check, ...one }))));
  else say(linesOf(results));
  const marks = results.flatMap(({ findings }) => findings.map(({ mark }) => mark));
  if (marks.includes('fault')) process.exitCode = 3;
}

function linesOf(results: readonly Result[]): string[] {
  const groups = [...new Set(results.map(({ group }) => group))];
  const counts = (mark: Mark): number =>
    results.reduce((sum, { findings }) => sum + findings.filter((one) => one.mark === mark).length, 0);
  return [
    ...groups.flatMap((group) => [
      styled('bold', group),
      ...results.filter((result) => result.group === group).flatMap(resultLines),
      '',
    ]),
    `${counts('fault')} faults, ${counts('warning')} warnings`,
  ];
}

function resultLines({ check, findings }: Result): string[] {
  return findings.flatMap(({ mark, found, expected, toDo }) => {
    const [first = '', ...more] = [
      `${check}: ${found}`,
      ...(expected === undefined ? [] : [`expected: ${expected}`]),
      ...(toDo === undefined ? [] : [`to do: ${toDo}`]),
    ].flatMap((text) => wrapped(text, WIDTH - INDENT.length, '  '));
    return [`${styled(COLOURS[mark], mark.padEnd(INDENT.length))}${first}`, ...more.map((line) => `${INDENT}${line}`)];
  });
}

function printAcls(config: Config, { principal, json }: DoctorFlags): void {
  const who = principal ?? principalOf(config);
  if (who === undefined)
    throw new ConfigError([
      '--principal is not given, and KAFKA_SASL_USERNAME is not set: expected one, such as User:notifications',
    ]);
  if (!/^[A-Za-z]+:.+$/.test(who))
    throw new ConfigError([`--principal is ${shown(who)}: expected a type and a name, such as User:notifications`]);
  const grants = grantsOf(config.roles, config.names, rulesIn(config.rulesDir).sources);
  if (json) sayJson(grants.map((grant) => ({ principal: who, ...grant })));
  else say(aclLines(config.roles, grants, who, config.kafkaBrokers.join(',')));
}
