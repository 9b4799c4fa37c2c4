/** The suite can fail: each defect that is put in on purpose is caught, by the case made for it and by chance. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as FetchedRecords from '../../topology/kafka/fetch/fetched-records.js';
import type * as LayeredViews from '../../topology/stores/layered-views.js';
import { CASES } from './world/cases.js';
import { scenarioOf, TRANSACTION_VERSIONS } from './world/commands.js';
import { play } from './world/play.js';
import { DEDUP, STATES } from './world/states.js';
import { switches } from './world/switches.js';

vi.mock('node:timers/promises', () => import('./simulation/virtual-timers.js'));

vi.mock('../../topology/kafka/fetch/fetched-records.js', async (original) => {
  const real = await original<typeof FetchedRecords>();
  const { withKafkajsFilter } = await import('./world/kafkajs-filter.js');
  const { switches: wanted } = await import('./world/switches.js');
  const defective = withKafkajsFilter(real.readCommitted);
  const readCommitted: typeof real.readCommitted = (...given) =>
    (wanted.kafkajsFilter ? defective : real.readCommitted)(...given);
  return { ...real, readCommitted };
});

vi.mock('../../topology/stores/layered-views.js', async (original) => {
  const real = await original<typeof LayeredViews>();
  const { switches: wanted } = await import('./world/switches.js');
  class LayeredDedup extends real.LayeredDedup {
    constructor(...[store, shape, layers]: ConstructorParameters<typeof real.LayeredDedup>) {
      super(store, shape, () => (wanted.overlayDropped ? layers().slice(0, 1) : layers()));
    }
  }
  return { ...real, LayeredDedup };
});

/** Scenarios by chance until the defect must have shown. The same ones each time. */
const BOUND = { numRuns: 400, seed: 1, endOnFailure: true };

/** The overlay is each state's own: the switch that drops it is in that of the product. */
const ALL = STATES.flatMap((state) =>
  TRANSACTION_VERSIONS.flatMap((transactions) =>
    CASES.filter(({ put }) => state === DEDUP || put !== 'overlayDropped').map((one) => ({
      ...one,
      transactions,
      state,
      over: state.name,
    })),
  ),
);

describe.each(ALL)('over $over, when $defect, with transactions of version $transactions', (one) => {
  const { transactions, when, caught, put, state } = one;
  const scenario = { ...one.scenario, transactions };
  const [defect, name] = typeof put === 'string' ? [undefined, put] : [put, undefined];
  const withDefect = (on: boolean): void => {
    if (name) switches[name] = on;
  };
  beforeEach(() => withDefect(true));
  afterEach(() => withDefect(false));

  it(`it is caught when ${when}`, async () => {
    await expect(play(scenario, state, defect)).rejects.toThrow(caught);
  });

  it('all is well in the same case without it', async () => {
    withDefect(false);
    await play(scenario, state);
  });

  // Chance is the same over either state.
  it.runIf(state === DEDUP)(`it is found by chance within ${BOUND.numRuns} runs`, { timeout: 120_000 }, async () => {
    const search = fc.asyncProperty(scenarioOf(transactions), (one) => play(one, state, defect));
    expect(await fc.check(search, BOUND)).toMatchObject({ failed: true });
  });
});
