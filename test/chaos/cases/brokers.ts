/** Faults of the brokers. */
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../integration/harness/until.js';
import type { ChaosCase } from '../case.js';
import { BROKERS } from '../cluster.js';
import { brokerOf, ROLES } from '../roles.js';
import type { Round } from '../round.js';

/** The outputs stop: none comes for so long. */
async function untilStalled(round: Round, quietMs: number): Promise<void> {
  let count = -1;
  let since = performance.now();
  await until(
    'no output is made any more',
    () => {
      if (round.witness.count !== count) [count, since] = [round.witness.count, performance.now()];
      return performance.now() - since > quietMs;
    },
    60_000,
  );
}

async function bounceEachRole(round: Round, hard: boolean): Promise<void> {
  for (const role of ROLES) {
    const id = await brokerOf(role, round);
    await round.cluster.stopBroker(id, hard);
    const before = round.witness.count;
    await until('outputs are made without it', () => round.witness.count > before + 20 || !round.isLoading, 40_000);
    if (round.isLoading)
      round.effect(`broker ${id}, the ${role}, was ${hard ? 'killed' : 'stopped'}; outputs went on without it`);
    await round.cluster.heal();
  }
}

export const BROKER_CASES: readonly ChaosCase[] = [
  {
    id: '6a',
    resumeWithinMs: 30_000,
    name: 'broker stopped',
    fault:
      'SIGTERM to the leader, the group coordinator, the transaction coordinator and the controller in turn, and back',
    seconds: 70,
    inject: (round) => bounceEachRole(round, false),
  },
  {
    id: '6b',
    resumeWithinMs: 30_000,
    name: 'broker killed',
    fault:
      'SIGKILL to the leader, the group coordinator, the transaction coordinator and the controller in turn, and back',
    seconds: 80,
    inject: (round) => bounceEachRole(round, true),
  },
  {
    id: '7a',
    name: 'min ISR lost',
    fault: 'two of three brokers killed for 20 s',
    seconds: 60,
    inject: async (round) => {
      await round.at(0.2);
      const [one, two] = round.random.chance(0.5) ? [1, 2] : [2, 3];
      await Promise.all([round.cluster.stopBroker(one, true), round.cluster.stopBroker(two, true)]);
      await untilStalled(round, 5000);
      await delay(15_000);
      round.effect(`nothing was made while brokers ${one} and ${two} were down`);
      await round.cluster.heal();
      await round.allReady();
    },
  },
  {
    id: '7b',
    name: 'all brokers down',
    fault: 'all three brokers killed for 60 s',
    seconds: 40,
    inject: async (round) => {
      await round.at(0.3);
      await Promise.all(BROKERS.map((id) => round.cluster.stopBroker(id, true)));
      const seen = round.witness.count;
      await delay(60_000);
      const ended = round.members.filter(({ process }) => process.ended).length;
      if (ended === 0)
        round.effect(
          `all workers waited out 60 s without a broker, ${round.witness.count - seen} outputs came after the kill`,
        );
      await round.cluster.heal();
      await round.allReady(120_000);
    },
  },
];
