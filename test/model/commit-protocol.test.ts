/**
 * The commit protocol under whatever may happen: workers, tasks, producers, group membership, restores and stores are
 * the real ones, brokers, network, disks and time are models. docs/testing.md says how to run a failure again.
 */
import * as fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { scenario } from './world/commands.js';
import { play } from './world/play.js';

vi.mock('node:timers/promises', () => import('./simulation/virtual-timers.js'));

const runs = Number(process.env['MODEL_RUNS'] ?? 200);
const seed = process.env['MODEL_SEED'];

it('each event comes out exactly once, whatever happens', { timeout: 60_000 + runs * 500 }, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, (of) => play(of)),
    { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  );
  expect.assertions(0);
});
