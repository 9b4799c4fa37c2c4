/** `status` and `log-level`: what the worker of STATE_DIR does, and how much it logs. */
import type { Command } from 'commander';
import { askWorker } from '../topology/operations/control-client.js';
import { MOST_SECONDS } from '../topology/worker/control-protocol.js';
import { LOG_LEVELS, type LevelStatus } from '../topology/worker/log-level.js';
import { duration } from '../topology/worker/option-values.js';
import type { WorkerStatus } from '../topology/worker/status.js';
import { explain } from './explain.js';
import { refused, wordFlag } from './flags.js';
import { say, sayJson } from './print.js';
import { readConfig, type GlobalFlags } from './read-config.js';

export function addStatusCommand(program: Command): void {
  const status = program
    .command('status')
    .description('what the worker on STATE_DIR does: is it ready, its tasks, paused partitions, log level')
    .option('--json', 'as one JSON object')
    .action(async ({ json = false }: { json?: boolean }) => {
      const found = await askWorker(stateDirOf(program), { command: 'status' });
      if (json) sayJson([{ ...found, ok: undefined }]);
      else say(describe(found));
    });
  explain(status, {
    json: {
      'one object':
        'version, pid, roles, reasons (by part), log (level, configured, until), tasks (task, state, partitions), standbys, paused (partition, offset, reason, since)',
    },
    exits: { 1: 'no worker answers on STATE_DIR' },
  });
}

export function addLogLevelCommand(program: Command): void {
  program
    .command('log-level <level>')
    .description('change what the worker on STATE_DIR logs, while it runs')
    .option('--for <time>', 'then it falls back to LOG_LEVEL, such as 10m; else it stays until the worker ends')
    .action(async (level: string, options: { for?: string }) => {
      const known = wordFlag('log-level', level, LOG_LEVELS);
      const seconds = options.for === undefined ? undefined : secondsOf(options.for);
      const status = await askWorker(stateDirOf(program), {
        command: 'log-level',
        level: known,
        ...(seconds === undefined ? {} : { seconds }),
      });
      say([describeLevel(status)]);
    });
}

/** Nothing else of the configuration is needed to reach a worker. */
export function stateDirOf(program: Command): string {
  return readConfig(program.opts<GlobalFlags>(), {}, { brokers: false }).stateDir;
}

function secondsOf(given: string): number {
  const seconds = Math.round((duration.safeParse(given).data ?? Infinity) / 1000);
  if (seconds <= MOST_SECONDS) return seconds;
  throw refused('--for', given, 'a number and a unit (s, m, h, d), such as 10m, from 1s to 7d');
}

function describe({ version, pid, roles, reasons, log, tasks, standbys, paused }: WorkerStatus): string[] {
  const waits = Object.entries(reasons);
  const columns = tasks.map(({ task, state, partitions }) => [`task ${task}`, state, partitions.join(' ')] as const);
  return [
    `worker ${version} (pid ${pid}), ${roles.join(' and ')}: ${waits.length === 0 ? 'ready' : 'not ready'}`,
    ...waits.map(([part, reason]) => `  ${part}: ${reason}`),
    describeLevel(log),
    ...columns.map(([task, state, partitions]) => `${task.padEnd(9)}  ${state.padEnd(9)}  ${partitions}`),
    ...(standbys.length === 0 ? [] : [`standby of tasks ${standbys.join(', ')}`]),
    ...paused.map(
      ({ partition, offset, reason, since }) =>
        `paused: ${partition} at offset ${offset}, by its dead-letter budget (${reason}), since ${new Date(since).toISOString()}`,
    ),
  ];
}

function describeLevel({ level, configured, until }: LevelStatus): string {
  if (level === configured && until === undefined) return `log level: ${level}`;
  const how = until === undefined ? 'until the worker ends' : `until ${until}`;
  return `log level: ${level} ${how}; LOG_LEVEL is ${configured}`;
}
