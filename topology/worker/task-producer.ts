/** The producer of one task, as the worker and the reseed make it. */
import type { Logger } from '../../common/log.js';
import type { TopologyNames } from '../../common/topic-names.js';
import { TransactionalProducer, type KafkaSettings } from '../kafka/index.js';

/** Below the brokers' default limit of a batch, 1,048,588 bytes, with space for its overhead. */
export const MAX_BATCH_BYTES = 900_000;

export interface ProducerSettings {
  readonly kafka: KafkaSettings;
  /** The brokers abort a transaction that is open for longer, ms. */
  readonly transactionTimeoutMs: number;
  /** How long a request is tried again, ms. */
  readonly requestTimeoutMs: number;
}

export function createTaskProducer(
  names: TopologyNames,
  task: number,
  { kafka, transactionTimeoutMs, requestTimeoutMs }: ProducerSettings,
  log: Logger,
): TransactionalProducer {
  return new TransactionalProducer(
    { ...kafka, clientId: `${kafka.clientId}-task-${task}` },
    {
      transactionalId: names.transactionalId(task),
      transactionTimeoutMs,
      retryBudgetMs: requestTimeoutMs,
      maxBatchBytes: MAX_BATCH_BYTES,
    },
    log,
  );
}
