/** What came of a replay or an import, for a person and for a machine. */
import { LEFT_WORDS } from '../../topology/operations/dead-letters/left-why.js';
import type { ReplayReport } from '../../topology/operations/dead-letters/replay.js';
import type { ReplayBegin, ReplayRun } from '../../topology/operations/dead-letters/replay-log.js';
import { counted } from '../print.js';

/** One object, on one line. */
export function reportJson({ begin, kind, sentBefore, tally }: ReplayReport, isDry: boolean): string {
  const { sentCount, sentCounts, leftCounts, retimed } = tally;
  return JSON.stringify({
    ...whoOf(begin),
    state: isDry ? 'dry-run' : kind,
    ...{ sent: sentCount, sentBefore, retimed, sentTo: sentCounts, left: Object.fromEntries(leftCounts) },
  });
}

export function reportLines(
  { begin, kind, sentBefore, tally }: ReplayReport,
  further: string,
  isDry: boolean,
): string[] {
  const { sentCount, sentCounts, leftCount, leftCounts, retimed } = tally;
  const left = [...leftCounts].sort(([, a], [, b]) => b - a);
  return [
    `${lettersIn(sentCount)} ${isDry ? 'would be sent' : 'sent'}${sentBefore > 0 ? `, after ${sentBefore} before this run was resumed` : ''}`,
    ...sentCounts.map(({ count, reason, topic }) => row(count, reason, `to ${topic}`)),
    ...(retimed > 0
      ? [row(retimed, 'retimed', 'with the present time: their topic keeps no record of their age')]
      : []),
    ...(left.length > 0 ? [`${lettersIn(leftCount)} left`] : []),
    ...left.map(([why, count]) => row(count, why, LEFT_WORDS[why])),
    ...(kind === 'interrupted' ? [`interrupted: ${further}`] : []),
    ...(sentCount > 0 && !isDry
      ? [`what fails again is a dead letter again: \`notification-streams dlq list --since ${begin.at}\``]
      : []),
  ];
}

/** The last run, whoever made it. */
export function statusLines(run: ReplayRun | undefined): string[] {
  if (run === undefined) return ['nothing has been replayed yet'];
  const { begin, done, end } = run;
  const { verb, user, host, at, selection } = begin;
  const state =
    end === undefined
      ? 'not finished: it runs, or `notification-streams dlq replay --resume` goes on'
      : `finished ${end.at}`;
  return [
    `${verb} ${begin.run}, begun ${at} by ${user} on ${host}`,
    `selection ${JSON.stringify(selection)}${begin.again ? ', --again' : ''}, --max-replays ${begin.maxReplays}`,
    `${lettersIn(done.size)} sent; ${state}`,
    ...Object.entries(end?.left ?? {}).map(([why, count]) => row(count, why, 'left')),
  ];
}

export function statusJson(run: ReplayRun | undefined): string {
  if (run === undefined) return 'null';
  const { begin, done, end } = run;
  const state = end === undefined ? 'unfinished' : 'done';
  return JSON.stringify({
    ...whoOf(begin),
    state,
    finishedAt: end?.at ?? null,
    sent: done.size,
    left: end?.left ?? {},
  });
}

function whoOf({ run, verb, at, user, host, selection, maxReplays, again }: ReplayBegin) {
  return { run, verb, startedAt: at, user, host, selection, maxReplays, again };
}

function lettersIn(count: number): string {
  return counted(count, 'dead letter');
}

function row(count: number, what: string, more: string): string {
  return `${String(count).padStart(8)}  ${what.padEnd(19)}  ${more}`;
}
