import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

import { ALONE } from './test/integration/alone.js';
import { LongestFirst } from './test/longest-first.js';

const alone = Object.keys(ALONE).map((name) => `test/integration/${name}`);
const gone = alone.filter((path) => !existsSync(join(import.meta.dirname, path)));
if (gone.length > 0) throw new Error(`test/integration/alone.ts names ${gone.join(', ')}, which does not exist.`);

/** A process runs many files, and loads what they share once: a setup of each undoes what a file has changed. */
const sharesModules = (setup: string) => ({ isolate: false, setupFiles: [setup] });
const patient = { testTimeout: 120_000, hookTimeout: 120_000 };
const onStack = { ...patient, globalSetup: ['test/integration/stack.setup.ts'] };
/** After the tests that need no stack. Two files, with their workers and brokers, keep two cores busy. */
const twoAtATime = { maxWorkers: 2, sequence: { groupOrder: 1 } };

/** Folders tell the cost: unit, contract, model and fuzz need no broker; integration and browser run on the real stack. */
export default defineConfig({
  test: {
    // On a machine with two cores vitest would use one.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...sharesModules('test/unit/each-file.setup.ts'),
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 10_000,
        },
      },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: 10_000 } },
      { test: { name: 'model', include: ['test/model/**/*.test.ts'], testTimeout: 10_000 } },
      { test: { name: 'fuzz', include: ['test/fuzz/**/*.test.ts'], fileParallelism: false } },
      { test: { ...onStack, ...twoAtATime, name: 'browser', include: ['test/browser/**/*.test.ts'] } },
      { test: { ...patient, ...twoAtATime, name: 'chaos', include: ['test/chaos/**/*.test.ts'] } },
      {
        test: {
          ...onStack,
          ...twoAtATime,
          ...sharesModules('test/integration/each-file.setup.ts'),
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: alone,
        },
      },
      // The whole of it by `npm run test:hostile` alone; each file counts what the workers of its own scene do.
      {
        test: {
          ...onStack,
          testTimeout: 180_000,
          name: 'hostile',
          include: ['test/hostile/**/*.test.ts'],
          fileParallelism: false,
        },
      },
      // What wants the machine for itself, one file after another, at the end.
      {
        test: {
          ...onStack,
          ...sharesModules('test/integration/each-file.setup.ts'),
          name: 'integration-alone',
          include: alone,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
