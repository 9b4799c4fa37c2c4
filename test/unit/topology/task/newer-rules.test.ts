import { beforeEach, describe, expect, it } from 'vitest';
import { sourcePartition } from '../../../../common/record.js';
import { NewerRules } from '../../../../topology/task/newer-rules.js';

const rulesOf = (version: number) => ({ version, digest: `of ${version}` });
const SALES = sourcePartition('SALES_EVENT_TOPIC', 1);
const TASKS = sourcePartition('TASK_EVENT_TOPIC', 1);

let now: number;
let own: number | undefined;
const create = (version: number | undefined): NewerRules => {
  own = version;
  return new NewerRules({
    own: () => (own === undefined ? own : rulesOf(own)),
    ...{ waitMs: 600, graceMs: 10, now: () => now },
  });
};

beforeEach(() => {
  now = 5000;
});

describe('a worker', () => {
  it.each<[string, number | undefined, number | undefined, boolean]>([
    ['is behind when newer rules are in the group', 2, 3, true],
    ['is not behind its own', 2, 2, false],
    ['is not behind older ones', 2, 1, false],
    ['is not behind a group that does not say', 2, undefined, false],
    ['is not behind when it has no rules', undefined, 3, false],
  ])('%s', (_, version, newest, isBehind) => {
    const rules = create(version);
    rules.joined(newest === undefined ? newest : rulesOf(newest));
    expect(rules.isBehind(own)).toBe(isBehind);
  });

  it('is behind for a while longer when the newer ones have left: they may be restarting', () => {
    const rules = create(2);
    rules.joined(rulesOf(3));
    rules.joined(rulesOf(2));
    now += 9;
    rules.joined(rulesOf(2));
    expect(rules.isBehind(own)).toBe(true);
    now += 1;
    expect(rules.isBehind(own)).toBe(false);
  });

  it('is behind as before while a leader of an older version says nothing of rules', () => {
    const rules = create(2);
    rules.joined(rulesOf(3));
    rules.joined(undefined);
    now += 1000;
    expect(rules.isBehind(own)).toBe(true);
    rules.joined(rulesOf(2));
    now += 10;
    expect(rules.isBehind(own)).toBe(false);
  });

  it('is not behind any more as soon as it has taken on what was newer, before the group has moved', () => {
    const rules = create(2);
    rules.joined(rulesOf(3));
    own = 3;
    expect(rules.isBehind(own)).toBe(false);
    rules.joined(rulesOf(3));
    expect(rules.isBehind(own)).toBe(false);
    rules.joined(rulesOf(4));
    expect(rules.isBehind(own)).toBe(true);
  });

  it('is behind as soon as it has rolled back beside others that have not, and for a while after they have', () => {
    const rules = create(3);
    rules.joined(rulesOf(3));
    expect(rules.isBehind(own)).toBe(false);
    own = 2;
    expect(rules.isBehind(own)).toBe(true);
    rules.joined(rulesOf(3));
    expect(rules.isBehind(own)).toBe(true);
    rules.joined(rulesOf(2));
    now += 9;
    expect(rules.isBehind(own)).toBe(true);
    now += 1;
    expect(rules.isBehind(own)).toBe(false);
  });

  it('is behind rules that are older than those that have left, for as long as they are there', () => {
    const rules = create(1);
    for (const version of [3, 2]) rules.joined(rulesOf(version));
    now += 1000;
    rules.joined(rulesOf(2));
    expect(rules.isBehind(own)).toBe(true);
    rules.joined(rulesOf(1));
    now += 10;
    expect(rules.isBehind(own)).toBe(false);
  });
});

describe('a partition', () => {
  it('may wait for so long, and once in a roll-out, however often the newer rules come back in it', () => {
    const rules = create(2);
    rules.joined(rulesOf(3));
    expect(rules.waitedMs(SALES.name)).toBe(0);
    expect(rules.mayWait(SALES.name)).toBe(true);
    now += 599;
    expect([rules.mayWait(SALES.name), rules.waitedMs(SALES.name)]).toEqual([true, 599]);
    rules.joined(rulesOf(2));
    rules.joined(rulesOf(3));
    now += 1;
    expect([rules.mayWait(SALES.name), rules.mayWait(TASKS.name)]).toEqual([false, true]);
  });

  it('may wait again in the next roll-out, and when it comes back from another worker', () => {
    const rules = create(2);
    rules.joined(rulesOf(3));
    rules.mayWait(SALES.name);
    rules.mayWait(TASKS.name);
    now += 600;
    rules.forget([TASKS]);
    expect([rules.mayWait(SALES.name), rules.mayWait(TASKS.name)]).toEqual([false, true]);
    rules.joined(rulesOf(2));
    now += 10;
    rules.joined(rulesOf(4));
    expect(rules.mayWait(SALES.name)).toBe(true);
  });
});
