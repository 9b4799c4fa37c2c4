import { expect, it } from 'vitest';
import { ageFlag, countFlag, idFlag, positionFlag, timeFlag, wordFlag } from '../../../bin/flags.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');

it('reads a time, and an age as so long before now', () => {
  expect(timeFlag('--since', '2h', NOW)).toBe(Date.parse('2026-03-01T10:00:00Z'));
  expect(timeFlag('--since', '2026-01-31T00:00:00Z', NOW)).toBe(Date.parse('2026-01-31T00:00:00Z'));
  expect(timeFlag('--since', '2026-01-31', NOW)).toBe(Date.parse('2026-01-31T00:00:00Z'));
  expect(ageFlag('--for', '10m')).toBe(600_000);
});

it('reads counts, ids, positions and words', () => {
  expect(countFlag('--limit', '7', 1, 10)).toBe(7);
  expect(idFlag('--user', '9223372036854775807')).toBe('9223372036854775807');
  expect(positionFlag('--at', '3:1207')).toEqual({ partition: 3, offset: 1207 });
  expect(wordFlag('--format', 'text', ['text', 'json'])).toBe('text');
});

it.each([
  [
    '--since is "yesterday": expected a time such as 2026-01-31T00:00:00Z, or an age such as 2h',
    () => timeFlag('--since', 'yesterday', NOW),
  ],
  ['--since is "2026-13-40": expected a time', () => timeFlag('--since', '2026-13-40', NOW)],
  ['--for is "10": expected a number and a unit (s, m, h, d), such as 10m', () => ageFlag('--for', '10')],
  ['--limit is "0": expected a whole number from 1 to 10', () => countFlag('--limit', '0', 1, 10)],
  ['--limit is "1e1": expected a whole number from 1 to 10', () => countFlag('--limit', '1e1', 1, 10)],
  [
    '--user is "9223372036854775808": expected a positive 64-bit integer',
    () => idFlag('--user', '9223372036854775808'),
  ],
  ['--at is "3": expected <partition>:<offset>, such as 3:1207', () => positionFlag('--at', '3')],
  ['--format is "yaml": expected text, json', () => wordFlag('--format', 'yaml', ['text', 'json'])],
])('says %s', (fault, read) => {
  expect(read).toThrow(fault);
});
