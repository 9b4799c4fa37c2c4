import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Screen } from '../../../dev/demo/screen.js';
import { Ledger } from '../../../dev/simulators/ledger.js';

const ledger = new Ledger();
beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function screenOn(isTTY: boolean): { screen: Screen; written: string[] } {
  const written: string[] = [];
  return { screen: new Screen(ledger, { isTTY, columns: 80, write: (text) => written.push(text) }), written };
}

describe('the screen', () => {
  it('draws each table over the one before, and leaves none behind', () => {
    const { screen, written } = screenOn(true);
    screen.start();
    vi.advanceTimersByTime(600);
    const tables = written.filter((text) => text.includes('TASK_EVENT_TOPIC'));
    expect(tables).toHaveLength(2);
    const lines = tables[0]!.split('\n').length - 1;
    expect(tables[0]!.split('\n').every((line) => line.length < 80)).toBe(true);
    expect(tables[0]).toMatch(/IN +records +events +repeats +poison +skipped\n/);
    screen.stop();
    const erasures = written.filter((text) => text === `\x1b[${lines}A\x1b[0J`);
    expect(erasures).toHaveLength(2);
    expect(written.at(-1)).toBe(erasures[0]);
  });

  it('writes a plain line every five seconds where it is no terminal', () => {
    const { screen, written } = screenOn(false);
    screen.start();
    vi.advanceTimersByTime(10_500);
    screen.stop();
    expect(written).toHaveLength(2);
    expect(written[1]).toMatch(/^00:10 {2}0 records in \(0 repeats, .* out: 0 in-app, .*\n$/);
    expect(written.join('')).not.toContain('\x1b');
  });
});
