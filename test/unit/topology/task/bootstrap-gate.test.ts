import { describe, expect, it } from 'vitest';
import type { BootstrapSource } from '../../../../topology/task/task-parts.js';
import { forwarded } from './records.js';
import { rig, sentAre, TASKS } from './task-harness.js';

/** Account events that have not been read: `learn` is told of them. */
class Unread implements BootstrapSource {
  readonly source = 'USER_EVENT_TOPIC';
  isCovered = true;
  settled = true;
  readonly asked: number[] = [];
  readonly #waiting = new Set<{ holds: () => boolean; go: () => void }>();

  caughtUp(): Promise<void> {
    return Promise.resolve();
  }

  covers(_: number, timestamp: number): boolean {
    this.asked.push(timestamp);
    return this.isCovered;
  }

  isSettled(): boolean {
    return this.settled;
  }

  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((go) => this.#waiting.add({ holds, go }));
  }

  learn(change: Partial<Pick<Unread, 'isCovered' | 'settled'>>): void {
    Object.assign(this, change);
    for (const waiting of this.#waiting) if (waiting.holds()) waiting.go();
  }

  get waiting(): number {
    return this.#waiting.size;
  }
}

describe('a record of another source than the accounts', () => {
  it('waits until what is older is read, and the account events go on meanwhile', async () => {
    const bootstrap = new Unread();
    const setup = rig({ topics: [TASKS, 'USER_EVENT_TOPIC'], bootstrap });
    setup.append(TASKS, ['first'], 5000);
    setup.task.start();
    await sentAre(setup, ['first']);
    bootstrap.isCovered = false;
    setup.append(TASKS, ['second'], 6000);
    setup.append('USER_EVENT_TOPIC', ['user'], 7000);
    await sentAre(setup, ['first', 'user']);
    expect(bootstrap.waiting).toBe(1);
    bootstrap.learn({ isCovered: true });
    await sentAre(setup, ['first', 'user', 'second']);
    expect([...new Set(bootstrap.asked)]).toEqual([5000, 6000]); // never of an account event
  });

  it('that names somebody unknown is processed again once nobody is on the way, with nothing left of the first time', async () => {
    const bootstrap = new Unread();
    const setup = rig({ bootstrap });
    setup.behaviour.set('unknown', () => (bootstrap.settled ? forwarded('unknown') : { kind: 'unsettled' }));
    setup.append(TASKS, ['first']);
    setup.task.start();
    await sentAre(setup, ['first']);
    bootstrap.settled = false;
    setup.append(TASKS, ['before', 'unknown', 'behind']);
    await sentAre(setup, ['first', 'before']);
    expect(bootstrap.waiting).toBe(1);
    bootstrap.learn({ settled: true });
    await sentAre(setup, ['first', 'before', 'unknown', 'behind']);
    expect(setup.deadLetters()).toEqual([]);
  });
});
