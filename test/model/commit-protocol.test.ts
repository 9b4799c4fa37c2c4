/**
 * The commit protocol under whatever may happen: workers, tasks, producers, group membership, restores and stores are
 * the real ones; brokers, network, disks and time are models. docs/testing.md says how to run a failure again.
 */
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { scenarioOf, TRANSACTION_VERSIONS, type Scenario } from './world/commands.js';
import { play, run } from './world/play.js';
import { STATES, type ModelState } from './world/states.js';
import { METRICS } from './world/worker.js';

vi.mock('node:timers/promises', () => import('./simulation/virtual-timers.js'));

const { MODEL_RUNS, MODEL_SEED, MODEL_PATH } = process.env;
/** Half as many over the second state: the engine is the same. */
const runsOver = (state: ModelState): number => Number(MODEL_RUNS ?? (state === STATES[0] ? 200 : 100));
const again = {
  ...(MODEL_SEED === undefined ? {} : { seed: Number(MODEL_SEED) }),
  ...(MODEL_PATH === undefined ? {} : { path: MODEL_PATH, endOnFailure: true }),
};

const ALL = STATES.flatMap((state) => TRANSACTION_VERSIONS.map((version) => ({ state, version, name: state.name })));

describe.each(ALL)('over $name, with transactions of version $version', ({ state, version }) => {
  const scenario = scenarioOf(version);
  const runs = runsOver(state);

  it('each event comes out exactly once, whatever happens', { timeout: 120_000 + runs * 500 }, async () => {
    for (const metric of Object.values(METRICS)) metric.reset();
    await fc.assert(
      fc.asyncProperty(scenario, (one) => play(one, state)),
      { numRuns: MODEL_PATH === undefined ? runs : 1, ...again },
    );
    if (MODEL_PATH !== undefined || runs < 100) return; // so few need not see everything
    const seen = await outcomes();
    console.log(`${runs} runs:`, JSON.stringify(seen));
    for (const [what, times] of Object.entries(seen)) expect(times, `${what} came about`).toBeGreaterThan(0);
  });

  it('the same scenario runs the same way twice', async () => {
    const traceOf = async (one: Scenario): Promise<readonly string[]> => (await run(one, state)).simulation.trace;
    for (const one of fc.sample(scenario, { numRuns: 5, seed: 3 }))
      expect(await traceOf(one)).toEqual(await traceOf(one));
  });
});

/** A property whose faults do not bite proves nothing: how often did what they are to cause come about? */
async function outcomes(): Promise<Record<string, number>> {
  const sum = async (name: keyof typeof METRICS, outcome?: string): Promise<number> => {
    const { values } = await METRICS[name].get();
    const wanted = values.filter(({ labels }) => outcome === undefined || labels.outcome === outcome);
    return wanted.reduce((total, { value: times }) => total + times, 0);
  };
  return {
    'transactions committed': await sum('transactions_total', 'committed'),
    'commits refused and split': await sum('transactions_total', 'aborted'),
    'commits of unknown outcome': await sum('transactions_total', 'unknown'),
    'tasks lost to another worker': await sum('transactions_total', 'fenced'),
    rebalances: await sum('rebalances_total'),
    'gone on while the group gathered': await sum('gone_on_total'),
    'repeats dropped': await sum('records_dropped_total'),
    'dead letters': await sum('dead_letters_total'),
    'changelog records restored': await sum('restore_records_total'),
  };
}
