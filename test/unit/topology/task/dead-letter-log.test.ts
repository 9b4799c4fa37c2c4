/** A topic full of what cannot be read must not fill the log: dead letters are logged by sample. */
import { expect, it, vi } from 'vitest';
import { CRM, rig, TASKS, until } from './task-harness.js';

const POISON = { kind: 'dead-lettered', cause: { reason: 'bad-magic', message: 'no Avro', attempts: 1 } } as const;

it('logs a flood of dead letters in a few lines, and every other kind of them beside it', async () => {
  const setup = rig();
  const warned = vi.spyOn(setup.parts.worker.log, 'warn');
  const flood = Array.from({ length: 3000 }, (_, at) => `poison${at}`);
  for (const text of flood) setup.behaviour.set(text, () => POISON);
  setup.behaviour.set('rare', () => ({ ...POISON, cause: { ...POISON.cause, reason: 'invalid-event' } }));
  setup.append(TASKS, [...flood, 'rare']);
  setup.append(CRM, ['rare']);
  setup.task.start();
  await until(() => expect(setup.deadLetters()).toHaveLength(flood.length + 2));
  await setup.task.closeClean(1000);
  const lines = warned.mock.calls.map(([fields]) => fields as Record<string, unknown>);
  expect(lines.length).toBeLessThan(30);
  expect(lines[0]).toEqual({ origin: `${TASKS}-0@0`, reason: 'bad-magic', cause: 'no Avro' });
  expect(lines.filter(({ reason }) => reason === 'invalid-event')).toHaveLength(2);
});
