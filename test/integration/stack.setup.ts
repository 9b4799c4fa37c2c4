/** Brings up a private stack for the integration and browser tests, or uses the one that the environment names. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

import { applicableEnvironment } from '../../dev/stack/environment.js';
import type { Secured } from '../../dev/stack/secured.js';
import { reset, up } from '../../dev/stack/stack.js';
import { guardStack } from './harness/guard.js';

declare module 'vitest' {
  interface ProvidedContext {
    KAFKA_BROKERS: string;
    SCHEMA_REGISTRY_URL: string;
    /** Folder of the private stack; empty when the environment names another. */
    STACK_ROOT: string;
    /** The way in with TLS and SASL; null when the environment names another stack. */
    STACK_SECURED: Secured | null;
  }
}

interface TestStack {
  readonly root: string;
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
  readonly secured?: Secured | undefined;
}

/** Both projects use this file, in one process; they share one stack. */
const shared = globalThis as { testStack?: Promise<TestStack>; testStackUsers?: number };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.testStackUsers = (shared.testStackUsers ?? 0) + 1;
  shared.testStack ??= startStack();
  const stack = await shared.testStack;
  project.provide('KAFKA_BROKERS', stack.kafkaBrokers);
  project.provide('SCHEMA_REGISTRY_URL', stack.schemaRegistryUrl);
  project.provide('STACK_ROOT', stack.root);
  project.provide('STACK_SECURED', stack.secured ?? null);
  return async () => {
    shared.testStackUsers = (shared.testStackUsers ?? 1) - 1;
    if (shared.testStackUsers > 0) return;
    delete shared.testStack;
    if (stack.root !== '') await reset({ root: stack.root });
  };
}

async function startStack(): Promise<TestStack> {
  const configured = applicableEnvironment(process.env);
  if (configured.kind === 'configured') return { ...configured, root: '' };
  const root = await mkdtemp(join(tmpdir(), 'notification-streams-test-'));
  guardStack(root);
  const { kafkaBrokers, schemaRegistryUrl, secured } = await up({
    root,
    secured: true,
    progress: (line) => console.log(line),
  });
  return { root, kafkaBrokers, schemaRegistryUrl, secured };
}
