import { defineConfig } from 'vitest/config';

/** Folders tell the cost: unit, contract and model need no broker; integration and browser run on the real stack. */
export default defineConfig({
  test: {
    // Of a machine with two cores vitest would use one.
    maxWorkers: '100%',
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 10_000 } },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: 10_000 } },
      { test: { name: 'model', include: ['test/model/**/*.test.ts'], testTimeout: 10_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/stack.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // They share the registry's next id, and some measure themselves against a load: two at a time they fail now and then.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/integration/stack.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
