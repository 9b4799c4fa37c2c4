/** `worker`: runs until a signal. The first SIGTERM or SIGINT drains, a second one ends at once; SIGHUP has the rules and the secrets read again. */
import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { rulesIn } from '../processors/rules/shipped.js';
import type { Config } from '../topology/worker/config.js';
import { ConfigError, messageOf } from '../common/errors.js';
import { createLogger, type Logger } from '../common/log.js';
import { stopBoundMs } from '../topology/worker/shutdown.js';
import { Worker } from '../topology/worker/worker.js';
import { V8_FLAGS } from '../topology/worker/v8-flags.js';
import { environmentWarnings } from './config/environment-names.js';
import { explain } from './explain.js';
import { readConfig } from './read-config.js';

export function addWorkerCommand(program: Command): void {
  const worker = program
    .command('worker')
    .description('run a worker: the stream, the gateway, or both')
    .option('--roles <roles>', 'stream, gateway, or both with a comma between')
    .action(async ({ roles }: { roles?: string }) => {
      const needs = { registry: true, gateway: true };
      await runWorker(readConfig(program.opts(), roles === undefined ? {} : { ROLES: roles }, needs));
    });
  explain(worker, {
    says: [
      'The first SIGTERM or SIGINT drains, and ends with exit code 0; a second one ends at once, with 1. SIGHUP has the rules read again.',
    ],
  });
}

export async function runWorker(config: Config): Promise<void> {
  // Without a handler the signal ends the process: there must be one before the rules are read.
  const reload = new EventEmitter();
  process.on('SIGHUP', () => reload.emit('asked'));
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  const log = createLogger(config.logLevel, config.workerId);
  logWarnings(log);
  for (const warning of environmentWarnings(process.env))
    log.warn({ warning }, 'a name in the environment is no option');
  // A stop that hangs is ended.
  const stopMs = stopBoundMs(config.shutdownSpreadMs);
  let exiting = false;
  const end = (error: unknown): void => {
    if (exiting) return;
    exiting = true;
    log.error({ error: messageOf(error) }, 'the worker stops');
    // The last line is the one that says why.
    const exit = (): never => {
      log.fatal({ err: error }, 'the worker cannot go on');
      process.exit(error instanceof ConfigError ? 2 : 1);
    };
    setTimeout(exit, stopMs).unref();
    void worker.stop().finally(exit);
  };
  process.on('unhandledRejection', (error) => end(error));
  process.on('uncaughtException', (error) => end(error));
  const worker = new Worker(config, rulesIn(config.rulesDir), log, end);
  reload.on('asked', () => worker.reload());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (exiting) process.exit(1);
      exiting = true;
      setTimeout(() => {
        log.error('draining took too long');
        process.exit(1);
      }, stopMs).unref();
      worker.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'draining failed');
          process.exit(1);
        },
      );
    });
  }
  try {
    await worker.start();
  } catch (error) {
    end(error);
  }
}

/** Node's own warnings, which it would write to standard error as text. */
function logWarnings(log: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message, stack }) => log.warn({ warning: name, error: message, stack }, 'Node warns'));
}
