import pino from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Bootstrap, type BootstrapServices } from '../../../../topology/task/bootstrap.js';
import { BrokerError } from '../../../../topology/kafka/protocol/protocol-errors.js';
import { createMetrics } from '../../../../common/metrics.js';

const LEADER_NOT_AVAILABLE = 5;
const WAIT_MS = 300;

/** An account topic of one partition, of which five records were read. */
function accounts() {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const metrics = createMetrics(new Registry());
  const state = {
    end: 5,
    position: 5,
    hasLeader: true,
    /** What the store of this worker waits for. */
    feed: Promise.resolve(),
    reported: [] as unknown[],
    givenUp: async () => (await metrics.directory_partitions_given_up.get()).values[0]!.value,
  };
  const topic = 'accounts';
  const services = {
    topic,
    connections: {
      leaders: { partitionCount: () => 1 },
      outages: { report: (_: string, error: unknown) => state.reported.push(error) },
    },
    offsets: {
      highWatermarks: () =>
        state.hasLeader
          ? Promise.resolve([{ topic, partition: 0, offset: state.end }])
          : Promise.reject(new BrokerError(LEADER_NOT_AVAILABLE, 'ListOffsets')),
      lastCommitted: () => Promise.resolve([{ topic, partition: 0, offset: state.position }]),
    },
    feed: { caughtUp: () => state.feed },
    metrics,
    clock: { now: () => Date.now() },
    log: pino({ level: 'silent' }),
    waitMs: WAIT_MS,
    host: {
      isTakingOver: false,
      fatal: (error: unknown) => {
        throw error;
      },
    },
  };
  const bootstrap = new Bootstrap(services as unknown as BootstrapServices, stop.signal);
  /** Resolves when an event that comes now may be processed. */
  const event = (): Promise<void> => {
    const arrivedAt = performance.now();
    return bootstrap.until(() => bootstrap.isSettled(arrivedAt, Infinity), stop.signal);
  };
  return { ...state, state, event };
}

describe('the accounts, asked about', () => {
  it('let an event go when they are all read', async () => {
    const { state, event } = accounts();
    await event();
    expect(await state.givenUp()).toBe(0);
  });

  it('let events go on once no broker has answered for DIRECTORY_WAIT_MS, and are waited for again when one does', async () => {
    const { state, event } = accounts();
    await event();
    state.hasLeader = false;
    await event();
    expect(await state.givenUp()).toBe(1);
    expect(state.reported.at(-1)).toBeInstanceOf(BrokerError);
    await event(); // not once more for each event
    state.hasLeader = true;
    await event();
    expect([await state.givenUp(), state.reported.at(-1)]).toEqual([0, undefined]);
  });

  it('let events go on once the store has stood still for as long, and are waited for again when it moves', async () => {
    const { state, event } = accounts();
    await event();
    [state.end, state.position] = [6, 6];
    let move = (): void => undefined;
    state.feed = new Promise((resolve) => (move = resolve));
    await event();
    expect(await state.givenUp()).toBe(1);
    move();
    await event();
    await expect.poll(state.givenUp).toBe(0);
  });
});
