/** A record whose outputs are staged in parts, with turns of the event loop in between. */
import { describe, expect, it } from 'vitest';
import { CommitUnknownError } from '../../../../common/errors.js';
import type { NotificationStores } from '../../../../processors/context.js';
import type { ExecutionContext, Processed } from '../../../../topology/graph/executor.js';
import type { SourceRecord } from '../../../../common/record.js';
import { digestOf } from '../../../digests.js';
import { emitText, forwarded } from './records.js';
import { CRM, failing, rig, sentAre, TASKS, type Rig } from './task-harness.js';

/** Emits its parts one a turn; `at` is called before each. */
function inParts(setup: Rig, parts: number, at: (part: number) => void = () => undefined): void {
  const process = setup.executor.process.bind(setup.executor);
  setup.executor.process = function (record: SourceRecord, context: ExecutionContext<NotificationStores>): Processed {
    const text = record.value!.toString();
    if (!text.startsWith('large')) return process(record, context);
    if (context.stores['dedup-window'].has(record, digestOf(text))) return { kind: 'dropped', reason: 'duplicate' };
    context.outputs.begin();
    const emit = (part: number): Processed => {
      at(part);
      emitText(context.outputs, `${text}.${part}`);
      if (part < parts) return { kind: 'unfinished', resume: () => emit(part + 1) };
      return forwarded(text);
    };
    return emit(1);
  };
}
const partsOf = (text: string, parts: number): string[] => Array.from({ length: parts }, (_, i) => `${text}.${i + 1}`);

describe('a record with many outputs', () => {
  it('gives the event loop its turn between parts, and goes out whole, in one commit', async () => {
    const setup = rig();
    let turns = 0;
    let isCounting = true;
    const count = (): void => {
      turns += 1;
      if (isCounting) setImmediate(count);
    };
    const seen: number[] = [];
    inParts(setup, 20, () => seen.push(turns));
    setup.append(TASKS, ['a', 'large', 'b']);
    setup.append(CRM, ['c']);
    count();
    setup.task.start();
    await sentAre(setup, ['a', 'b', 'c', ...partsOf('large', 20)]);
    isCounting = false;
    expect(new Set(seen).size).toBeGreaterThanOrEqual(20);
    const commits = setup.broker.committed.map(
      ({ records }) => records.filter(({ value }) => value?.toString().startsWith('large')).length,
    );
    expect(commits.filter((outputs) => outputs > 0)).toEqual([20]);
  });

  it('is staged alone: nothing of another source comes between its parts', async () => {
    const setup = rig();
    const order: string[] = [];
    setup.behaviour.set('other', () => (order.push('other'), forwarded('other')));
    inParts(setup, 10, (part) => {
      order.push(String(part));
      if (part === 5) setup.append(CRM, ['other']);
    });
    setup.append(TASKS, ['large']);
    setup.task.start();
    await sentAre(setup, ['other', ...partsOf('large', 10)]);
    expect(order.at(-1)).toBe('other');
  });

  it('is taken back whole when the group moves in between, and processed again by whoever goes on', async () => {
    const setup = rig();
    let isSuspended = false;
    inParts(setup, 10, (part) => {
      if (part !== 5 || isSuspended) return;
      isSuspended = true;
      void setup.task.suspend(1000).then(() => setup.task.keep({ groupId: 'app', generationId: 2, memberId: 'm' }));
    });
    setup.append(TASKS, ['a', 'large', 'b']);
    setup.task.start();
    await sentAre(setup, ['a', 'b', ...partsOf('large', 10)]);
    expect(isSuspended).toBe(true);
  });

  it('is dropped with its commit when the one before it fails, and comes out once', async () => {
    const setup = rig({ commitRecords: 1 });
    inParts(setup, 10);
    failing(setup, 'commit', 2, new CommitUnknownError('the answer was lost'));
    setup.append(TASKS, ['a', 'large', 'b']);
    setup.task.start();
    await sentAre(setup, ['a', 'b', ...partsOf('large', 10)]);
    expect(setup.fatal).not.toHaveBeenCalled();
  });
});

describe('a commit of which nobody knows what became, five times in a row at one position', () => {
  it('is halved until it gets through, and no record is dead-lettered for it', async () => {
    const setup = rig();
    const sizes: number[] = [];
    setup.broker.before = (step, records) => {
      const emails = records.filter(({ topic }) => topic === 'EMAIL_REQUEST_TOPIC').length;
      if (step !== 'send' || emails === 0) return;
      sizes.push(emails);
      if (emails > 3) throw new CommitUnknownError('the connection was cut');
    };
    const texts = Array.from({ length: 12 }, (_, i) => `e${i}`);
    setup.append(TASKS, texts);
    setup.task.start();
    await sentAre(setup, texts);
    expect(sizes.slice(0, 11)).toEqual([12, 12, 12, 12, 12, 6, 6, 6, 6, 6, 3]);
    expect(setup.deadLetters()).toEqual([]);
    expect(setup.fatal).not.toHaveBeenCalled();
  });
});
