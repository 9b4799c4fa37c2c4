/** By what a broker knows a repeat from what comes next. */
import { describe, expect, it } from 'vitest';
import { until } from '../../integration/harness/until.js';
import { opened, untilStable, visible, type Settings } from './setting.js';

export function sequences(setting: Settings): void {
  describe('the sequence of a producer', () => {
    it('lets the repeat of a batch be acknowledged under its offset, and not be appended', async () => {
      const of = await setting();
      const owner = await opened(of, of.ids[0], ['a']);
      const batch = { sequence: 1, texts: ['b', 'c'] };
      expect(await of.client.send(owner, of.topic, batch)).toEqual({ answer: 'NONE', baseOffset: 1 });
      expect(await of.client.send(owner, of.topic, batch)).toEqual({ answer: 'NONE', baseOffset: 1 });
      await of.client.end(owner, true);
      await untilStable(of, 4);
      expect(await visible(of)).toEqual(['a', 'b', 'c']);
    });

    it('has no gap', async () => {
      const of = await setting();
      const owner = await opened(of, of.ids[0], ['a']);
      expect(await of.client.send(owner, of.topic, { sequence: 2, texts: ['c'] })).toMatchObject({
        answer: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
      });
      await of.client.end(owner, false);
    });

    it('goes on from one transaction to the next, and begins from the start with each epoch', async () => {
      const of = await setting();
      const owner = await opened(of, of.ids[0], ['a']);
      await of.client.end(owner, true);
      await of.client.add(owner, of.topic);
      expect(await of.client.send(owner, of.topic, { sequence: 1, texts: ['b'] })).toMatchObject({ answer: 'NONE' });
      await of.client.end(owner, true);
      const next = await of.client.init(of.ids[0]);
      await of.client.add(next, of.topic);
      expect(await of.client.send(next, of.topic, { sequence: 2, texts: ['c'] })).toMatchObject({
        answer: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
      });
      expect(await of.client.send(next, of.topic, { sequence: 0, texts: ['c'] })).toMatchObject({ answer: 'NONE' });
      await of.client.end(next, true);
      await until('all are visible', async () => (await visible(of)).join() === 'a,b,c');
    });
  });
}
