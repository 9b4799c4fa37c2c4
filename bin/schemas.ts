/** `schemas …`: the contract's schemas, under each topic's subject. */
import type { Command } from 'commander';
import { ownSubjects, type OwnSubject } from '../schemas/registry/own-subjects.js';
import { registerSchemas } from '../schemas/registry/register.js';
import { RegistryClient } from '../schemas/registry/registry-client.js';
import { viewSubject } from '../schemas/registry/subjects.js';
import type { SourceSpec } from '../schemas/source-spec.js';
import { rulesIn } from '../processors/rules/shipped.js';
import type { Config } from '../topology/worker/config.js';
import { explain } from './explain.js';
import { say, sayJson, styled, table } from './print.js';
import { readConfig } from './read-config.js';
import { readOffline } from './rules-folder.js';
import { checkBaseline, checkLive, diffBaseline, diffLive, type Compared, type Live } from './schemas/compared.js';

const DIFFERS = 3;

interface Flags {
  readonly json?: boolean;
}

interface CompareFlags extends Flags {
  readonly baseline?: string;
}

export function addSchemasCommands(program: Command): void {
  const schemas = program.command('schemas').description('look after the schemas in the registry');
  const configOf = (): Config => readConfig(program.opts(), {}, { registry: true });
  const register = schemas
    .command('register')
    .description('register every schema of the contract; workers only look them up')
    .option('--json', 'an object a line')
    .action(async ({ json = false }: Flags) => registerAll(configOf(), json));
  explain(register, { json: { 'an object a subject': 'subject, record, outcome, id, compatibility, problems' } });
  const list = schemas
    .command('list')
    .description('what the registry holds under our subjects, and whether our schemas are among it')
    .option('--json', 'an object a line')
    .action(async ({ json = false }: Flags) => listAll(configOf(), json));
  explain(list, {
    json: {
      'an object a subject':
        'subject, record, kind (source, sink), versions (version, id), ours (version, id; null: none), compatibility',
    },
  });
  addComparisons(schemas, program);
}

function addComparisons(schemas: Command, program: Command): void {
  const against = async (
    { baseline, json = false }: CompareFlags,
    offline: typeof checkBaseline,
    live: typeof checkLive,
    words: Words,
  ): Promise<void> => {
    const config =
      baseline === undefined ? readConfig(program.opts(), {}, { registry: true }) : readOffline(program.opts());
    const { sources, all } = subjectsOf(config);
    const compared = baseline === undefined ? await live(all, liveOf(config, sources)) : offline(all, baseline);
    printCompared(compared, json, words);
  };
  const check = schemas
    .command('check')
    .description('say whether our schemas can take the place of those that are there, and register nothing')
    .option('--baseline <folder>', 'of .avsc files of an earlier release; asks no registry')
    .option('--json', 'an object a line')
    .action((flags: CompareFlags) => against(flags, checkBaseline, checkLive, ['fits', 'does not fit']));
  explain(check, {
    says: [
      "What was written before must be read by ours, and what we write by who has the earlier schema. A source's schema is its producers': we must read it.",
      "Without --baseline the latest versions are compared, and the registry's own rule is asked.",
    ],
    json: { 'an object a schema': 'subject, record, against (null: there is none yet), found (faults)' },
    exits: { 3: 'a schema does not fit' },
  });
  const diff = schemas
    .command('diff')
    .description("say in words what differs between our schemas and the registry's latest")
    .option('--baseline <folder>', 'of .avsc files of an earlier release, in place of the registry')
    .option('--json', 'an object a line')
    .action((flags: CompareFlags) => against(flags, diffBaseline, diffLive, ['the same', 'differs']));
  explain(diff, {
    json: { 'an object a schema': 'subject, record, against (null: there is none yet), found (differences)' },
    exits: { 3: 'something differs' },
  });
}

function liveOf(config: Config, sources: readonly SourceSpec[]): Live {
  return { client: clientOf(config), sources };
}

function clientOf(config: Config): RegistryClient {
  return new RegistryClient(config.registry);
}

function subjectsOf(config: Config): { readonly sources: readonly SourceSpec[]; readonly all: readonly OwnSubject[] } {
  const { sources } = rulesIn(config.rulesDir);
  return { sources, all: ownSubjects(sources, (topic) => config.names.physical(topic)) };
}

async function registerAll(config: Config, json: boolean): Promise<void> {
  const { sources } = subjectsOf(config);
  const done = await registerSchemas(clientOf(config), sources, (topic) => config.names.physical(topic));
  if (json) {
    sayJson(done);
    return;
  }
  for (const { subject, record, outcome, id, compatibility, problems } of done) {
    const what = `${outcome.padEnd(13)}  id ${String(id).padStart(4)}  ${subject}  ${record}  ${compatibility}`;
    say([what, ...problems.map((problem) => `  ! ${problem}`)]);
  }
}

async function listAll(config: Config, json: boolean): Promise<void> {
  const client = clientOf(config);
  const views = await Promise.all(
    subjectsOf(config).all.map(async (own) => ({ own, view: await viewSubject(client, own) })),
  );
  if (json) {
    sayJson(
      views.map(({ own: { subject, record, kind }, view: { versions, ours = null, compatibility } }) => {
        return { subject, record, kind, versions, ours, compatibility };
      }),
    );
    return;
  }
  const rows = views.map(({ own, view: { versions, ours, compatibility } }) => {
    const latest = versions.at(-1);
    return [
      own.subject,
      latest === undefined ? 'not registered' : `${latest.version} (id ${latest.id})`,
      ours === undefined ? 'no' : `${ours.version} (id ${ours.id})`,
      compatibility,
      own.kind,
    ];
  });
  say(table([['SUBJECT', 'LATEST', 'OURS', 'COMPATIBILITY', 'KIND'], ...rows]));
}

/** What is said of a schema of which nothing was found, and of another. */
type Words = readonly [string, string];

function printCompared(compared: readonly Compared[], json: boolean, [same, other]: Words): void {
  if (json) sayJson(compared);
  else
    for (const { subject, record, against, found } of compared) {
      const name = subject === '' ? record : `${subject}  ${record}`;
      const verdict = found.length > 0 ? styled('yellow', other) : against === null ? 'is new' : styled('green', same);
      say([
        `${name}: ${verdict}${against === null ? '' : `, against ${against}`}`,
        ...found.map((line) => `  ${line}`),
      ]);
    }
  if (compared.some(({ found }) => found.length > 0)) process.exitCode = DIFFERS;
}
