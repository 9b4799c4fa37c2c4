/** A record of a type that only newer rules in the group know: its source partition waits, and nothing is lost. */
import { describe, expect, it, vi } from 'vitest';
import type { SourceRecord } from '../../../../common/record.js';
import type { ExecutionContext, Executor, Processed } from '../../../../topology/graph/executor.js';
import { emitText, forwarded } from './records.js';
import { CRM, NEWER_RULES, OWN_RULES, rig, sentAre, TASKS, until, type Rig, type RigOptions } from './task-harness.js';

const CAUSE = { reason: 'unknown-type', message: 'none that this version knows', attempts: 1 } as const;
/** Longer than the wait between two looks. */
const AFTER_A_LOOK = { timeout: 3000, interval: 20 };

/** With newer rules in the group; these texts are of types that only they know. */
const behind = (unknown: readonly string[], options: RigOptions = {}): Rig => {
  const setup = rig(options);
  const { newerRules } = setup.parts.group;
  newerRules.joined(NEWER_RULES);
  const fate = (eventType: string): Processed =>
    newerRules.isBehind(1) ? { kind: 'waiting', eventType, cause: CAUSE } : { kind: 'dropped', reason: CAUSE.reason };
  for (const text of unknown) setup.behaviour.set(text, () => fate(text));
  return setup;
};
const committedTo = (setup: Rig): number | undefined => setup.broker.offsets.get(setup.names.physical(TASKS));
const streamTimes = (setup: Rig): unknown[] =>
  [TASKS, CRM].map((topic) => setup.task.state.checkpoint?.positions.get(`${topic}-0`)?.streamTime);
const waiting = (setup: Rig): string[] => [...setup.task.pipeline!.waiting.values()];

describe('a record of a type that only newer rules know', () => {
  it('holds back its own source partition and no other, and its offset is not committed past it', async () => {
    const setup = behind(['new']);
    const warned = vi.spyOn(setup.parts.worker.log, 'warn');
    setup.append(TASKS, ['before', 'new', 'behind']);
    setup.append(CRM, ['other']);
    setup.task.start();
    await sentAre(setup, ['before', 'other']);
    await until(() => expect(waiting(setup)).toEqual(['new']));
    setup.append(CRM, ['another']);
    await sentAre(setup, ['before', 'other', 'another']);
    expect(committedTo(setup)).toBe(1);
    expect(warned.mock.calls.map(([fields]) => fields)).toEqual([
      { partition: `${setup.names.physical(TASKS)}-0`, offset: 1 },
    ]);
    await setup.task.closeClean(1000);
  });

  it('does not move the stream time of its source before it is processed', async () => {
    const setup = behind(['new']);
    setup.append(TASKS, ['before'], 1000);
    setup.append(TASKS, ['new'], 5000);
    setup.task.start();
    await until(() => expect(waiting(setup)).toEqual(['new']));
    setup.append(CRM, ['other'], 2000);
    await sentAre(setup, ['before', 'other']);
    await setup.task.closeClean(1000);
    expect(streamTimes(setup)).toEqual([1000, 2000]);
  });

  it('is left to the next owner when the worker stops, which processes it if it knows the type', async () => {
    const setup = behind(['new']);
    setup.append(TASKS, ['before', 'new', 'behind']);
    setup.task.start();
    await sentAre(setup, ['before']);
    await until(() => expect(waiting(setup)).toEqual(['new']));
    await setup.task.closeClean(1000);
    expect(committedTo(setup)).toBe(1);
    setup.behaviour.set('new', () => forwarded('new'));
    const newer = setup.again();
    newer.start();
    await sentAre(setup, ['before', 'new', 'behind']);
    expect([setup.deadLetters(), setup.fatal.mock.calls]).toEqual([[], []]);
    await newer.closeClean(1000);
  });

  it('waits through a change of the group, and is skipped when the newer rules have left it', async () => {
    const setup = behind(['new']);
    setup.append(TASKS, ['new', 'behind']);
    setup.task.start();
    await until(() => expect(waiting(setup)).toEqual(['new']));
    await setup.task.suspend(1000);
    setup.task.keep({ ...setup.task.member, generationId: 2 });
    expect(waiting(setup)).toEqual(['new']);
    setup.parts.group.newerRules.joined(OWN_RULES);
    await vi.waitFor(() => expect(setup.sent()).toEqual(['behind']), AFTER_A_LOOK);
    expect(waiting(setup)).toEqual([]);
    expect(setup.deadLetters()).toEqual([]);
    await setup.task.closeClean(1000);
    expect(committedTo(setup)).toBe(2);
    expect(await setup.registry.metrics()).toContain(`dropped_total{topic="${TASKS}",reason="unknown-type"} 1`);
  });

  it('does not count as waiting for them any more when it waits for something else, and is warned of once', async () => {
    const setup = behind(['new']);
    const warned = vi.spyOn(setup.parts.worker.log, 'warn');
    setup.append(TASKS, ['new']);
    setup.task.start();
    await until(() => expect(waiting(setup)).toEqual(['new']));
    setup.behaviour.set('new', () => ({ kind: 'unresolved', schemaId: 7 }));
    await vi.waitFor(() => expect(setup.schemas).toHaveLength(1), AFTER_A_LOOK);
    expect(waiting(setup)).toEqual([]);
    setup.behaviour.set('new', () => ({ kind: 'waiting', eventType: 'new', cause: CAUSE }));
    setup.schemas[0]!.answer();
    await until(() => expect(waiting(setup)).toEqual(['new']));
    expect(warned).toHaveBeenCalledTimes(1);
    await setup.task.closeClean(1000);
  });

  it('is dead-lettered when it has waited long enough, and those after it at once', async () => {
    const many = Array.from({ length: 20 }, (_, i) => `new${i}`);
    const setup = behind(many, { waitMs: 300 });
    setup.append(TASKS, ['before', ...many, 'behind']);
    setup.task.start();
    const began = performance.now();
    await vi.waitFor(() => expect(setup.sent()).toEqual(['before', 'behind']), AFTER_A_LOOK);
    expect(performance.now() - began).toBeGreaterThan(300);
    expect(setup.deadLetters().sort()).toEqual(many.map((text) => `${text} unknown-type 1`).sort());
    expect(waiting(setup)).toEqual([]);
    await setup.task.closeClean(1000);
  });
});

describe('an event that comes while the rules are read again, in the midst of a commit', () => {
  it('is left by the rules that are superseded to those that know it, even where no partition may wait', async () => {
    let version = 1;
    const setup = rig({ ownRules: () => ({ version, digest: '' }), waitMs: 0 });
    const create = (own: number): Executor => ({
      process: (record: SourceRecord, { outputs, isBehind }: ExecutionContext) => {
        const text = record.value!.toString();
        outputs.begin();
        if (text === 'before') version = 2;
        if (text === 'new' && own === 1)
          return isBehind?.()
            ? { kind: 'waiting', eventType: text, cause: CAUSE }
            : { kind: 'dropped', reason: CAUSE.reason };
        emitText(outputs, `${text} by ${own}`);
        return forwarded(text);
      },
      deadLetter: setup.executor.deadLetter.bind(setup.executor),
    });
    Object.assign(setup.parts.job, { executor: () => ({ executor: create(version), rulesVersion: version }) });
    setup.append(TASKS, ['before', 'new', 'behind']);
    setup.task.start();
    await vi.waitFor(() => expect(setup.sent()).toEqual(['before by 1', 'new by 2', 'behind by 2']), AFTER_A_LOOK);
    expect(setup.deadLetters()).toEqual([]);
    await setup.task.closeClean(1000);
  });
});
