/** Traces through the real topology: from the source record's headers to those of the outputs, with spans and without. */
import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { AlwaysOffSampler, ParentBasedSampler } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { RecordHeaders } from '../../../../common/record-headers.js';
import type { Processed } from '../../../../topology/graph/executor.js';
import { MAX_LINKS, MAX_SPANS, type W3cTracing } from '../../../../topology/graph/w3c-tracing.js';
import { InMemoryOutputs } from '../../../../topology/testing/in-memory-outputs.js';
import { TopologyDriver, type Driven } from '../../../../topology/testing/driver.js';
import { registerSdk, SPAN, textsOf, TRACE, TRACEPARENT, traced, w3cTracing } from '../../../traces.js';
import { sourceRecord } from '../task/records.js';

const TOPIC = 'TASK_EVENT_TOPIC';
const EVENT = {
  eventId: 'event-1',
  eventType: 'TASK_OVERDUE',
  timestamp: 1_700_000_000_001n,
  taskId: 5_001n,
  taskTitle: 'Zaubernuss',
  userId: 1_001n,
  assignedTo: 7_001n,
  assignedBy: 2_001n,
  tenantId: 3_001n,
  priority: 'NORMAL',
  deadlineMs: 1_800_000_000_001n,
};

/** One event through the topology, with headers of the source record. */
function feed(tracing: W3cTracing | undefined, headers = traced(), event = EVENT): Promise<Driven> {
  return new TopologyDriver(tracing ? { tracing } : {}).feed(TOPIC, event, {
    headers,
    key: Buffer.from(event.eventId),
  });
}

/** What the outputs carry: all the same. */
function carriedBy({ records }: Driven): Record<string, string> {
  expect(records.length).toBeGreaterThan(0);
  const all = records.map(({ headers }) => textsOf(headers));
  for (const one of all) expect(one).toEqual(all[0]);
  return all[0]!;
}

describe('without an SDK', () => {
  it('the trace context goes from the source record to every output, as it came', async () => {
    expect(carriedBy(await feed(w3cTracing()))).toEqual({ traceparent: TRACEPARENT, tracestate: 'erp=1' });
    const unsampled = `00-${TRACE}-${SPAN}-00`;
    expect(carriedBy(await feed(w3cTracing(), traced(unsampled)))['traceparent']).toBe(unsampled);
  });

  it('a record without one, or with what is none, gives its outputs none', async () => {
    expect(carriedBy(await feed(w3cTracing(), RecordHeaders.NONE))).toEqual({});
    expect(carriedBy(await feed(w3cTracing(), traced('00-personal-data-01')))).toEqual({});
  });

  it('nothing goes on when tracing is off', async () => {
    expect(carriedBy(await feed(undefined))).toEqual({});
  });

  it("a dead letter has its record's own headers, untouched", async () => {
    const { outputs } = await feed(w3cTracing(), traced(), { ...EVENT, tenantId: 0n });
    const [letter] = outputs.NOTIFICATION_DLQ;
    expect(textsOf(letter!.headers)).toEqual({ traceparent: TRACEPARENT, tracestate: 'erp=1' });
    expect(textsOf(letter!.added)).not.toHaveProperty('traceparent');
  });
});

describe('with an SDK', () => {
  it("a record's span follows the one it came from, and its outputs follow that", async () => {
    const spans = registerSdk();
    const driven = await feed(w3cTracing());
    const [process] = spans();
    expect(process).toMatchObject({ name: `process erp.${TOPIC}`, kind: SpanKind.CONSUMER, status: { code: 0 } });
    expect(process!.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: SPAN, isRemote: true });
    expect(process!.links.map(({ context }) => context.spanId)).toEqual([SPAN]);
    expect(process!.attributes).toEqual({
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': `erp.${TOPIC}`,
      'messaging.destination.partition.id': '0',
      'messaging.kafka.offset': 0,
      'messaging.consumer.group.name': 'app',
      'messaging.client.id': 'app-worker-0',
      'notification_streams.outcome': 'forwarded',
    } satisfies Attributes);
    const { spanId } = process!.spanContext();
    expect(carriedBy(driven)).toEqual({ traceparent: `00-${TRACE}-${spanId}-01`, tracestate: 'erp=1' });
  });

  it('a commit has a span of its own, linked with those of its records', async () => {
    const spans = registerSdk();
    await feed(w3cTracing());
    const [process, commit] = spans();
    expect(commit).toMatchObject({ name: 'commit', kind: SpanKind.CLIENT, parentSpanContext: undefined });
    expect(commit!.links.map(({ context }) => context)).toEqual([process!.spanContext()]);
    expect(commit!.attributes).toMatchObject({
      'messaging.operation.type': 'settle',
      'messaging.batch.message_count': 1,
    });
  });

  it('a commit that fails is an error, by its class alone', async () => {
    const spans = registerSdk();
    const tracing = w3cTracing();
    const outputs = new InMemoryOutputs(undefined as never);
    const executor = tracing.around({
      process: () => ({ kind: 'forwarded', value: undefined }),
      deadLetter: () => expect.fail(),
    });
    executor.process({ ...sourceRecord(TOPIC, 0, 'a'), headers: traced() }, context(outputs));
    const refuse = (): Promise<void> => Promise.reject(new RangeError('Zaubernuss'));
    await expect(tracing.commit(outputs, 1, refuse)).rejects.toThrow('Zaubernuss');
    const commit = spans().find(({ name }) => name === 'commit')!;
    expect(commit.status).toEqual({ code: SpanStatusCode.ERROR, message: 'RangeError' });
    expect(commit.attributes['error.type']).toBe('RangeError');
  });

  it('a dead letter is an error with its reason, what is dropped says why, and both are no output', async () => {
    const spans = registerSdk();
    const tracing = w3cTracing();
    await feed(tracing, traced(), { ...EVENT, tenantId: 0n });
    await feed(tracing, traced(), { ...EVENT, eventType: 'NO_SUCH_TYPE' });
    const [dead, , dropped] = spans();
    expect(dead!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'invalid-event' });
    expect(dead!.attributes).toMatchObject({
      'error.type': 'invalid-event',
      'notification_streams.outcome': 'dead-lettered',
    });
    expect(dropped!.attributes).toMatchObject({
      'notification_streams.outcome': 'dropped',
      'notification_streams.reason': 'unknown-type',
    });
  });

  it('a trace that is not sampled makes no span, and goes on as it came', async () => {
    const spans = registerSdk();
    const unsampled = `00-${TRACE}-${SPAN}-00`;
    expect(carriedBy(await feed(w3cTracing(), traced(unsampled)))['traceparent']).toBe(unsampled);
    expect(spans()).toEqual([]);
  });

  it("a record without a trace begins one, if the SDK's sampler wants it; else its outputs say that it is not sampled", async () => {
    const spans = registerSdk();
    const driven = await feed(w3cTracing(), RecordHeaders.NONE);
    const [process] = spans();
    const { traceId, spanId } = process!.spanContext();
    expect(process!.parentSpanContext).toBeUndefined();
    expect(carriedBy(driven)).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });

    const none = registerSdk(new ParentBasedSampler({ root: new AlwaysOffSampler() }));
    const unsampled = await feed(w3cTracing(), RecordHeaders.NONE);
    expect(carriedBy(unsampled)['traceparent']).toMatch(/-00$/);
    expect(none()).toEqual([]);
  });

  it('a record that waits, fails or comes in parts has one span, until it is finished; one that is processed again has another', () => {
    const spans = registerSdk();
    const outcomes: (() => Processed)[] = [
      () => ({ kind: 'unresolved', schemaId: 5 }),
      () => expect.fail('a store is away'),
      () => ({ kind: 'unfinished', resume: () => ({ kind: 'forwarded', value: 1 }) }),
      () => ({ kind: 'forwarded', value: 1 }),
    ];
    const executor = w3cTracing().around({ process: () => outcomes.shift()!(), deadLetter: () => expect.fail() });
    const outputs = new InMemoryOutputs(undefined as never);
    const record = { ...sourceRecord(TOPIC, 7, 'a'), headers: traced() };
    const process = () => executor.process(record, context(outputs));
    process();
    expect(process).toThrow('a store is away');
    const unfinished = process();
    expect(spans()).toHaveLength(0);
    if (unfinished.kind === 'unfinished') unfinished.resume();
    expect(spans()).toHaveLength(1);
    process();
    expect(spans()).toHaveLength(2);
  });

  it('makes a bounded number of spans and links a commit, however many records it has', async () => {
    const spans = registerSdk();
    const tracing = w3cTracing();
    const executor = tracing.around({
      process: () => ({ kind: 'forwarded', value: 1 }),
      deadLetter: () => expect.fail(),
    });
    const outputs = new InMemoryOutputs(undefined as never);
    const processAll = (): void => {
      for (let offset = 0; offset < 2 * MAX_SPANS; offset += 1)
        executor.process({ ...sourceRecord(TOPIC, offset, 'a'), headers: traced() }, context(outputs));
    };
    for (const commits of [1, 2]) {
      processAll();
      await tracing.commit(outputs, 2 * MAX_SPANS, () => Promise.resolve());
      expect(spans().filter(({ name }) => name !== 'commit')).toHaveLength(commits * MAX_SPANS);
    }
    expect(spans().at(-1)!.links).toHaveLength(MAX_LINKS);
  });

  it('no field of an event, no key and no header is in a span, whatever becomes of it', async () => {
    const spans = registerSdk();
    const headers = traced().and(RecordHeaders.of([['user', 'Haselstrauch']]));
    await feed(w3cTracing(), headers);
    await feed(w3cTracing(), headers, { ...EVENT, tenantId: 0n });
    await feed(w3cTracing(), headers, { ...EVENT, eventType: 'Zaubernuss' });
    const cut = new TopologyDriver({ tracing: w3cTracing() });
    await cut.feedValue(TOPIC, cut.encode(TOPIC, EVENT).subarray(0, -2), { headers });
    const said = JSON.stringify(
      spans().map(({ name, attributes, events, links, status }) => ({ name, attributes, events, links, status })),
    );
    expect(spans()).toHaveLength(8);
    const { priority, ...fields } = EVENT;
    for (const value of [...Object.values(fields), 'Haselstrauch', 'Zaubernuss'])
      expect(said).not.toContain(String(value));
    expect(said).not.toContain(`"${priority}"`);
  });
});

function context(outputs: InMemoryOutputs) {
  return { now: 0, stores: undefined, notify: true, outputs };
}
