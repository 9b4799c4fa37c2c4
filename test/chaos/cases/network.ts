/** Faults between the workers and the brokers, made by the proxies. */
import { setTimeout as delay } from 'node:timers/promises';
import { tasksOf } from '../../integration/harness/joined.js';
import { until } from '../../integration/harness/until.js';
import { API, type ActiveRule, type Rule } from '../broker-proxy.js';
import type { ChaosCase } from '../case.js';
import { OUTCOME_UNKNOWN, type Round } from '../round.js';

function onAll(round: Round, rule: Rule): readonly ActiveRule[] {
  return round.cluster.proxies.map((proxy) => proxy.add(rule));
}

function hitsOf(rules: readonly ActiveRule[]): number {
  return rules.reduce((sum, { hits }) => sum + hits, 0);
}

function unknownOutcomes(round: Round): number {
  return round.logged(OUTCOME_UNKNOWN).length;
}

/** The same rule on every proxy, until it was hit or the load ends. */
async function faultFrames(round: Round, rule: Rule, what: string): Promise<void> {
  const before = unknownOutcomes(round);
  const rules = onAll(round, rule);
  await until(`${what}: it is hit`, () => hitsOf(rules) > 0 || !round.isLoading, 30_000);
  await delay(1500);
  for (const one of rules) one.remove();
  const hits = hitsOf(rules);
  if (hits > 0) {
    await until('a worker sees it', () => unknownOutcomes(round) > before || !round.isLoading, 20_000).catch(
      () => undefined,
    );
    round.effect(`${what}: ${hits} times; ${unknownOutcomes(round) - before} commits of unknown outcome`);
  }
}

/** A request that is lost is given up after this. */
const IMPATIENT = { REQUEST_TIMEOUT_MS: '3000', TRANSACTION_TIMEOUT_MS: '15000' };

export const NETWORK_CASES: readonly ChaosCase[] = [
  {
    id: '8',
    name: 'answers lost',
    fault: 'the answers to EndTxn, TxnOffsetCommit, Produce and InitProducerId are lost, one kind after another',
    seconds: 60,
    env: IMPATIENT,
    inject: async (round) => {
      for (const [name, api] of [
        ['EndTxn', API.endTxn],
        ['TxnOffsetCommit', API.txnOffsets],
        ['Produce', API.produce],
        ['EndTxn again', API.endTxn],
      ] as const) {
        await faultFrames(round, { apis: [api], frame: 'answer', does: 'lose', times: 2 }, `answer to ${name} lost`);
      }
      // A takeover of unknown outcome, in which the fence's own answer is lost too.
      const fences = onAll(round, { apis: [API.initProducerId], frame: 'answer', does: 'lose', times: 1 });
      await faultFrames(
        round,
        { apis: [API.endTxn], frame: 'answer', does: 'lose', times: 1 },
        'answer to EndTxn, then to InitProducerId lost',
      );
      if (hitsOf(fences) > 0) round.effect(`answers to InitProducerId lost: ${hitsOf(fences)}`);
    },
  },
  {
    id: '9',
    name: 'late packets',
    fault:
      'EndTxn, Produce and TxnOffsetCommit requests are held for 4-30 s and let go when later transactions have begun',
    seconds: 60,
    env: IMPATIENT,
    inject: async (round) => {
      for (const [name, api] of [
        ['EndTxn', API.endTxn],
        ['Produce', API.produce],
        ['TxnOffsetCommit', API.txnOffsets],
      ] as const) {
        for (let time = 0; time < 2; time += 1) {
          const hold = (): number => 4000 + round.random.below(26_000);
          await faultFrames(round, { apis: [api], frame: 'request', does: { hold }, times: 2 }, `${name} held`);
        }
      }
    },
  },
  {
    id: '9b',
    name: 'connections cut',
    fault: 'connections are cut at EndTxn, Produce and Fetch, at the request and at the answer',
    seconds: 40,
    env: IMPATIENT,
    inject: async (round) => {
      for (const frame of ['request', 'answer'] as const) {
        for (const [name, api] of [
          ['EndTxn', API.endTxn],
          ['Produce', API.produce],
          ['Fetch', API.fetch],
        ] as const) {
          await faultFrames(round, { apis: [api], frame, does: 'cut', times: 2 }, `cut at the ${frame} of ${name}`);
        }
      }
    },
  },
  {
    id: '10',
    name: 'partitioned',
    fault:
      'a worker and one broker, then all brokers, hear nothing of each other: one way, the other way, both; connections stay open',
    seconds: 70,
    env: IMPATIENT,
    inject: async (round) => {
      for (const [way, brokers] of [
        ['both', 1],
        ['answers', 1],
        ['both', 3],
        ['requests', 3],
      ] as const) {
        const member = round.pickMember();
        const tasks = tasksOf(member.process);
        const others = round.members.filter((other) => other !== member);
        const joined = others.reduce((sum, { process }) => sum + process.logged('joined the group').length, 0);
        const lift = round.cluster.proxies.slice(0, brokers).map((proxy) => proxy.silence(way, member.process.pid));
        await delay(brokers === 3 ? 10_000 : 7_000);
        const takeovers =
          others.reduce((sum, { process }) => sum + process.logged('joined the group').length, 0) - joined;
        for (const go of lift) go();
        const errors = member.process.logged('waiting for the brokers').length;
        if (round.isLoading && (takeovers > 0 || errors > 0)) {
          round.effect(
            `${member.name} (tasks ${tasks.join(', ')}) cut off from ${brokers} broker(s), ${way}: ${takeovers} rebalances elsewhere`,
          );
        }
        await member.process.ready();
      }
    },
  },
  {
    id: '11',
    name: 'slow network',
    fault: '100 ms more each way, with stalls of a second in 1 of 50 frames, for 20 s',
    seconds: 45,
    inject: async (round) => {
      await round.at(0.2);
      const before = round.logged('joined the group').length;
      const seen = round.witness.count;
      for (const proxy of round.cluster.proxies)
        proxy.slow(() => (round.random.chance(0.02) ? 1000 : 50 + round.random.below(100)));
      await delay(20_000);
      for (const proxy of round.cluster.proxies) proxy.slow(undefined);
      const made = round.witness.count - seen;
      const rebalances = round.logged('joined the group').length - before;
      if (made > 0 && round.isLoading) round.effect(`${made} outputs in 20 s of it`);
      if (rebalances > round.members.length) round.unexpected.push(`the slow network caused ${rebalances} joins`);
    },
  },
];
