import { pino } from 'pino';
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../../../common/errors.js';
import { createMetrics, type Metrics } from '../../../../common/metrics.js';
import type { EventRule, RuleSet, SourceRules } from '../../../../processors/rules/rule-set.js';
import { rulesIn } from '../../../../processors/rules/shipped.js';
import type { TemplateSource } from '../../../../processors/templates.js';
import type { Executor } from '../../../../topology/graph/executor.js';
import { decideReload, LiveRules, type CompiledRules } from '../../../../topology/worker/live-rules.js';

const SHIPPED = rulesIn(undefined);
const WELCOME: TemplateSource = { code: 'WELCOME', title: 'Welcome', message: 'Hello', email: null };
const executor = {} as Executor;
const compiled = (rules: RuleSet, templates: readonly TemplateSource[] = [WELCOME]): CompiledRules => ({
  ...{ rules, templates, executor, rulesVersion: rules.version },
});
const RUNNING = compiled(SHIPPED);

/** The shipped rules with the tasks' source changed, and so with another digest. */
const tasksAre = (change: (tasks: SourceRules) => Partial<SourceRules>, digest = 'another'): RuleSet => ({
  ...SHIPPED,
  digest,
  sources: SHIPPED.sources.map((source) => (source.name === 'tasks' ? { ...source, ...change(source) } : source)),
});
const assignedIs = (change: Partial<EventRule>, digest?: string): RuleSet =>
  tasksAre(
    ({ events }) => ({
      events: new Map([...events, ['TASK_ASSIGNED', { ...events.get('TASK_ASSIGNED')!, ...change }]]),
    }),
    digest,
  );
const failing = (error: Error) => (): never => {
  throw error;
};

describe('rules that are read again', () => {
  it.each<[string, () => CompiledRules, object]>([
    [
      'are faulty with every fault, of whichever file',
      failing(new ConfigError(['sources/tasks.yaml:12: no', 'texts/vi.yaml:3: no'])),
      { kind: 'faulty', faults: ['sources/tasks.yaml:12: no', 'texts/vi.yaml:3: no'] },
    ],
    [
      'are faulty when nobody foresaw why they cannot be read',
      failing(new TypeError('x')),
      { kind: 'faulty', faults: ['x'] },
    ],
    [
      'need a restart for another topic',
      () => compiled(tasksAre(() => ({ topic: 'OTHER_TOPIC' }))),
      { kind: 'restart', changes: ['tasks: OTHER_TOPIC is read, no longer TASK_EVENT_TOPIC'] },
    ],
    [
      'need a restart for another schema',
      () => compiled(tasksAre(({ record }) => ({ record: { ...record, fields: record.fields.slice(1) } }))),
      { kind: 'restart', changes: ['tasks: the schema TaskEvent is another'] },
    ],
    ['are unchanged', () => compiled({ ...SHIPPED }, [{ ...WELCOME }]), { kind: 'unchanged' }],
    [
      'are taken for a text',
      () => compiled(assignedIs({ message: 'For you' })),
      {
        kind: 'taken',
        changes: [`tasks: TASK_ASSIGNED message: "Task ''{taskTitle}'' assigned to you" -> "For you"`],
        lacksVersion: false,
      },
    ],
    ['are taken for a comment', () => compiled({ ...SHIPPED, digest: 'b' }), { kind: 'taken', changes: [] }],
    [
      'are taken for a template alone',
      () =>
        compiled(SHIPPED, [
          { ...WELCOME, title: 'Hi' },
          { ...WELCOME, code: 'BYE' },
        ]),
      { kind: 'taken', changes: ['the template WELCOME is another', 'the template BYE is new'] },
    ],
    [
      'are taken without a template that is gone',
      () => compiled(SHIPPED, []),
      { kind: 'taken', changes: ['the template WELCOME is gone'] },
    ],
    [
      'are taken for a channel, and should have another version',
      () => compiled(assignedIs({ channels: ['IN_APP'] })),
      { kind: 'taken', changes: ['tasks: TASK_ASSIGNED no longer goes to EMAIL'], lacksVersion: true },
    ],
    [
      'are taken for a channel with another version',
      () => compiled({ ...assignedIs({ channels: ['IN_APP'] }), version: 2 }),
      { kind: 'taken', lacksVersion: false },
    ],
  ])('%s', (_, load, expected) => {
    expect(decideReload(RUNNING, load)).toMatchObject(expected);
  });
});

describe('a worker that is asked to read its rules again', () => {
  let metrics: Metrics;
  let load: ReturnType<typeof vi.fn<() => CompiledRules>>;
  let logged: [level: string, fields: unknown, text: string | undefined][];
  let live: LiveRules;
  const reloads = async (): Promise<Record<string, number>> => {
    const { values } = await metrics.rules_reloads_total.get();
    return Object.fromEntries(values.map(({ labels, value }) => [String(labels['outcome']), value]));
  };
  const turn = (): Promise<void> => new Promise(setImmediate);

  beforeEach(() => {
    metrics = createMetrics(new Registry());
    logged = [];
    load = vi.fn(() => RUNNING);
    const log = pino({ level: 'silent' });
    for (const level of ['info', 'warn', 'error'] as const)
      vi.spyOn(log, level).mockImplementation(
        (fields: unknown, text?: string) => void logged.push([level, fields, text]),
      );
    live = new LiveRules({ first: RUNNING, load, metrics, log });
    logged = [];
  });

  it('runs the new ones when they are sound, logs what has changed, and shows which they are', async () => {
    const taken = compiled({ ...assignedIs({ message: 'For you' }), version: 2 });
    load.mockReturnValue(taken);
    live.reload();
    expect(live.running).toBe(RUNNING);
    await turn();
    expect(live.running).toBe(taken);
    const { version, digest } = taken.rules;
    expect(logged).toEqual([
      [
        'info',
        { version, digest, changes: [expect.stringContaining('version'), expect.stringContaining('For you')] },
        'runs these rules',
      ],
    ]);
    const { values } = await metrics.rules_info.get();
    expect(values).toEqual([{ labels: { version, digest }, value: 1 }]);
    expect(await reloads()).toEqual({ taken: 1, refused: 0, unchanged: 0 });
  });

  it('goes on with the old ones when they are faulty, or need a restart, and says so', async () => {
    load.mockImplementationOnce(failing(new ConfigError(['sources/tasks.yaml:12: no'])));
    load.mockReturnValueOnce(compiled(tasksAre(() => ({ topic: 'OTHER_TOPIC' }))));
    for (let times = 0; times < 3; times += 1) {
      live.reload();
      await turn();
    }
    expect(live.running).toBe(RUNNING);
    expect(logged.map(([level, , text]) => [level, text])).toEqual([
      ['error', expect.stringContaining('goes on with those that it has')],
      ['error', expect.stringContaining('restart the workers')],
      ['info', expect.stringContaining('nothing has changed')],
    ]);
    expect(logged[0]![1]).toMatchObject({ faults: ['sources/tasks.yaml:12: no'] });
    expect(await reloads()).toEqual({ taken: 0, refused: 2, unchanged: 1 });
  });

  it('warns when event types or channels have changed under the version that was', async () => {
    load.mockReturnValue(compiled(assignedIs({ channels: ['IN_APP'] })));
    live.reload();
    await turn();
    expect(logged.at(-1)).toEqual(['warn', { version: 1 }, expect.stringContaining('raise it in rules.yaml')]);
  });

  it('reads once for all who ask at the same time, and once more for who asks while it reads', async () => {
    const [first, second] = ['first', 'second'].map((message) => compiled(assignedIs({ message }, message)));
    load.mockImplementationOnce(() => {
      live.reload();
      live.reload();
      return first!;
    });
    load.mockReturnValue(second!);
    live.reload();
    live.reload();
    await turn();
    expect(live.running).toBe(first);
    await turn();
    await turn();
    expect(live.running).toBe(second);
    expect(load).toHaveBeenCalledTimes(2);
  });
});
