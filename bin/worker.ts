/** `worker`: runs until a signal. The first SIGTERM or SIGINT drains; a second one ends at once. */
import { setFlagsFromString } from 'node:v8';
import type { Config } from '../topology/config.js';
import { ConfigError } from '../topology/errors.js';
import { createLogger } from '../topology/log.js';
import { Worker } from '../topology/worker.js';

/** Longer than the worker's own patience: a stop that hangs is ended. */
const STOP_MS = 9500;

/** What V8 is told of our heap: it takes ours for a small one, and the machine for idle. Measured in docs/performance.md. */
const V8_FLAGS = [
  // The heap may double before V8 collects the whole of it. Left to itself, it sees that this is quickly done and
  // settles on a tenth; fetched bytes, which are gone a moment later, use that up twice a second.
  '--heap-growing-percent=100',
  // What survives of the young generation is little: to wake other threads for it takes more time of the cores, which
  // the broker or another worker may want, than to copy it.
  '--no-parallel-scavenge',
];

export async function runWorker(config: Config): Promise<void> {
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  const log = createLogger(config.LOG_LEVEL);
  let exiting = false;
  const end = (error: unknown): void => {
    if (exiting) return;
    log.fatal({ err: error }, 'the worker can not go on');
    const code = error instanceof ConfigError ? 2 : 1;
    exiting = true;
    setTimeout(() => process.exit(code), STOP_MS).unref();
    void worker.stop().finally(() => process.exit(code));
  };
  process.on('unhandledRejection', (error) => end(error));
  process.on('uncaughtException', (error) => end(error));
  const worker = new Worker(config, log, end);
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
