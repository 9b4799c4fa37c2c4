/** The options of what is told of a worker while it runs: part of the table in options.ts. */
import type { OptionDefinition } from './option-definition.js';
import { flag, oneOf } from './option-values.js';

export const WATCH_OPTIONS = {
  DLQ_STACK_TRACES: {
    key: 'dlqStackTraces',
    group: 'tune',
    schema: flag,
    default: 'false',
    help: 'Stack frames in dead letters.',
  },
  TRACING: {
    key: 'tracing',
    group: 'tune',
    schema: oneOf(['off', 'w3c']),
    default: 'off',
    help: 'Whether W3C trace context goes from source records to outputs and frames, and spans to OpenTelemetry.',
    more: ['See [traces](tracing.md#traces).'],
  },
  LOG_LEVEL: {
    key: 'logLevel',
    group: 'tune',
    schema: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    default: 'info',
    help: 'The least that is logged.',
  },
} as const satisfies Readonly<Record<string, OptionDefinition>>;
