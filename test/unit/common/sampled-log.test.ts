import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FIRST_LINES, SampledLog, WINDOW_MS } from '../../../common/sampled-log.js';

const rig = () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'debug', base: null, timestamp: false },
    {
      write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    },
  );
  return { lines, sampled: new SampledLog(log) };
};
const flood = (sampled: SampledLog, lines: number, kind = { topic: 'T', reason: 'bad-magic' }): void => {
  for (let offset = 0; offset < lines; offset += 1) sampled.warn({ origin: `T-0@${offset}` }, 'dead', kind);
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a log by sample', () => {
  it('writes the first lines of a kind in full, and one line for the others when the window is over', () => {
    const { lines, sampled } = rig();
    flood(sampled, 30_000);
    expect(lines.map(({ origin }) => origin)).toEqual(Array.from({ length: FIRST_LINES }, (_, at) => `T-0@${at}`));
    vi.advanceTimersByTime(WINDOW_MS);
    expect(lines.slice(FIRST_LINES)).toEqual([
      {
        ...{ level: 40, topic: 'T', reason: 'bad-magic', like: 'dead' },
        ...{ more: 30_000 - FIRST_LINES, seconds: WINDOW_MS / 1000, msg: 'more like this' },
      },
    ]);
  });

  it('begins again with each window, so that a flood that lasts is a few lines a minute', () => {
    const { lines, sampled } = rig();
    for (let minute = 0; minute < 5; minute += 1) {
      flood(sampled, 1000);
      vi.advanceTimersByTime(WINDOW_MS);
    }
    expect(lines).toHaveLength(5 * (FIRST_LINES + 1));
    expect(lines.filter(({ more }) => more !== undefined).map(({ more }) => more)).toEqual(
      Array(5).fill(1000 - FIRST_LINES),
    );
  });

  it('keeps kinds apart: what floods does not hide what is rare', () => {
    const { lines, sampled } = rig();
    flood(sampled, 1000);
    flood(sampled, 1, { topic: 'T', reason: 'failed' });
    sampled.error({ origin: 'x' }, 'another');
    expect(lines.slice(FIRST_LINES)).toEqual([
      { level: 40, origin: 'T-0@0', msg: 'dead' },
      { level: 50, origin: 'x', msg: 'another' },
    ]);
  });

  it('says nothing more of what was written in full, however long it takes', () => {
    const { lines, sampled } = rig();
    flood(sampled, FIRST_LINES);
    vi.advanceTimersByTime(10 * WINDOW_MS);
    sampled.flush();
    expect(lines).toHaveLength(FIRST_LINES);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says at the end what it has held back until then, once', () => {
    const { lines, sampled } = rig();
    flood(sampled, FIRST_LINES + 3);
    vi.advanceTimersByTime(1500);
    sampled.flush();
    sampled.flush();
    expect(lines.slice(FIRST_LINES)).toMatchObject([{ more: 3, seconds: 2 }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts a window that is over before the next one begins, also when the timer is late', () => {
    const { lines, sampled } = rig();
    flood(sampled, FIRST_LINES + 1);
    const late = performance.now() + WINDOW_MS;
    vi.spyOn(performance, 'now').mockReturnValue(late);
    flood(sampled, 1);
    expect(lines.slice(FIRST_LINES)).toMatchObject([{ more: 1 }, { origin: 'T-0@0' }]);
    vi.advanceTimersByTime(WINDOW_MS);
    expect(lines).toHaveLength(FIRST_LINES + 2);
  });
});
