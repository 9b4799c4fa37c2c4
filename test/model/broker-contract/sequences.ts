/** By what a broker knows a repeat from what comes next. */
import { describe, expect, it } from 'vitest';
import { until } from '../../integration/harness/until.js';
import { opened, untilStable, visible, type Settings } from './setting.js';

export function sequences(setting: Settings): void {
  describe('the sequence of a producer', () => {
    it('lets the repeat of a batch be acknowledged under its offset, and not be appended', async () => {
      const setup = await setting();
      const owner = await opened(setup, setup.ids[0], ['a']);
      const batch = { sequence: 1, texts: ['b', 'c'] };
      expect(await setup.client.send(owner, setup.topic, batch)).toEqual({ answer: 'NONE', baseOffset: 1 });
      expect(await setup.client.send(owner, setup.topic, batch)).toEqual({ answer: 'NONE', baseOffset: 1 });
      await setup.client.end(owner, true);
      await untilStable(setup, 4);
      expect(await visible(setup)).toEqual(['a', 'b', 'c']);
    });

    it('has no gap', async () => {
      const setup = await setting();
      const owner = await opened(setup, setup.ids[0], ['a']);
      expect(await setup.client.send(owner, setup.topic, { sequence: 2, texts: ['c'] })).toMatchObject({
        answer: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
      });
      await setup.client.end(owner, false);
    });

    it('goes on from one transaction to the next, and begins from the start with each epoch', async () => {
      const setup = await setting();
      const owner = await opened(setup, setup.ids[0], ['a']);
      await setup.client.end(owner, true);
      await setup.client.add(owner, setup.topic);
      expect(await setup.client.send(owner, setup.topic, { sequence: 1, texts: ['b'] })).toMatchObject({
        answer: 'NONE',
      });
      await setup.client.end(owner, true);
      const next = await setup.client.init(setup.ids[0]);
      await setup.client.add(next, setup.topic);
      expect(await setup.client.send(next, setup.topic, { sequence: 2, texts: ['c'] })).toMatchObject({
        answer: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
      });
      expect(await setup.client.send(next, setup.topic, { sequence: 0, texts: ['c'] })).toMatchObject({
        answer: 'NONE',
      });
      await setup.client.end(next, true);
      await until('all are visible', async () => (await visible(setup)).join() === 'a,b,c');
    });
  });
}
