// Imported before a worker: an OpenTelemetry SDK that prints each span as a line of the worker's log.
import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { writeSync } from 'node:fs';

function print(span) {
  const { traceId, spanId } = span.spanContext();
  const { name, attributes, parentSpanContext: parent } = span;
  const linked = span.links.map(({ context }) => context.spanId);
  writeSync(
    1,
    `${JSON.stringify({ msg: 'span', name, traceId, spanId, parent: parent?.spanId, linked, attributes })}\n`,
  );
}

const exporter = {
  export(spans, done) {
    spans.forEach(print);
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
};
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
