/** A small topology that tests bend to their purpose. */
import type { Processor, Services } from '../../../../processors/processor.js';
import type { Sink } from '../../../../processors/sink.js';
import { RecordHeaders } from '../../../../common/record-headers.js';
import type { RoutedEvent } from '../../../../processors/routed-event.js';
import { writeDeadLetter } from '../../../../processors/sinks/dead-letter.js';
import type { ExecutionContext } from '../../../../topology/graph/executor.js';
import { deadLetterSink, processor, sink, source, type Topology } from '../../../../topology/graph/graph.js';
import { InMemoryOutputs } from '../../../../topology/testing/in-memory-outputs.js';
import { forward } from '../../../../processors/outcome.js';
import type { SourceRecord } from '../../../../common/record.js';
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

export const CONTEXT: ExecutionContext = {
  now: 1_700_000_000_500,
  dedup: { has: () => false },
  directory: { get: () => undefined },
  notify: true,
  outputs: new InMemoryOutputs(textEncoder()),
};

/** One source, one processor, two sinks, one for dead letters. */
export function stubTopology(
  run: Processor<never, unknown> = () => forward(ROUTED),
  sinks: { email?: Sink<EmailRequestEvent>; push?: Sink<PushRequestEvent> } = {},
): Topology {
  const nothing = (): void => undefined;
  return {
    name: 'stub',
    stores: [],
    nodes: [
      source('tasks', 'TASK_EVENT_TOPIC', 'TaskEvent'),
      processor('only', { from: ['tasks'], create: () => run }),
      sink('email', {
        from: ['only'],
        topic: 'EMAIL_REQUEST_TOPIC',
        schema: 'EmailRequestEvent',
        sink: sinks.email ?? nothing,
      }),
      sink('push', {
        from: ['only'],
        topic: 'PUSH_REQUEST_TOPIC',
        schema: 'PushRequestEvent',
        sink: sinks.push ?? nothing,
      }),
      deadLetterSink('dead-letter', { from: ['only'], topic: 'NOTIFICATION_DLQ', sink: writeDeadLetter }),
    ],
  };
}

/** For topologies whose processors need none. */
export const NO_SERVICES: Services = {
  decoder: { decode: () => ({ kind: 'poison', reason: 'bad-magic', message: 'never asked', attempts: 1 }) },
  templates: { render: () => undefined },
  actionUrlSchemes: [],
  unknownTypes: 'skip',
};
