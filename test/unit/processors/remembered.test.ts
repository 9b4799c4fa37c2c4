import { expect, it } from 'vitest';
import { remembered } from '../../../processors/remembered.js';

it('makes a value once, and the newest few are kept', () => {
  const made: string[] = [];
  const lengthOf = remembered(2, (text) => {
    made.push(text);
    return text.length;
  });
  expect(['a', 'a', 'bb', 'a', 'ccc', 'bb', 'a'].map(lengthOf)).toEqual([1, 1, 2, 1, 3, 2, 1]);
  expect(made).toEqual(['a', 'bb', 'ccc', 'a']);
});
