/** An OpenTelemetry SDK whose spans stay in memory, and records that are traced. */
import { trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';
import { onTestFinished } from 'vitest';
import { RecordHeaders } from '../common/record-headers.js';
import { W3cTracing } from '../topology/graph/w3c-tracing.js';

export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
export const SPAN = '00f067aa0ba902b7';
export const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;

/** In place of one before it, until the test ends; gives the spans that have ended. */
export function registerSdk(sampler?: Sampler): () => ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(sampler && { sampler }),
  });
  trace.disable();
  trace.setGlobalTracerProvider(provider);
  onTestFinished(() => trace.disable());
  return () => exporter.getFinishedSpans();
}

export function w3cTracing(): W3cTracing {
  return new W3cTracing({
    ...{ version: '1.2.3', group: 'app', clientId: 'app-worker-0' },
    topicName: (topic) => `erp.${topic}`,
  });
}

export function traced(traceparent = TRACEPARENT, tracestate = 'erp=1'): RecordHeaders {
  return RecordHeaders.of([
    ['traceparent', traceparent],
    ['tracestate', tracestate],
  ]);
}

/** A record's headers, as texts. */
export function textsOf(headers: RecordHeaders): Record<string, string> {
  return Object.fromEntries([...headers].map(([name, value]) => [name, String(value)]));
}
