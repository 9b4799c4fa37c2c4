/** Runs a replay or an import: what both do the same way. */
import { rulesIn } from '../../processors/rules/shipped.js';
import {
  lookAtHistory,
  withReplay,
  withReplayProducer,
  type OpenParts,
} from '../../topology/operations/dead-letters/open-replay.js';
import {
  preview,
  replay,
  type ReplayOptions,
  type ReplayParts,
  type ReplayReport,
} from '../../topology/operations/dead-letters/replay.js';
import { letterBounds } from '../../topology/operations/dead-letters/scan.js';
import type { Config } from '../../topology/worker/config.js';
import { INTERRUPTED } from '../interrupt.js';
import { advise, say } from '../print.js';
import { interruption } from './interruption.js';
import { showProgress } from './replay-progress.js';
import { reportJson, reportLines } from './replay-report.js';

export interface ReplayWork {
  readonly letters: (open: OpenParts, signal: AbortSignal) => ReplayParts['letters'] | Promise<ReplayParts['letters']>;
  readonly choose: ReplayOptions['choose'];
  /** How it goes on once it was interrupted. */
  readonly again: string;
  readonly rate: number | undefined;
  readonly isDry: boolean;
  readonly isJson: boolean;
}

/** Logical names of the topics that may be replayed to. */
export function replaySources({ rulesDir }: Config): string[] {
  return rulesIn(rulesDir).sources.map(({ topic }) => topic);
}

/** Says what came of it, and sets the exit code. */
export async function runReplay(config: Config, work: ReplayWork): Promise<void> {
  const { choose, rate, isDry } = work;
  const { signal, end } = interruption();
  try {
    const report = await withReplay(config, replaySources(config), !isDry, async (open) => {
      const parts = { ...open, letters: await work.letters(open, signal) };
      if (isDry) return preview(parts, await lookAtHistory(open, signal), { choose, signal });
      const shown = showProgress(await letterBounds(open.connections, open.names));
      try {
        const report = await withReplayProducer(config, (producer) =>
          replay(parts, producer, { choose, rate, signal, onProgress: shown.update }),
        );
        if (report.kind === 'done') shown.finish();
        return report;
      } finally {
        shown.stop();
      }
    });
    tell(report, work);
  } finally {
    end();
  }
}

function tell(report: ReplayReport, { again, isDry, isJson }: ReplayWork): void {
  const line = reportJson(report, isDry);
  say(isJson ? [line] : reportLines(report, again, isDry));
  // Whoever keeps the log of a job knows who replayed what; on a terminal `dlq replay --status` says it.
  if (!isJson && !isDry && !process.stderr.isTTY) advise(line);
  if (report.kind === 'interrupted') process.exitCode = INTERRUPTED;
}
