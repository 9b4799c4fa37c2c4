import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import {
  connectionsWithin,
  descriptorLimit,
  probersWithin,
  warnWhenLow,
} from '../../../../topology/worker/descriptors.js';

const WANTED = 20_000;
const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${soft.padEnd(20)} 1048576              files     \n`;

describe('the limit on open files', () => {
  it.each([
    ['1024', 1024],
    ['unlimited', Infinity],
  ])('is read as the system says it (%s)', (soft, limit) => {
    expect(descriptorLimit(limits(soft))).toBe(limit);
  });

  it('is unknown where nothing says it, and here it is not', () => {
    expect(descriptorLimit('')).toBe(Infinity);
    expect(descriptorLimit()).toBeGreaterThan(0);
  });

  it.each([
    [1_048_576, 20_000, 24_000],
    [Infinity, 20_000, 24_000],
    [24_512, 20_000, 24_000],
    [10_000, 7906, 9488],
    [1024, 426, 512],
    [256, 106, 128],
  ])('of %i leaves %i sockets among %i connections, and the rest to us', (limit, maxSockets, maxConnections) => {
    expect(connectionsWithin(limit, WANTED)).toEqual({ maxSockets, maxHttpConnections: maxConnections - maxSockets });
    // A quarter of a low limit, 256 of any other, are for brokers, registry and disk alone.
    if (limit < Infinity)
      expect(limit - maxConnections - probersWithin(limit)).toBeGreaterThanOrEqual(Math.min(256, limit / 4));
  });

  it.each([
    [24_511, WANTED, { limit: 24_511, wanted: 24_512, sockets: 19_999 }],
    [256, 0, { limit: 256, wanted: 512 }],
    [24_512, WANTED, undefined],
    [512, 0, undefined],
  ])('of %i is warned about, when it is too low for %i sockets', (limit, sockets, said) => {
    const lines: unknown[] = [];
    warnWhenLow(limit, sockets, pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) }));
    expect(lines).toEqual(said === undefined ? [] : [expect.objectContaining(said)]);
  });
});
