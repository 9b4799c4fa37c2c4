import { expect, it } from 'vitest';
import { getOrMake } from '../../../common/get-or-make.js';

it('makes a value for who asks first, and gives it to who asks later', () => {
  const map = new Map<string, object>();
  const made = getOrMake(map, 'key', () => ({}));
  expect(getOrMake(map, 'key', () => ({}))).toBe(made);
  expect([...map]).toEqual([['key', made]]);
});
