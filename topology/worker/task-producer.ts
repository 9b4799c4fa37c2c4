/** The producer of one task, as the worker and the reseed make it. */
import type { Config } from './config.js';
import { TransactionalProducer } from '../kafka/index.js';
import type { Logger } from '../../common/log.js';

/** Below the brokers' default limit of a batch, 1,048,588 bytes, with room for its overhead. */
const MAX_BATCH_BYTES = 900_000;

export function createTaskProducer(config: Config, task: number, log: Logger): TransactionalProducer {
  return new TransactionalProducer(
    { ...config.kafka, clientId: `${config.kafka.clientId}-${task}` },
    {
      transactionalId: config.names.transactionalId(task),
      transactionTimeoutMs: config.transactionTimeoutMs,
      retryBudgetMs: config.requestTimeoutMs,
      maxBatchBytes: MAX_BATCH_BYTES,
    },
    log,
  );
}
