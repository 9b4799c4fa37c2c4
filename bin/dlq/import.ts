/** `dlq import`: dead letters of an export, as they were or as a person has edited them, back to where they came from. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError, messageOf } from '../../common/errors.js';
import { rulesIn } from '../../processors/rules/shipped.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { faultsOfPlace, readImport } from '../../topology/operations/dead-letters/import.js';
import type { NewRun } from '../../topology/operations/dead-letters/replay.js';
import { letterBounds, letterTopicId } from '../../topology/operations/dead-letters/scan.js';
import type { ReplayRun } from '../../topology/operations/dead-letters/replay-log.js';
import { sourcesByTopic } from '../../topology/operations/dead-letters/sources-by-topic.js';
import type { Config } from '../../topology/worker/config.js';
import type { ReadConfig } from '../read-config.js';
import { say } from '../print.js';
import { changeLines } from './import-changes.js';
import { addPaceFlags, paceOf, type PaceFlags } from './pace-flags.js';
import { printable } from './printable.js';
import { runReplay } from './run-replay.js';
import { whoRuns } from './who-runs.js';

interface ImportFlags extends PaceFlags {
  readonly dryRun?: true;
  readonly again?: true;
  readonly payload?: true;
  readonly json?: true;
}

const SHOWN_FAULTS = 20;

export function addDlqImport(dlq: Command, read: ReadConfig): void {
  addPaceFlags(
    dlq
      .command('import')
      .description('send the letters of an export where they came from, each once; what was edited is encoded again')
      .argument('<file>', "lines as 'dlq export' writes them; edit `event`"),
  )
    .option('--dry-run', 'say what would be sent and what was edited, and send nothing')
    .option('--again', 'also what an earlier run has sent')
    .option('--payload', 'with --dry-run: show what was edited as it is, personal data too')
    .option('--json', 'one object of JSON')
    .addHelpText(
      'after',
      '\nAll lines are checked before any is sent (exit code 2). Interrupted (130), it goes on when it is run again.',
    )
    .action(async (file: string, flags: ImportFlags) => importCommand(read({ registry: true }), file, flags));
}

async function importCommand(config: Config, path: string, flags: ImportFlags): Promise<void> {
  const faults: string[] = [];
  const { rate, maxReplays } = paceOf(flags, faults);
  const file = readFile(path, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  const byTopic = sourcesByTopic(rulesIn(config.rulesDir).sources, config.names);
  const imported = await readImport(file, byTopic, new RegistryClient(config.registry));
  refuseFaults(path, imported.faults);
  const isSaid = flags.dryRun === true && !flags.json;
  for (const letter of isSaid ? imported.letters : []) say(changeLines(path, letter, flags.payload === true));
  const run: NewRun = {
    verb: 'import',
    ...whoRuns(),
    selection: {},
    maxReplays,
    again: flags.again ?? false,
    file: imported.sha256,
  };
  await runReplay(config, {
    letters: async ({ connections, names }) => {
      const topicId = await letterTopicId(connections, names);
      refuseFaults(path, faultsOfPlace(imported.letters, topicId, await letterBounds(connections, names)));
      return async function* () {
        for (const letter of await Promise.resolve(imported.letters)) yield letter;
      };
    },
    choose: (last) => (isResumed(last, run) ? last : run),
    again: 'run the same import again, and it goes on',
    rate,
    isDry: flags.dryRun ?? false,
    isJson: flags.json ?? false,
  });
}

function readFile(path: string, faults: string[]): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    faults.push(`the file ${path} cannot be read: ${messageOf(error)}`);
    return Buffer.alloc(0);
  }
}

function refuseFaults(path: string, faults: readonly string[]): void {
  if (faults.length === 0) return;
  const more = faults.length - SHOWN_FAULTS;
  throw new ConfigError([
    ...faults.slice(0, SHOWN_FAULTS).map((fault) => printable(`${path}:${fault}`)),
    ...(more > 0 ? [`and ${more} more lines of it; nothing was sent`] : []),
  ]);
}

/** The same file, whose import was interrupted. */
function isResumed(last: ReplayRun | undefined, { file, again }: NewRun): last is ReplayRun {
  return last !== undefined && last.end === undefined && last.begin.file === file && last.begin.again === again;
}
