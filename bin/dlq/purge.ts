/** `dlq purge`: says what would go, and with --yes cuts it off. */
import type { Command } from 'commander';
import { ConfigError } from '../../common/errors.js';
import { withDeadLetters } from '../../topology/operations/dead-letters/open.js';
import { planPurge, purge, type Cut, type PurgeTo } from '../../topology/operations/dead-letters/purge.js';
import type { Config } from '../../topology/worker/config.js';
import type { ReadConfig } from '../read-config.js';
import { eachFlag, positionFlag, timeFlag } from '../flags.js';
import { advise, counted, say, sayJson } from '../print.js';
import { printable } from './printable.js';
import { gather } from './selection-flags.js';

interface PurgeFlags {
  readonly before?: string;
  readonly to?: readonly string[];
  readonly yes?: true;
  readonly json?: true;
}

export function addDlqPurge(dlq: Command, read: ReadConfig): void {
  dlq
    .command('purge')
    .description('delete the oldest dead letters of each partition: all that lie below a cut, whatever their reason')
    .option('--before <time or age>', 'those that became dead letters before then: 30d, 2026-01-31T00:00:00Z')
    .option('--to <partition:offset>', 'those of this partition below this offset', gather)
    .option('--yes', 'do it; without it nothing is deleted')
    .option('--json', 'one JSON object a partition')
    .action(async (flags: PurgeFlags) => purgeLetters(read(), flags));
}

async function purgeLetters(config: Config, flags: PurgeFlags): Promise<void> {
  const to = purgeTo(flags, Date.now());
  await withDeadLetters(config, async (connections) => {
    const cuts = await planPurge(connections, config.names, to);
    if (flags.json) sayJson(cuts.map(jsonOf));
    else say(cuts.flatMap(linesOf));
    if (cuts.length === 0) {
      advise('nothing lies below the cut');
      return;
    }
    if (!flags.yes) {
      advise('nothing was deleted; --yes deletes it');
      return;
    }
    const bounds = await purge(config, connections, cuts);
    for (const { partition } of cuts) {
      const { low, end } = bounds.get(partition)!;
      advise(`partition ${partition} begins at ${low} now, and ends at ${end}`);
    }
  });
}

function purgeTo({ before, to }: PurgeFlags, now: number): PurgeTo {
  if ((before === undefined) === (to === undefined))
    throw new ConfigError(['expected either --before <time or age> or --to <partition:offset>']);
  if (before !== undefined) return { before: timeFlag('--before', before, now) };
  const at = eachFlag(to!, (place) => positionFlag('--to', place));
  return { at: new Map(at.map(({ partition, offset }) => [partition, offset])) };
}

function linesOf({ partition, low, to, letters, foreign }: Cut): string[] {
  const count = letters.reduce((sum, one) => sum + one.count, 0);
  return [
    `partition ${partition}, from ${low} to below ${to}: ${counted(count, 'dead letter')}`,
    ...letters.map(({ reason, count: some }) => `  ${String(some).padStart(7)}  ${printable(reason ?? '')}`),
    ...(foreign > 0 ? [`  ${String(foreign).padStart(7)}  no dead letters of ours`] : []),
  ];
}

function jsonOf({ partition, low, to, letters, foreign }: Cut) {
  return { partition, from: low, to, reasons: letters.map(({ reason, count }) => ({ reason, count })), foreign };
}
