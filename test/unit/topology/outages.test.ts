import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Outages } from '../../../topology/outages.js';

function logged(): { outages: Outages; lines: string[] } {
  const lines: string[] = [];
  const log = pino(
    { level: 'info' },
    { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) },
  );
  return { outages: new Outages(log), lines };
}

describe('Outages', () => {
  it('logs one line when the first part begins to wait and one when the last goes on', () => {
    const { outages, lines } = logged();
    outages.report('fetch', new Error('refused'));
    outages.report('fetch', new Error('refused'));
    outages.report('group', new Error('no coordinator'));
    outages.report('fetch', undefined);
    expect(lines).toEqual(['waiting for the brokers']);
    outages.report('group', undefined);
    outages.report('group', undefined);
    expect(lines).toEqual(['waiting for the brokers', 'the brokers answer again']);
  });

  it('names who waits and the innermost error', () => {
    const { outages } = logged();
    expect(outages.reason).toBeUndefined();
    outages.report(
      'task 3',
      new Error('the commit failed', {
        cause: new Error('retries used up', { cause: new Error('connection refused') }),
      }),
    );
    expect(outages.reason).toBe('task 3 waits: connection refused');
  });
});
