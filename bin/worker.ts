/** `worker`: runs until a signal. The first SIGTERM or SIGINT drains, a second one ends at once; SIGHUP has the rules read again. */
import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { rulesIn } from '../processors/rules/shipped.js';
import type { Config } from '../topology/worker/config.js';
import { ConfigError, messageOf } from '../common/errors.js';
import { createLogger, type Logger } from '../common/log.js';
import { Worker } from '../topology/worker/worker.js';
import { V8_FLAGS } from '../topology/worker/v8-flags.js';

/** Longer than the worker's own patience: a stop that hangs is ended. */
const STOP_MS = 9500;

export async function runWorker(config: Config): Promise<void> {
  // Without a handler the signal ends the process: there must be one before the rules are read.
  const reload = new EventEmitter();
  process.on('SIGHUP', () => reload.emit('asked'));
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  const log = createLogger(config.logLevel);
  logWarnings(log);
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
    setTimeout(exit, STOP_MS).unref();
    void worker.stop().finally(exit);
  };
  process.on('unhandledRejection', (error) => end(error));
  process.on('uncaughtException', (error) => end(error));
  const worker = new Worker(config, rulesIn(config.rulesDir), log, end);
  reload.on('asked', () => worker.reloadRules());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (exiting) process.exit(1);
      exiting = true;
      setTimeout(() => {
        log.error('draining took too long');
        process.exit(1);
      }, STOP_MS).unref();
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
