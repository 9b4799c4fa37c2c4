import { pino, type Logger } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveLogLevel } from '../../../../topology/worker/log-level.js';

const MINUTE = 60_000;
const lines: { msg: string; from?: string; to?: string }[] = [];
const logAt = (level: string): Logger =>
  pino({ level, base: null }, { write: (line) => lines.push(JSON.parse(line) as (typeof lines)[number]) });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  lines.length = 0;
});

describe('the log level of a running worker', () => {
  it('changes at once, and stays', () => {
    const log = logAt('info');
    const level = new LiveLogLevel(log);
    log.debug('before');
    expect(level.set('debug')).toEqual({ level: 'debug', configured: 'info' });
    log.debug('after');
    vi.advanceTimersByTime(1e9);
    log.debug('later');
    expect(lines.map(({ msg }) => msg)).toEqual(['the log level is changed by an operator', 'after', 'later']);
  });

  it('falls back to LOG_LEVEL when its time is over', () => {
    const log = logAt('warn');
    const level = new LiveLogLevel(log);
    const until = new Date(Date.now() + 10 * MINUTE).toISOString();
    expect(level.set('trace', 600)).toEqual({ level: 'trace', configured: 'warn', until });
    vi.advanceTimersByTime(10 * MINUTE - 1);
    expect(level.status.level).toBe('trace');
    vi.advanceTimersByTime(1);
    expect(level.status).toEqual({ level: 'warn', configured: 'warn' });
  });

  it('falls back to LOG_LEVEL and not to the one before, and only once', () => {
    const level = new LiveLogLevel(logAt('info'));
    level.set('debug', 60);
    level.set('trace', 600);
    vi.advanceTimersByTime(5 * MINUTE);
    expect(level.status.level).toBe('trace');
    vi.advanceTimersByTime(5 * MINUTE);
    expect(level.status.level).toBe('info');
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['info', 'debug'],
    ['debug', 'silent'],
    ['error', 'fatal'],
    ['silent', 'warn'],
  ] as const)('says in the log that it goes from %s to %s', (from, to) => {
    const level = new LiveLogLevel(logAt(from));
    level.set(to, 60);
    vi.advanceTimersByTime(MINUTE);
    expect(lines).toMatchObject([
      { from, to },
      { from: to, to: from, msg: 'the log level falls back to LOG_LEVEL' },
    ]);
  });
});
