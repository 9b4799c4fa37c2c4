import { expect, it } from 'vitest';
import { money } from '../../../processors/money.js';

it.each([
  [12500, '$12,500'],
  [12500.5, '$12,500.50'],
  [0, '$0'],
  [-0, '$0'],
  [999, '$999'],
  [1234567.891, '$1,234,567.89'],
  [-1500, '-$1,500'],
  [-0.001, '$0.00'],
  [1e21, '$1,000,000,000,000,000,000,000'],
])('writes %d as %s', (value, text) => {
  expect(money(value, null, 'en')).toBe(text);
});
