/** A small topology that tests bend to their purpose. */
import type { NotificationStores } from '../../../../processors/context.js';
import type { Processor } from '../../../../processors/processor.js';
import type { Sink } from '../../../../processors/sink.js';
import { RecordHeaders } from '../../../../common/record-headers.js';
import type { RoutedEvent } from '../../../../processors/routed-event.js';
import { writeDeadLetter } from '../../../../processors/sinks/dead-letter.js';
import type { ExecutionContext } from '../../../../topology/graph/executor.js';
import { topology, type Topology } from '../../../../topology/graph/topology.js';
import { InMemoryOutputs } from '../../../../topology/testing/in-memory-outputs.js';
import { forward } from '../../../../processors/outcome.js';
import type { SourceRecord, SourceTopic } from '../../../../common/record.js';
import type { SinkEvents } from '../../../../schemas/codecs.js';
import type { EmailRequestEvent, PushRequestEvent } from '../../../../schemas/types.js';
import { textEncoder } from '../../schemas/text-encoder.js';

export const ROUTED: RoutedEvent = {
  event: {
    topic: 'TASK_EVENT_TOPIC',
    eventId: 'e-1',
    timestamp: 1n,
    tenantId: 1n,
    recipients: [7n],
    notification: null,
    directory: null,
    contact: null,
    corrections: [],
  },
  digest: { w0: 1, w1: 2, w2: 3, w3: 4 },
  notification: null,
  recipients: [],
  directory: null,
  later: null,
};

export const RECORD: SourceRecord = {
  topic: 'TASK_EVENT_TOPIC',
  partition: 3,
  source: 'TASK_EVENT_TOPIC-3',
  offset: 42,
  timestamp: 1_700_000_000_000,
  key: Buffer.from('e-1'),
  value: Buffer.from('the payload'),
  headers: RecordHeaders.NONE,
};

export const CONTEXT: ExecutionContext<NotificationStores> = {
  now: 1_700_000_000_500,
  stores: { 'dedup-window': { has: () => false }, 'user-directory': { get: () => undefined } },
  notify: true,
  outputs: new InMemoryOutputs(textEncoder()),
};

export interface Stub {
  readonly services: object;
  readonly stores: NotificationStores;
  readonly sources: SourceTopic;
  readonly events: SinkEvents;
  readonly deadLetters: 'NOTIFICATION_DLQ';
}

/** One source, one processor, two sinks, one for dead letters. */
export function stubTopology(
  run: Processor<SourceRecord, unknown> = () => forward(ROUTED),
  { email = nothing, push = nothing }: StubSinks = {},
): Topology<Stub> {
  return topology<Stub>('stub')
    .source('tasks', 'TASK_EVENT_TOPIC', 'TaskEvent')
    .process('only', () => run)
    .sink('email', 'EMAIL_REQUEST_TOPIC', 'EmailRequestEvent', email)
    .sink('push', 'PUSH_REQUEST_TOPIC', 'PushRequestEvent', push)
    .deadLetters('dead-letter', 'NOTIFICATION_DLQ', writeDeadLetter);
}

interface StubSinks {
  readonly email?: Sink<unknown, EmailRequestEvent>;
  readonly push?: Sink<unknown, PushRequestEvent>;
}

const nothing = (): void => undefined;
