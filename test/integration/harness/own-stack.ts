/** A stack of a test file's own, for tests that stop its members: what others run on is never stopped. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

import { planLayout } from '../../../dev/stack/layout.js';
import { placeOf, type StackOptions } from '../../../dev/stack/place.js';
import { reset, startRegistry, up } from '../../../dev/stack/stack.js';
import { guardStack } from './guard.js';
import { testStack, useStack } from './test-stack.js';
import { stopWorkers } from './worker.js';

/** Brings it up before the tests of this file, and makes it the one that they run on. */
export function bringUpOwnStack(name: string): void {
  beforeAll(async () => {
    const root = await mkdtemp(join(tmpdir(), `notification-streams-${name}-`));
    guardStack(root);
    const { kafkaBrokers, schemaRegistryUrl } = await up({ root, shortLived: true });
    useStack({ kafkaBrokers, schemaRegistryUrl, options: { root } });
  });
  afterAll(tearDown);
}

/** Only a registry, beside the brokers that all share: nobody else takes its next id. */
export function bringUpOwnRegistry(name: string): void {
  beforeAll(async () => {
    const { kafkaBrokers } = testStack();
    const root = await mkdtemp(join(tmpdir(), `notification-streams-${name}-`));
    guardStack(root);
    // A stack of which nothing else is ever started.
    await planLayout(placeOf({ root }));
    const { schemaRegistryUrl } = await startRegistry({ root });
    useStack({ kafkaBrokers, schemaRegistryUrl, options: { root } });
  });
  afterAll(tearDown);
}

async function tearDown(): Promise<void> {
  await stopWorkers();
  await reset(ownStack());
}

/** For stopBroker and the like. */
export function ownStack(): StackOptions {
  const { options } = testStack();
  if (!options) throw new Error('This test file has no stack of its own: call bringUpOwnStack first.');
  return options;
}
