/** The options that every cluster sets, or should have seen, as examples; any other one may stand beside them. */
import { OPTIONS, type OptionName } from '../../worker/options.js';

export const CONFIGURATION = {
  KAFKA_BROKERS: 'kafka-1.example.com:9092,kafka-2.example.com:9092',
  SCHEMA_REGISTRY_URL: 'https://registry.example.com',
  START_FROM: 'latest',
  APP_ID: OPTIONS.APP_ID.default,
  MAX_TASKS: OPTIONS.MAX_TASKS.default,
  STANDBY_REPLICAS: OPTIONS.STANDBY_REPLICAS.default,
  SHUTDOWN_SPREAD_MS: OPTIONS.SHUTDOWN_SPREAD_MS.default,
  LOG_LEVEL: OPTIONS.LOG_LEVEL.default,
} as const satisfies Readonly<Partial<Record<OptionName, string>>>;
