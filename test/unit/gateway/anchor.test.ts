import { expect, it } from 'vitest';
import { Anchor } from '../../../gateway/anchor.js';

it('can be corked for as long as its connection holds, and says when it is cut', async () => {
  const anchor = await Anchor.open();
  let runs = 0;
  const cork = (): boolean => anchor.cork(() => (runs += 1));
  expect([cork(), cork(), runs]).toEqual([true, true, 2]);
  anchor.close();
  await expect.poll(cork).toBe(false);
  expect(runs).toBe(2);
});
