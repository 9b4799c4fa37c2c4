/** A stack of a test file's own, for tests that stop its members: what others run on is never stopped. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

import { planLayout } from '../../../dev/stack/layout.js';
import { placeOf, type StackOptions } from '../../../dev/stack/place.js';
import { reset, startRegistry, up } from '../../../dev/stack/stack.js';
import { guardStack } from './guard.js';
import { testStack, useStack, type TestStack } from './test-stack.js';
import { stopWorkers } from './worker.js';

/** Brings it up before the tests of this file, and makes it the one that they run on. */
export function bringUpOwnStack(name: string): void {
  bringUp(name, async (options) => {
    const { kafkaBrokers, schemaRegistryUrl } = await up({ ...options, shortLived: true });
    return { kafkaBrokers, schemaRegistryUrl };
  });
}

/** Only a registry, beside the brokers that all share: nobody else takes its next id. */
export function bringUpOwnRegistry(name: string): void {
  bringUp(name, async (options) => {
    // A stack of which nothing else is ever started.
    await planLayout(placeOf(options));
    const { schemaRegistryUrl } = await startRegistry(options);
    return { kafkaBrokers: testStack().kafkaBrokers, schemaRegistryUrl };
  });
}

function bringUp(name: string, start: (options: StackOptions) => Promise<Omit<TestStack, 'options'>>): void {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), `notification-streams-${name}-`));
    guardStack(root);
    useStack({ ...(await start({ root })), options: { root } });
  });
  afterAll(async () => {
    await stopWorkers();
    useStack(undefined);
    // By its own name: when it did not come up, the stack of this file is still the one that all share.
    await reset({ root });
  });
}

/** For stopBroker and the like. */
export function ownStack(): StackOptions {
  const { options } = testStack();
  if (!options) throw new Error('This test file has no stack of its own: call bringUpOwnStack first.');
  return options;
}
