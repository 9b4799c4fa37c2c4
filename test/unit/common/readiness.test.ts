import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../common/metrics.js';
import { PARTS, PARTS_OF, Readiness } from '../../../common/readiness.js';
import { sayReason, type Reason } from '../../../common/reasons.js';

const create = (registry = new Registry()): Readiness => new Readiness(createMetrics(registry));

describe('Readiness', () => {
  it('has no reasons at first, and keeps the last one of each part', () => {
    const readiness = create();
    expect(readiness.reasons().size).toBe(0);
    readiness.set('group', { code: 'not-joined' });
    readiness.set('group', { code: 'rejoining' });
    readiness.set('directory', { code: 'not-read' });
    expect(Object.fromEntries(readiness.reasons())).toEqual({
      group: { code: 'rejoining' },
      directory: { code: 'not-read' },
    });
    readiness.set('group', undefined);
    expect([...readiness.reasons().keys()]).toEqual(['directory']);
  });

  it('asks its probes each time, for the role that is asked for', () => {
    const readiness = create();
    let reason: Reason | undefined = { code: 'no-broker' };
    readiness.probe('broker', (role) => (role === 'gateway' ? undefined : reason));
    expect(readiness.reasons().get('broker')).toEqual({ code: 'no-broker' });
    expect(readiness.reasons('stream').has('broker')).toBe(true);
    expect(readiness.reasons('gateway').has('broker')).toBe(false);
    reason = undefined;
    expect(readiness.reasons().has('broker')).toBe(false);
  });

  it('is of a role only as far as the role needs the part', () => {
    const readiness = create();
    for (const part of PARTS) readiness.set(part, { code: 'not-read' });
    expect([...readiness.reasons().keys()]).toEqual(PARTS);
    expect([...readiness.reasons('stream').keys()]).toEqual(PARTS_OF.stream);
    expect([...readiness.reasons('gateway').keys()]).toEqual(['worker', 'broker', 'gateway']);
  });

  it('has reasons not to have started until it was ready once, and none from then on', () => {
    const readiness = create();
    readiness.set('tasks', { code: 'task-waits' });
    expect([...readiness.reasonsToStart().keys()]).toEqual(['tasks']);
    readiness.set('tasks', undefined);
    expect(readiness.reasonsToStart().size).toBe(0);
    readiness.stop();
    expect(readiness.reasonsToStart().size).toBe(0);
  });

  it('has started when partitions wait on purpose, which may be so before anybody has asked', () => {
    const readiness = create();
    readiness.set('tasks', { code: 'newer-rules' });
    readiness.set('directory', { code: 'not-read' });
    expect(readiness.reasonsToStart().size).toBe(2);
    readiness.set('directory', undefined);
    expect(readiness.reasonsToStart().size).toBe(0);
    expect(readiness.reasons().size).toBe(1);
  });

  it('is never there again once the worker stops, for no role, whatever becomes of its parts', () => {
    const readiness = create();
    readiness.set('tasks', { code: 'no-task' });
    readiness.stop();
    readiness.set('tasks', undefined);
    for (const role of [undefined, 'stream', 'gateway'] as const)
      expect(Object.fromEntries(readiness.reasons(role))).toEqual({ worker: { code: 'stopping' } });
  });

  it('shows each part as a gauge of 0 or 1, whichever role was asked for last', async () => {
    const registry = new Registry();
    const readiness = create(registry);
    readiness.set('tasks', { code: 'no-task' });
    readiness.set('group', undefined);
    readiness.probe('broker', (role) => (role === 'gateway' ? undefined : { code: 'no-broker' }));
    readiness.reasons();
    readiness.reasons('gateway');
    const scrape = await registry.metrics();
    expect(scrape).toContain('notification_streams_ready{part="tasks"} 0');
    expect(scrape).toContain('notification_streams_ready{part="group"} 1');
    expect(scrape).toContain('notification_streams_ready{part="broker"} 0');
  });
});

it.each([
  [1, '1 event type'],
  [2, '2 event types'],
])('a reason says where events wait for newer rules, and of how many types, not which: %i', (types, said) => {
  expect(sayReason({ code: 'newer-rules', topic: 'p.SALES_EVENT_TOPIC-1', types })).toBe(
    `partitions wait for a worker with newer rules: p.SALES_EVENT_TOPIC-1 (${said})`,
  );
});
