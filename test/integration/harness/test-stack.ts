import { inject } from 'vitest';

import type { StackOptions } from '../../../dev/stack/place.js';

export interface TestStack {
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
  /** For stopBroker and the like; undefined when the tests run on a stack that is not ours to stop. */
  readonly options: StackOptions | undefined;
}

/** Set by a test file that stops members. */
let own: TestStack | undefined;

/** From here on this test file runs on that stack; without one, on the stack that all share. */
export function useStack(stack: TestStack | undefined): void {
  own = stack;
}

/** The stack that the tests run on. */
export function testStack(): TestStack {
  if (own) return own;
  const root = inject('STACK_ROOT');
  return {
    kafkaBrokers: inject('KAFKA_BROKERS'),
    schemaRegistryUrl: inject('SCHEMA_REGISTRY_URL'),
    options: root === '' ? undefined : { root },
  };
}
