import { afterEach, beforeEach, expect, it } from 'vitest';
import { PlaceSet, rangesOf } from '../../../../../topology/operations/dead-letters/place-set.js';
import type { LetterParts } from './letters.js';
import { ReplayScene, TASKS } from './replay-scene.js';

let scene: ReplayScene;
beforeEach(() => {
  scene = new ReplayScene();
});
afterEach(() => scene.close());

const letters = (count: number): LetterParts[] =>
  Array.from({ length: count }, (_, index) => ({ value: Buffer.from(`v${index}`) }));

it('a dry run says what would be sent and what would be left, sends and notes nothing, and ends no other run', async () => {
  await scene.letters(0, letters(3), [{ ...letters(1)[0], headers: [['dlq.replay-count', '3']] }]);
  await scene.run({ run: { selection: { limit: 1 } } });
  const sent = scene.replayed();
  const asked = scene.kafka.count('InitProducerId');
  const { tally, kind } = await scene.preview();
  expect(kind).toBe('done');
  expect(tally.sentCounts).toEqual([{ reason: 'invalid-event', topic: TASKS, count: 2 }]);
  expect([...tally.leftCounts]).toEqual([
    ['already-replayed', 1],
    ['max-replays', 1],
  ]);
  expect((await scene.preview({ selection: { limit: 1 } })).tally.sentCount).toBe(1);
  expect(scene.replayed()).toEqual(sent);
  expect(scene.kafka.count('InitProducerId')).toBe(asked);
});

it('places are kept as ranges, and are the same when they are read back', () => {
  const places = [9, 5, 6, 7, 12].map((offset) => ({ partition: 3, offset }));
  const ranges = rangesOf([...places, { partition: 0, offset: 1 }]);
  expect(ranges).toEqual({ 0: '1', 3: '5-7,9,12' });
  const set = new PlaceSet();
  set.addRanges(ranges);
  expect([set.size, places.every((place) => set.has(place)), set.has({ partition: 3, offset: 8 })]).toEqual([
    6,
    true,
    false,
  ]);
});
