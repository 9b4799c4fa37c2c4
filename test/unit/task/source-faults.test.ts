import { expect, it } from 'vitest';
import type { Offsets } from '../../../topology/kafka/index.js';
import { whyOutOfRange } from '../../../topology/task/source-faults.js';

const of = (start: number, end: number): Offsets => {
  const at = (offset: number) => () => Promise.resolve([{ topic: 'tasks', partition: 0, offset }]);
  return { at: at(start), highWatermarks: at(end) } as unknown as Offsets;
};
const why = (position: number): Promise<string> =>
  whyOutOfRange({ topic: 'tasks', partition: 0 }, position, of(15, 40));

it('says how much was deleted before it was read', async () => {
  expect(await why(5)).toBe('it begins at 15: 10 offsets were deleted, or expired, before they were read');
});

it('says where the source ends when the offset lies beyond', async () => {
  expect(await why(90)).toContain('it ends at 40: the offset was set beyond the end');
});
