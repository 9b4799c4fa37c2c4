/** Faults of the worker processes themselves: killed, stopped, paused, starved, their clock moved. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { otherVersion } from '../../integration/harness/other-version.js';
import { until } from '../../integration/harness/until.js';
import { tasksOf } from '../../integration/harness/joined.js';
import { API } from '../broker-proxy.js';
import type { ChaosCase } from '../case.js';
import { CRASH_PRELOAD, GAPS } from '../crash-gaps.js';
import { OUTCOME_UNKNOWN, type Member, type Round } from '../round.js';
import { moveClock, CLOCK_PRELOAD } from '../clock.js';
import { limitCpu, limitHindrance, limitMemory } from '../control-group.js';

/** For how long the first requests of a zombie's commit are on their way: longer than a takeover takes. */
const BEGINS_LATE_MS = 14_000;
/** For how long the zombie does not hear that its tasks are gone. */
const ZOMBIE_ALONE_MS = 6_000;

/** Stops each worker in turn and starts it as that version; on an empty directory when it wipes. */
async function replaceEach(round: Round, entry: string | undefined, wipes: boolean): Promise<void> {
  for (const member of round.members) {
    await round.stop(member);
    if (wipes) round.wipe(member);
    member.entry = entry;
    round.restart(member);
    await member.process.ready();
    await until(`${member.name} has tasks`, () => tasksOf(member.process).length > 0, 40_000);
    const tasks = tasksOf(member.process);
    const version = entry === undefined ? 'this version' : 'the other version';
    if (round.isLoading) round.effect(`${member.name} runs tasks ${tasks.join(', ')} as ${version}`);
  }
}

/** Resolves with the tasks of the member once the others have them. */
async function untilTakenOver(round: Round, from: Member, tasks: readonly number[]): Promise<void> {
  const others = round.members.filter((member) => member !== from && !member.process.ended);
  await until(
    `tasks ${tasks.join(', ')} of ${from.name} are taken over`,
    () => {
      const taken = others.flatMap(({ process }) => tasksOf(process));
      return tasks.every((task) => taken.includes(task));
    },
    40_000,
  );
}

/** SIGSTOP at the moment at which one of the worker's produce requests is on its way: its transaction is open, or will be. */
async function stopWithinTransaction(round: Round, member: Member): Promise<void> {
  await stopAtProduce(round, member, 200);
}

/** SIGSTOP at the moment at which produce requests of the worker are on their way, where they stay for so long; performance.now() then. */
async function stopAtProduce(round: Round, member: Member, holdMs: number): Promise<number> {
  let stoppedAt = 0;
  const stop = (): void => {
    if (stoppedAt === 0) signal(member, 'SIGSTOP');
    stoppedAt ||= performance.now();
  };
  const does = { hold: (): number => holdMs };
  const { pid } = member.process;
  const rules = round.cluster.proxies.map((proxy) =>
    proxy.add({ apis: [API.produce], frame: 'request', pid, does, onHit: stop }),
  );
  await until(`${member.name} has sent the request`, () => stoppedAt > 0);
  for (const rule of rules) rule.remove();
  return stoppedAt;
}

/** Every few seconds a worker joins or is killed. */
async function storm(round: Round, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let changes = 0;
  for (let next = 0; performance.now() < end; next += 1) {
    await delay(2000 + round.random.below(3000));
    const alive = round.members.filter(({ process }) => !process.ended);
    const dead = round.members.filter(({ process }) => process.ended);
    if (alive.length > 2 && round.random.chance(0.5)) await round.kill(round.random.pick(alive));
    else if (dead.length > 0) round.restart(round.random.pick(dead));
    else if (alive.length < 6) round.startMember(`s${next}`);
    else continue;
    changes += 1;
  }
  const generations = new Set(round.logged('joined the group').map(({ generation }) => generation));
  if (generations.size > seconds / 12) round.effect(`${changes} changes, ${generations.size} generations`);
  for (const member of round.members) if (member.process.ended) round.restart(member);
  await round.allReady();
}

function signal(member: Member, name: NodeJS.Signals): void {
  member.process.kill(name);
}

export const WORKER_CASES: readonly ChaosCase[] = [
  {
    id: '1a',
    resumeWithinMs: 11000,
    name: 'worker crash, at random',
    fault: 'SIGKILL of a random worker, three times; started again at once on its state directory',
    inject: async (round) => {
      for (const share of [0.2, 0.45, 0.7]) {
        await round.at(share + round.random.next() * 0.1);
        const member = round.pickMember();
        const tasks = tasksOf(member.process);
        await round.kill(member);
        round.restart(member);
        if (round.isLoading && tasks.length > 0)
          round.effect(`${member.name} killed with tasks ${tasks.join(', ')} under load`);
        await member.process.ready();
      }
    },
  },
  {
    id: '1s',
    resumeWithinMs: 11_000,
    name: 'worker crash, every 20 s',
    fault: 'SIGKILL of a random worker every 20 s for ten minutes; started again at once on its state directory',
    isLong: true,
    seconds: 620,
    inject: async (round) => {
      const end = performance.now() + 600_000;
      while (performance.now() < end) {
        const member = round.pickMember();
        const tasks = tasksOf(member.process);
        await round.kill(member);
        round.restart(member);
        if (round.isLoading && tasks.length > 0) round.effect(`${member.name} killed with tasks ${tasks.join(', ')}`);
        await delay(20_000);
      }
      await round.allReady();
    },
  },
  {
    id: '1b',
    resumeWithinMs: 11000,
    name: 'worker crash, at each gap of the commit',
    fault: 'one worker after another dies at a gap of the commit protocol; started again on its state directory',
    seconds: 45,
    inject: async (round) => {
      for (const gap of GAPS.filter(({ when }) => when === 'commit')) {
        const member = round.pickMember();
        await round.stop(member);
        round.restart(member, { CRASH_AT: `${gap.name}:${2 + round.random.below(5)}` }, ['--import', CRASH_PRELOAD]);
        const { signal: by } = await round.untilEnded(member);
        const said = member.process.lines.find((line) => line.startsWith('crash at '));
        if (by === 'SIGKILL' && said?.includes(gap.name)) round.effect(said);
        round.restart(member);
        await member.process.ready();
      }
    },
  },
  {
    id: '2',
    resumeWithinMs: 5000,
    name: 'rolling restart',
    fault: 'SIGTERM to each worker in turn; started again when it has ended',
    workers: 4,
    partitions: 8,
    inject: async (round) => {
      for (const member of [...round.members]) {
        const { code } = await round.stop(member);
        if (code === 0 && round.isLoading) round.effect(`${member.name} ended with 0 under load`);
        round.restart(member);
        await member.process.ready();
      }
    },
  },
  {
    id: '2v',
    name: 'upgrade and roll-back',
    fault:
      'workers of another version are replaced by this one, one by one, rolled back on empty directories, and replaced again; versions run side by side',
    hindrance: () => (otherVersion() ? undefined : 'needs OTHER_VERSION, the folder of a build of another version'),
    entry: otherVersion,
    seconds: 60,
    inject: async (round) => {
      await replaceEach(round, undefined, false);
      await replaceEach(round, otherVersion(), true);
      await replaceEach(round, undefined, false);
    },
  },
  {
    id: '3',
    resumeWithinMs: 16000,
    name: 'zombie',
    fault: 'SIGSTOP within a transaction and beyond the session timeout, takeover by the others, SIGCONT',
    seconds: 40,
    inject: async (round) => {
      for (let time = 0; time < 2; time += 1) {
        const member = round.pickMember();
        const tasks = tasksOf(member.process);
        const learned = (): number => member.process.logged('the group gave our tasks away, joining again').length;
        const before = learned();
        await stopWithinTransaction(round, member);
        try {
          await untilTakenOver(round, member, tasks);
        } finally {
          signal(member, 'SIGCONT');
        }
        await until(`${member.name} knows that it lost its tasks`, () => learned() > before, 20_000);
        if (tasks.length > 0)
          round.effect(`${member.name} came back as a zombie of tasks ${tasks.join(', ')}, and joined again`);
        await member.process.ready();
        // The next stop may hit the same tasks: they are to have made something by then, or two pauses count as one.
        await delay(3000);
      }
    },
  },
  {
    id: '3b',
    name: 'zombie that begins late',
    fault:
      'SIGSTOP with the first requests of a commit on their way, which arrive after the takeover; SIGCONT, with heartbeats held: the zombie commits before it can know',
    seconds: 60,
    // They are still waited for when they arrive.
    env: { REQUEST_TIMEOUT_MS: '19000' },
    inject: async (round) => {
      for (let time = 0; time < 2; time += 1) {
        const member = round.pickMember();
        const tasks = tasksOf(member.process);
        if (tasks.length === 0) continue;
        const { pid } = member.process;
        const learned = (): number => member.process.logged('the group gave our tasks away, joining again').length;
        const before = learned();
        let isBack = false;
        // One that was on its way at the stop is not to tell it at once, either.
        const does = { hold: (): number => ZOMBIE_ALONE_MS + (isBack ? 0 : BEGINS_LATE_MS) };
        const beats = round.cluster.proxies.map((proxy) =>
          proxy.add({ apis: [API.heartbeat], frame: 'request', pid, does }),
        );
        const stoppedAt = await stopAtProduce(round, member, BEGINS_LATE_MS);
        try {
          await untilTakenOver(round, member, tasks);
          const early = BEGINS_LATE_MS - (performance.now() - stoppedAt);
          await delay(Math.max(0, early) + 500);
          if (early > 0) round.effect(`${member.name} came back with a commit of tasks ${tasks.join(', ')} to begin`);
        } finally {
          isBack = true;
          signal(member, 'SIGCONT');
        }
        await until(`${member.name} knows that it lost its tasks`, () => learned() > before, 40_000);
        for (const rule of beats) rule.remove();
        await member.process.ready();
      }
    },
  },
  {
    id: '4',
    resumeWithinMs: 6000,
    name: 'short pause',
    fault: 'SIGSTOP for half the session timeout, three times',
    inject: async (round) => {
      const before = round.logged('joined the group').length;
      for (const share of [0.2, 0.45, 0.7]) {
        await round.at(share);
        const member = round.pickMember();
        signal(member, 'SIGSTOP');
        const seen = round.witness.count;
        await delay(3000);
        signal(member, 'SIGCONT');
        if (round.isLoading && tasksOf(member.process).length > 0)
          round.effect(`${member.name} stood still for 3 s while others made ${round.witness.count - seen} outputs`);
      }
      await delay(2000);
      if (round.logged('joined the group').length > before) round.unexpected.push('the pause caused a rebalance');
    },
  },
  {
    id: '5',
    name: 'transaction timeout',
    fault: 'SIGSTOP within a transaction, for longer than the transaction may last and less than the session',
    seconds: 50,
    env: { SESSION_TIMEOUT_MS: '30000', TRANSACTION_TIMEOUT_MS: '3000', REQUEST_TIMEOUT_MS: '2500' },
    inject: async (round) => {
      for (let time = 0; time < 2; time += 1) {
        const member = round.pickMember();
        if (tasksOf(member.process).length === 0) continue;
        const unknown = (): number => member.process.logged(OUTCOME_UNKNOWN).length;
        const before = unknown();
        await stopWithinTransaction(round, member);
        // The coordinator looks every 10 s for transactions whose time is up.
        await delay(15_000);
        signal(member, 'SIGCONT');
        await until(`${member.name} sees that its transaction is gone`, () => unknown() > before, 20_000);
        round.effect(`${member.name} lost a transaction to its timeout and took its tasks up again`);
        await member.process.ready();
      }
    },
  },
  {
    id: '12',
    name: 'rebalance storm',
    fault: 'every 2-5 s a worker joins or is killed, for a minute; more workers than partitions',
    workers: 4,
    partitions: 3,
    seconds: 70,
    inject: (round) => storm(round, 60),
  },
  {
    id: '12s',
    name: 'rebalance storm, ten minutes',
    fault: 'as 12, for ten minutes',
    isLong: true,
    workers: 4,
    partitions: 3,
    seconds: 620,
    inject: (round) => storm(round, 600),
  },
  {
    id: '17',
    name: 'restore interrupted',
    fault: 'a worker with an empty state directory dies in the middle of its restore, three times',
    seconds: 40,
    workers: 2,
    inject: async (round) => {
      await round.at(0.3);
      const member = round.pickMember();
      await round.kill(member);
      round.wipe(member);
      for (let time = 0; time < 3; time += 1) {
        round.restart(member, { CRASH_AT: 'restore:1' }, ['--import', CRASH_PRELOAD]);
        const { signal: by } = await round.untilEnded(member);
        if (by === 'SIGKILL') round.effect(`died in its restore (${time + 1})`);
      }
      round.restart(member);
      await member.process.ready();
    },
  },
  {
    id: '20',
    name: 'clock jumps',
    fault: 'Date.now() of every worker jumps by an hour, back, by an hour the other way, and to and fro every 200 ms',
    seconds: 40,
    inject: async (round) => {
      for (const member of [...round.members]) {
        await round.stop(member);
        round.restart(member, { CLOCK_FILE: join(round.root, `${member.name}.clock`) }, ['--import', CLOCK_PRELOAD]);
      }
      await round.allReady();
      const move = (ms: number): void => {
        for (const member of round.members) moveClock(member, join(round.root, `${member.name}.clock`), ms);
      };
      const progress = async (what: string): Promise<void> => {
        const before = round.witness.count;
        await until(
          `outputs are made after ${what}`,
          () => round.witness.count > before + 50 || !round.isLoading,
          30_000,
        );
        if (round.isLoading) round.effect(`outputs go on after ${what}`);
      };
      for (const hours of [1, 0, -1, 0]) {
        move(hours * 3_600_000);
        await delay(3000);
        await progress(`a clock at ${hours} h`);
      }
      for (let time = 0; time < 20; time += 1) {
        move(time % 2 === 0 ? 3_600_000 : -3_600_000);
        await delay(200);
      }
      move(0);
      await progress('a strobe');
    },
  },
  {
    id: '21',
    name: 'starvation',
    fault: 'one worker has a twentieth of a core for 15 s',
    hindrance: () => limitHindrance('cpu'),
    seconds: 40,
    inject: async (round) => {
      await round.at(0.2);
      const member = round.pickMember();
      const limit = limitCpu(member.process.pid, 0.05);
      try {
        await delay(15_000);
        const throttled = limit.throttled();
        if (throttled > 10) round.effect(`${member.name} was held back ${throttled} times`);
      } finally {
        limit.lift();
      }
      await member.process.ready();
    },
  },
  {
    id: '21m',
    resumeWithinMs: 11_000,
    name: 'out of memory',
    fault:
      'the kernel kills a worker that is allowed a megabyte more than it has, twice; started again on its state directory',
    hindrance: () => limitHindrance('memory'),
    seconds: 45,
    inject: async (round) => {
      for (let time = 0; time < 2; time += 1) {
        const member = round.pickMember();
        await round.stop(member);
        round.restart(member);
        const limit = limitMemory(member.process.pid);
        try {
          await member.process.ready();
          await until(`${member.name} has tasks`, () => tasksOf(member.process).length > 0, 40_000);
          member.expectedEnds.add(member.process);
          const tightening = setInterval(() => limit.allow(1024 * 1024), 1000);
          const { signal: by } = await round.untilEnded(member, 60_000).finally(() => clearInterval(tightening));
          if (by === 'SIGKILL' && limit.wasKilled() && round.isLoading)
            round.effect(`${member.name} was killed by the kernel for want of memory`);
        } finally {
          limit.lift();
        }
        round.restart(member);
        await member.process.ready();
      }
    },
  },
];
