/** `dlq replay`: dead letters back to where they came from. */
import type { Command } from 'commander';
import { ConfigError } from '../../common/errors.js';
import { rulesIn } from '../../processors/rules/shipped.js';
import { lookAtHistory, withReplay } from '../../topology/operations/dead-letters/open-replay.js';
import { lettersOf, type NewRun } from '../../topology/operations/dead-letters/replay.js';
import type { ReplayRun } from '../../topology/operations/dead-letters/replay-log.js';
import type { Selection } from '../../topology/operations/dead-letters/selection.js';
import type { Config } from '../../topology/worker/config.js';
import type { ReadConfig } from '../read-config.js';
import { advise, say } from '../print.js';
import { statusJson, statusLines } from './replay-report.js';
import { addPaceFlags, paceOf, type PaceFlags } from './pace-flags.js';
import { replaySources, runReplay } from './run-replay.js';
import { addSelectionFlags, selectionOf, type SelectionFlags } from './selection-flags.js';
import { whoRuns } from './who-runs.js';

interface ReplayFlags extends SelectionFlags, PaceFlags {
  readonly dryRun?: true;
  readonly resume?: true;
  readonly again?: true;
  readonly status?: true;
  readonly json?: true;
}

export function addDlqReplay(dlq: Command, read: ReadConfig): void {
  addPaceFlags(
    addSelectionFlags(
      dlq.command('replay').description('send dead letters to the topic and partition that they came from, each once'),
    ),
  )
    .option('--dry-run', 'say what would be sent, and send nothing')
    .option('--resume', 'go on with the last run, which was interrupted')
    .option('--again', 'also what an earlier run has replayed')
    .option('--status', 'show the last run')
    .option('--json', 'one object of JSON')
    .addHelpText('after', '\nExit code 130 when it was interrupted (Ctrl-C): nothing is lost or sent twice.')
    .action(async (flags: ReplayFlags) => replayCommand(read(), flags));
}

async function replayCommand(config: Config, flags: ReplayFlags): Promise<void> {
  if (flags.status) return status(config, flags);
  const faults: string[] = [];
  const { rate, maxReplays } = paceOf(flags, faults);
  const selection = given(selectionOf(flags, rulesIn(config.rulesDir).sources, Date.now()));
  if (flags.resume && (flags.again === true || Object.keys(selection).length > 0))
    faults.push('--resume goes on with the selection of the run that was interrupted: expected no other beside it');
  if (faults.length > 0) throw new ConfigError(faults);
  const run: NewRun = { verb: 'replay', ...whoRuns(), selection, maxReplays, again: flags.again ?? false };
  await runReplay(config, {
    letters: ({ connections, names }, signal) => lettersOf(connections, names, signal),
    choose: (last) => chosen(last, run, flags),
    again: '`notification-streams dlq replay --resume` goes on',
    rate,
    isDry: flags.dryRun ?? false,
    isJson: flags.json ?? false,
  });
}

async function status(config: Config, { json }: ReplayFlags): Promise<void> {
  const never = new AbortController().signal;
  const { last } = await withReplay(config, replaySources(config), false, (open) => lookAtHistory(open, never));
  say(json ? [statusJson(last)] : statusLines(last));
}

/** The last run for `--resume`, else a new one. */
function chosen(last: ReplayRun | undefined, run: NewRun, { resume, dryRun }: ReplayFlags): ReplayRun | NewRun {
  const isOpen = last !== undefined && last.end === undefined && last.begin.verb === 'replay';
  if (resume) {
    if (isOpen) return last;
    const shows = '`notification-streams dlq replay --status` shows the last run';
    throw new ConfigError([`--resume: no replay was interrupted; ${shows}`]);
  }
  if (isOpen && !dryRun) {
    const { at, user } = last.begin;
    const before = `the last run (begun ${at} by ${user}) was not finished`;
    advise(`${before}: this is a new one, which sends nothing that it has sent`);
  }
  return run;
}

/** Without what was left out. */
function given(selection: Selection): NewRun['selection'] {
  return JSON.parse(JSON.stringify(selection)) as NewRun['selection'];
}
