/** What is visible of a transaction, and when it can be written to and ended. */
import { describe, expect, it } from 'vitest';
import { until } from '../../integration/harness/until.js';
import { answerTo } from '../broker-client.js';
import { opened, stableEnd, untilStable, visible, type Settings } from './setting.js';

export function transactions(setting: Settings): void {
  describe('a transaction', () => {
    it('is invisible while open, and visible as a whole when committed', async () => {
      const of = await setting();
      const owner = await opened(of, of.ids[0], ['a', 'b']);
      expect(await visible(of)).toEqual([]);
      expect(await stableEnd(of)).toBe(0);
      await of.client.end(owner, true);
      await untilStable(of, 3); // the marker takes an offset too
      expect(await visible(of)).toEqual(['a', 'b']);
    });

    it('is never visible when aborted', async () => {
      const of = await setting();
      const owner = await opened(of, of.ids[0], ['a', 'b']);
      await of.client.end(owner, false);
      await untilStable(of, 3);
      expect(await visible(of)).toEqual([]);
    });

    it('holds the last stable offset where it began, whatever others commit behind it', async () => {
      const of = await setting();
      const slow = await opened(of, of.ids[0], ['slow']);
      const fast = await opened(of, of.ids[1], ['fast']);
      await of.client.end(fast, true);
      const place = [{ topic: of.topic, partition: 0 }];
      const offsets = of.client.offsets(of.group);
      await until('the marker is written', async () => (await offsets.highWatermarks(place, 5_000))[0]!.offset === 3);
      expect((await offsets.at('latest', place, 5_000))[0]!.offset).toBe(0);
      expect(await visible(of)).toEqual([]);
      await of.client.end(slow, true);
      await untilStable(of, 4);
      expect(await visible(of)).toEqual(['slow', 'fast']);
    });

    it('can be ended twice in the same way, and not in the other', async () => {
      const of = await setting();
      const owner = await opened(of, of.ids[0], ['a']);
      await of.client.end(owner, true);
      await untilStable(of, 2);
      expect(await answerTo(of.client.end(owner, true))).toBe('NONE');
      expect(await answerTo(of.client.end(owner, false))).toBe('INVALID_TXN_STATE');
      expect(await visible(of)).toEqual(['a']);
    });

    it('that was never begun cannot be ended', async () => {
      const of = await setting();
      const owner = await of.client.init(of.ids[0]);
      expect(await answerTo(of.client.end(owner, true))).toBe('INVALID_TXN_STATE');
    });

    it('to which nothing was written leaves a marker', async () => {
      const of = await setting();
      const owner = await of.client.init(of.ids[0]);
      await of.client.add(owner, of.topic);
      await of.client.end(owner, true);
      await untilStable(of, 1);
      expect(await visible(of)).toEqual([]);
    });

    it('takes no more records after its end', async () => {
      const of = await setting();
      const owner = await opened(of, of.ids[0], ['a']);
      await of.client.end(owner, true);
      await untilStable(of, 2);
      expect(await of.client.send(owner, of.topic, { sequence: 1, texts: ['late'] })).toMatchObject({
        answer: 'INVALID_TXN_STATE',
      });
      expect(await visible(of)).toEqual(['a']);
    });

    it('takes no records for a partition that was not added to it', async () => {
      const of = await setting();
      const owner = await opened(of, of.ids[0], ['a']);
      const sent = await of.client.send(owner, of.topic, { partition: 1, sequence: 0, texts: ['b'] });
      expect(sent).toMatchObject({ answer: 'INVALID_TXN_STATE' });
      await of.client.end(owner, false);
    });

    it('takes in all the partitions named, or none', async () => {
      const of = await setting();
      const owner = await of.client.init(of.ids[0]);
      expect(await answerTo(of.client.add(owner, of.topic, [0, 7]))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
      expect(await answerTo(of.client.end(owner, true))).toBe('INVALID_TXN_STATE');
    });
  });
}
