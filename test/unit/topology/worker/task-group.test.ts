import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { GaugeRound } from '../../../../common/gauge-round.js';
import { MemberMemory } from '../../../../state/member-memory.js';
import { FencedError } from '../../../../common/errors.js';
import { BrokerError } from '../../../../topology/kafka/protocol/protocol-errors.js';
import { NO_PLACEMENT } from '../../../../topology/kafka/group/placement.js';
import { TaskGroup } from '../../../../topology/worker/task-group.js';
import { failing, rig, sentAre, NEWER_RULES, OWN_RULES, TASKS, CRM, type Rig } from '../task/task-harness.js';

const layoutOf = (setup: Rig) => ({
  maxTasks: 1,
  partitions: new Map([TASKS, CRM].map((topic) => [setup.names.physical(topic), 1])),
});
const member = { groupId: 'app', generationId: 1, memberId: 'a' };

const groupOf = ({ parts, environment }: Rig): TaskGroup =>
  new TaskGroup({
    parts,
    sourceTopics: [TASKS, CRM],
    memory: new MemberMemory(environment),
    newerRules: parts.group.newerRules,
    host: {
      prepare: () => Promise.resolve(),
      rejoin: () => undefined,
      confirm: (generation) => parts.group.confirm(generation),
      groupOutage: () => undefined,
      isMember: () => undefined,
    },
    suspendMs: 1000,
  });

/** With task 0. */
const running = (setup: Rig): TaskGroup => {
  const group = groupOf(setup);
  group.assigned({ ...NO_PLACEMENT, tasks: [0] }, layoutOf(setup), member);
  return group;
};

const measure = async (group: TaskGroup): Promise<void> => {
  const round = new GaugeRound();
  await group.measure(round);
  round.publish();
};

const scrape = async (setup: Rig, group: TaskGroup): Promise<Record<string, number>> => {
  await measure(group);
  const { values } = await setup.parts.worker.metrics.consumer_lag.get();
  return Object.fromEntries(values.map(({ labels, value }) => [`${labels['topic']}/${labels['partition']}`, value]));
};

/** Soon: a commit that others see may not have come back to us. */
const lagsAre = (setup: Rig, group: TaskGroup, [tasks, crm]: [number, number]): Promise<void> =>
  vi.waitFor(async () => expect(await scrape(setup, group)).toEqual({ [`${TASKS}/0`]: tasks, [`${CRM}/0`]: crm }));

describe('the lag', () => {
  it('is what waits in the topic, also while nothing of it is fetched and nothing committed', async () => {
    const setup = rig();
    setup.behaviour.set('unknown', () => ({ kind: 'unresolved', schemaId: 77 }));
    setup.append(TASKS, ['a', 'unknown']);
    const group = running(setup);
    await sentAre(setup, ['a']);
    await lagsAre(setup, group, [1, 0]);
    // No buffer space: nobody fetches, and so hears of them.
    setup.fetcher.remove(setup.names.physical(TASKS));
    setup.append(
      TASKS,
      Array.from({ length: 5000 }, (_, i) => `e${i}`),
    );
    expect(await scrape(setup, group)).toEqual({ [`${TASKS}/0`]: 5001, [`${CRM}/0`]: 0 });
    await group.stop(1000);
  });

  it('stays as it was known of a topic of which the broker does not say it', async () => {
    const setup = rig();
    setup.append(TASKS, ['a']);
    const group = running(setup);
    await sentAre(setup, ['a']);
    await lagsAre(setup, group, [0, 0]);
    const ask = setup.parts.broker.offsets.at.bind(setup.parts.broker.offsets);
    setup.parts.broker.offsets.at = (spec, partitions, budgetMs) =>
      partitions[0]!.topic === setup.names.physical(CRM)
        ? Promise.reject(new BrokerError(5, 'ListOffsets'))
        : ask(spec, partitions, budgetMs);
    setup.fetcher.remove(setup.names.physical(TASKS));
    setup.append(TASKS, ['b', 'c']);
    expect(await scrape(setup, group)).toEqual({ [`${TASKS}/0`]: 2, [`${CRM}/0`]: 0 });
    await group.stop(1000);
  });

  it('is of what the worker has: a task that went to another one takes its series along', async () => {
    const setup = rig();
    setup.append(TASKS, ['a']);
    const group = running(setup);
    await sentAre(setup, ['a']);
    expect(Object.keys(await scrape(setup, group))).toHaveLength(2);
    group.assigned(NO_PLACEMENT, layoutOf(setup), { ...member, generationId: 2 });
    expect(await scrape(setup, group)).toEqual({});
    await group.stop(1000);
  });
});

describe('a source topic that is gone', () => {
  it('is named until it is there again, and logged once, while the task goes on with the others', async () => {
    const setup = rig();
    const logged = vi.spyOn(setup.parts.worker.log, 'error');
    const group = groupOf(setup);
    const gone = {
      ...layoutOf(setup),
      partitions: new Map([...layoutOf(setup).partitions, [setup.names.physical(CRM), 0]]),
    };
    group.assigned({ ...NO_PLACEMENT, tasks: [0] }, layoutOf(setup), member);
    group.assigned({ ...NO_PLACEMENT, tasks: [0] }, gone, { ...member, generationId: 2 });
    group.assigned({ ...NO_PLACEMENT, tasks: [0] }, gone, { ...member, generationId: 3 });
    setup.append(TASKS, ['a']);
    await sentAre(setup, ['a']);
    expect(group.notReady()).toEqual({ code: 'unknown-topic', topic: setup.names.physical(CRM) });
    expect(logged.mock.calls).toEqual([
      [{ topics: [setup.names.physical(CRM)] }, expect.stringContaining('do not exist')],
    ]);
    group.assigned({ ...NO_PLACEMENT, tasks: [0] }, layoutOf(setup), { ...member, generationId: 4 });
    await vi.waitFor(() => expect(group.notReady()).toBeUndefined());
    await group.stop(1000);
  });

  it('is not one that a leader of another version does not deal', async () => {
    const setup = rig();
    const group = groupOf(setup);
    const less = { ...layoutOf(setup), partitions: new Map([[setup.names.physical(TASKS), 1]]) };
    group.assigned({ ...NO_PLACEMENT, tasks: [0] }, less, member);
    await vi.waitFor(() => expect(group.notReady()).toBeUndefined());
    await group.stop(1000);
  });
});

describe('a source that the leader does not know, with more partitions than the others', () => {
  it('is logged once with the tasks that nobody has, and again when they are assigned; the worker is ready', async () => {
    const setup = rig();
    const { log } = setup.parts.worker;
    const [warned, informed] = [vi.spyOn(log, 'warn'), vi.spyOn(log, 'info')];
    const group = groupOf(setup);
    const crm = setup.names.physical(CRM);
    const layout = {
      maxTasks: 12,
      partitions: new Map([...layoutOf(setup).partitions, [crm, 8]]),
      assignedTasks: 1,
    };
    const placement = { ...NO_PLACEMENT, tasks: [0] };
    for (const generationId of [1, 2]) group.assigned(placement, layout, { ...member, generationId });
    expect(warned.mock.calls).toEqual([[{ topics: [crm], tasks: '1..7' }, expect.stringContaining('older rules')]]);
    await vi.waitFor(() => expect(group.notReady()).toBeUndefined());
    group.assigned(placement, { ...layout, assignedTasks: 8 }, { ...member, generationId: 3 });
    expect(informed).toHaveBeenCalledWith({ topics: [crm] }, expect.stringContaining('are assigned'));
    expect(warned).toHaveBeenCalledTimes(1);
    await group.stop(1000);
  });
});

describe('a commit that is on its way for long', () => {
  it('makes the worker not ready, which says so until it has come through', async () => {
    const setup = rig();
    let letThrough = (): void => undefined;
    const group = running(setup);
    await vi.waitFor(() => expect(group.notReady()).toBeUndefined());
    setup.broker.before = (step) =>
      step === 'commit' ? new Promise<void>((resolve) => (letThrough = resolve)) : undefined;
    setup.append(TASKS, ['a']);
    await vi.waitFor(() => expect(setup.broker.steps.at(-1)).toBe('commit'));
    expect(group.notReady()).toBeUndefined();
    const now = performance.now.bind(performance);
    const later = vi.spyOn(performance, 'now').mockImplementation(() => now() + 5001);
    expect(group.notReady()).toEqual({ code: 'commit-waits', waiter: 'task 0' });
    later.mockRestore();
    letThrough();
    await sentAre(setup, ['a']);
    expect(group.notReady()).toBeUndefined();
    await group.stop(1000);
  });
});

describe('the generations of the group', () => {
  const movesOf = async (setup: Rig): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await setup.parts.worker.metrics.task_moves_total.get()).values.map(({ labels, value }) => [
        labels['direction'],
        value,
      ]),
    ) as Record<string, number>;

  it('are timed from the join, and tasks that come and go with them counted', async () => {
    const setup = rig();
    const group = groupOf(setup);
    const assign = (tasks: number[], generationId: number): void =>
      group.assigned({ ...NO_PLACEMENT, tasks }, layoutOf(setup), { ...member, generationId });
    group.claim();
    assign([0], 1);
    expect(await movesOf(setup)).toEqual({ gained: 1, lost: 0 });
    await group.suspend();
    group.claim();
    assign([0], 2);
    expect(await movesOf(setup)).toEqual({ gained: 1, lost: 0 });
    assign([], 3);
    assign([0], 4);
    group.lost();
    expect(await movesOf(setup)).toEqual({ gained: 2, lost: 2 });
    const { values } = await setup.parts.worker.metrics.rebalance_seconds.get();
    expect(values.find(({ metricName }) => metricName?.endsWith('_count'))?.value).toBe(4);
    await group.stop(1000);
  });
});

describe('the lag in seconds', () => {
  const secondsOf = async (setup: Rig, group: TaskGroup): Promise<number[]> => {
    await measure(group);
    return (await setup.parts.worker.metrics.consumer_lag_seconds.get()).values.map(({ value }) => value);
  };

  it('is as long as the oldest record that is not committed waits, and 0 where nothing does', async () => {
    const setup = rig();
    setup.behaviour.set('unknown', () => ({ kind: 'unresolved', schemaId: 77 }));
    // The clock of the rig stands at 2,000,000.
    setup.append(TASKS, ['a'], 1_100_000);
    setup.append(TASKS, ['unknown'], 1_998_500);
    setup.append(TASKS, ['b'], 1_999_900);
    const group = running(setup);
    await sentAre(setup, ['a']);
    await lagsAre(setup, group, [2, 0]);
    expect(await secondsOf(setup, group)).toEqual([1.5, 0]);
    await group.stop(1000);
  });

  it('goes on rising by the clock of this worker while its partition stands still, whatever the record says', async () => {
    const setup = rig();
    setup.behaviour.set('unknown', () => ({ kind: 'unresolved', schemaId: 77 }));
    setup.append(TASKS, ['a', 'unknown'], 2_000_000);
    const group = running(setup);
    await sentAre(setup, ['a']);
    await lagsAre(setup, group, [1, 0]);
    await delay(300);
    const [seconds] = await secondsOf(setup, group);
    expect(seconds).toBeGreaterThan(0.25);
    expect(seconds).toBeLessThan(10);
    await group.stop(1000);
  });
});

describe('newer rules in the group', () => {
  it('make the worker not ready while a partition waits for them, which is said with how many types and measured', async () => {
    const setup = rig();
    const { newerRules } = setup.parts.group;
    setup.behaviour.set('new', () => ({
      kind: newerRules.isBehind(1) ? 'waiting' : 'dropped',
      ...{ eventType: 'NEW', reason: 'unknown-type' },
      cause: { reason: 'unknown-type', message: '', attempts: 1 },
    }));
    for (const topic of [TASKS, CRM]) setup.append(topic, ['a', 'new']);
    const group = groupOf(setup);
    group.assigned({ ...NO_PLACEMENT, tasks: [0] }, { ...layoutOf(setup), newestRules: NEWER_RULES }, member);
    const topic = [TASKS, CRM].map((name) => `${setup.names.physical(name)}-0`).join(', ');
    await vi.waitFor(() => expect(group.notReady()).toEqual({ code: 'newer-rules', topic, types: 1 }));
    await measure(group);
    const { values } = await setup.parts.worker.metrics.newer_rules_wait_seconds.get();
    expect(values.map(({ labels }) => labels['topic'])).toEqual([TASKS, CRM]);
    for (const { value } of values) expect(value).toBeGreaterThan(0);
    await group.suspend();
    await measure(group);
    expect((await setup.parts.worker.metrics.newer_rules_wait_seconds.get()).values).toEqual([]);
    const left = { ...layoutOf(setup), newestRules: OWN_RULES };
    group.assigned({ ...NO_PLACEMENT, tasks: [0] }, left, { ...member, generationId: 2 });
    await vi.waitFor(() => expect(group.notReady()).toBeUndefined(), { timeout: 3000 });
    await measure(group);
    expect((await setup.parts.worker.metrics.newer_rules_wait_seconds.get()).values).toEqual([]);
    await group.stop(1000);
  });

  it('are waited for again when a task comes back that was lost, with its group or to another owner', async () => {
    const setup = rig({ waitMs: 100 });
    const { newerRules } = setup.parts.group;
    const group = groupOf(setup);
    const assigned = (generationId: number): void =>
      group.assigned(
        { ...NO_PLACEMENT, tasks: [0] },
        { ...layoutOf(setup), newestRules: NEWER_RULES },
        { ...member, generationId },
      );
    const hasWaited = (): Promise<void> =>
      vi.waitFor(() => expect([TASKS, CRM].map((topic) => newerRules.mayWait(`${topic}-0`))).toEqual([false, false]));
    assigned(1);
    await hasWaited();
    group.lost();
    expect(newerRules.mayWait(`${TASKS}-0`)).toBe(true);
    assigned(2);
    await vi.waitFor(() => expect(group.notReady()).toBeUndefined());
    await hasWaited();
    // Fenced: another worker has it.
    failing(setup, 'commit', 1, new FencedError('another owner'));
    setup.confirm.mockRejectedValue(new FencedError('generation 2 is over'));
    setup.append(TASKS, ['a']);
    await vi.waitFor(() => expect(group.claim().tasks).toEqual([]));
    expect(newerRules.mayWait(`${TASKS}-0`)).toBe(true);
    await group.stop(1000);
  });
});

describe('a partition that is paused by its dead-letter budget', () => {
  const POISON = { kind: 'dead-lettered', cause: { reason: 'bad-magic', message: '', attempts: 1 } } as const;
  const gauge = async (setup: Rig, group: TaskGroup): Promise<unknown[]> => {
    await measure(group);
    const { values } = await setup.parts.worker.metrics.dead_letter_budget_paused.get();
    return values.map(({ labels, value }) => [labels['topic'], labels['partition'], value]);
  };
  const paused = async (): Promise<{ setup: Rig; group: TaskGroup; partition: string }> => {
    const setup = rig({ deadLetterBudget: { percent: 50, leastRecords: 3, windowMs: 60_000 } });
    for (const text of ['p0', 'p1', 'p2', 'p3', 'p4']) setup.behaviour.set(text, () => POISON);
    setup.append(TASKS, ['p0', 'p1', 'p2', 'p3', 'p4']);
    setup.append(CRM, ['other']);
    const group = running(setup);
    const partition = `${setup.names.physical(TASKS)}-0`;
    await vi.waitFor(() => expect(group.notReady()).toEqual({ code: 'dead-letter-budget', topic: partition }));
    return { setup, group, partition };
  };

  it('makes the worker not ready, is named, measured, and shown with its task', async () => {
    const { setup, group, partition } = await paused();
    expect(await gauge(setup, group)).toEqual([
      [TASKS, 0, 1],
      [CRM, 0, 0],
    ]);
    expect(group.status()).toEqual({
      tasks: [{ task: 0, state: 'running', partitions: [partition, `${setup.names.physical(CRM)}-0`] }],
      standbys: [],
      paused: [{ partition, offset: 3, reason: 'bad-magic', since: 2_000_000 }],
    });
    await group.stop(1000);
  });

  it.each(['by its name on the brokers', 'by its name in the contract', 'with all'])('is resumed %s', async (how) => {
    const { setup, group, partition } = await paused();
    const name = { 'by its name on the brokers': partition, 'by its name in the contract': `${TASKS}-0` }[how];
    expect(group.resumeDeadLetters(`${CRM}-0`)).toEqual({ kind: 'resumed', partitions: [] });
    expect(group.resumeDeadLetters(`${CRM}-1`)).toEqual({ kind: 'unknown' });
    expect(group.resumeDeadLetters(name)).toEqual({ kind: 'resumed', partitions: [partition] });
    await vi.waitFor(() => expect(setup.deadLetters()).toHaveLength(5));
    expect(group.notReady()).toBeUndefined();
    expect(group.resumeDeadLetters(name)).toEqual({ kind: 'resumed', partitions: [] });
    expect((await gauge(setup, group)).map((row) => (row as unknown[])[2])).toEqual([0, 0]);
    await group.stop(1000);
  });

  it('has no series without a budget', async () => {
    const setup = rig();
    setup.append(TASKS, ['a']);
    const group = running(setup);
    await sentAre(setup, ['a']);
    expect(await gauge(setup, group)).toEqual([]);
    await group.stop(1000);
  });
});
