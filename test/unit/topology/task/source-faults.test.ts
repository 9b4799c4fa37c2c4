import { expect, it } from 'vitest';
import type { Offsets } from '../../../../topology/kafka/index.js';
import { outOfRangeError } from '../../../../topology/task/source-faults.js';

const offsets = (start: number, end: number): Offsets => {
  const at = (offset: number) => () => Promise.resolve([{ topic: 'tasks', partition: 0, offset }]);
  return { at: at(start), highWatermarks: at(end) } as unknown as Offsets;
};
const why = async (position: number): Promise<string> =>
  (await outOfRangeError({ topic: 'tasks', partition: 0 }, position, 'app', offsets(15, 40))).message;

it('says how much was deleted before it was read', async () => {
  expect(await why(5)).toContain('it begins at 15: 10 offsets were deleted, or expired, before they were read.');
});

it('says where the source ends when the offset lies beyond', async () => {
  expect(await why(90)).toContain('it ends at 40: the offset was set beyond the end');
});
