/** A process that runs two topologies: the notifications, as every worker does, and beside them the counts of words. */
import { Registry } from 'prom-client';
import { runWorker } from '../../../bin/worker.js';
import { createLogger } from '../../../common/log.js';
import { createMetrics } from '../../../common/metrics.js';
import { createExecutor } from '../../../topology/graph/executor.js';
import { parseConfig } from '../../../topology/worker/config.js';
import { createCountingRunner } from '../harness/counting-runner.js';
import { counts } from './counts.js';

const config = parseConfig(process.env);
const log = createLogger('warn');
const fatal = (error: unknown): void => {
  log.fatal({ err: error }, 'the counts end');
  process.exit(1);
};

const runner = await createCountingRunner({
  topology: counts,
  executor: createExecutor(counts, { services: {}, appId: 'counts', stackTraces: false }),
  metrics: createMetrics(new Registry()),
  ...{ config, log, fatal },
});
runner.start();
process.once('SIGTERM', () => void runner.stop(5000));
await runWorker(config);
