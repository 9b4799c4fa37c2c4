import { inject } from 'vitest';

import type { StackOptions } from '../../../dev/stack/place.js';

export interface TestStack {
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
  /** For stopBroker and the like; undefined when the tests run on a stack that is not ours to stop. */
  readonly options: StackOptions | undefined;
}

/** The stack that the tests run on. */
export function testStack(): TestStack {
  const root = inject('STACK_ROOT');
  return {
    kafkaBrokers: inject('KAFKA_BROKERS'),
    schemaRegistryUrl: inject('SCHEMA_REGISTRY_URL'),
    options: root === '' ? undefined : { root },
  };
}
