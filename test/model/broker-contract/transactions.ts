/** What is visible of a transaction, and when it can be written to and ended. */
import { describe, expect, it } from 'vitest';
import { until } from '../../integration/harness/until.js';
import { answerTo } from '../broker-client.js';
import { opened, stableEnd, untilStable, visible, type Settings } from './setting.js';

export function transactions(setting: Settings): void {
  describe('a transaction', () => {
    it('is invisible while open, and visible as a whole when committed', async () => {
      const setup = await setting();
      const owner = await opened(setup, setup.ids[0], ['a', 'b']);
      expect(await visible(setup)).toEqual([]);
      expect(await stableEnd(setup)).toBe(0);
      await setup.client.end(owner, true);
      await untilStable(setup, 3); // the marker takes an offset too
      expect(await visible(setup)).toEqual(['a', 'b']);
    });

    it('is never visible when aborted', async () => {
      const setup = await setting();
      const owner = await opened(setup, setup.ids[0], ['a', 'b']);
      await setup.client.end(owner, false);
      await untilStable(setup, 3);
      expect(await visible(setup)).toEqual([]);
    });

    it('holds the last stable offset where it began, whatever others commit behind it', async () => {
      const setup = await setting();
      const slow = await opened(setup, setup.ids[0], ['slow']);
      const fast = await opened(setup, setup.ids[1], ['fast']);
      await setup.client.end(fast, true);
      const place = [{ topic: setup.topic, partition: 0 }];
      const offsets = setup.client.offsets(setup.group);
      await until('the marker is written', async () => (await offsets.highWatermarks(place, 5_000))[0]!.offset === 3);
      expect((await offsets.at('latest', place, 5_000))[0]!.offset).toBe(0);
      expect(await visible(setup)).toEqual([]);
      await setup.client.end(slow, true);
      await untilStable(setup, 4);
      expect(await visible(setup)).toEqual(['slow', 'fast']);
    });

    it('can be ended twice in the same way, and not in the other', async () => {
      const setup = await setting();
      const owner = await opened(setup, setup.ids[0], ['a']);
      await setup.client.end(owner, true);
      await untilStable(setup, 2);
      expect(await answerTo(setup.client.end(owner, true))).toBe('NONE');
      expect(await answerTo(setup.client.end(owner, false))).toBe('INVALID_TXN_STATE');
      expect(await visible(setup)).toEqual(['a']);
    });

    it('that was never begun cannot be ended', async () => {
      const setup = await setting();
      const owner = await setup.client.init(setup.ids[0]);
      expect(await answerTo(setup.client.end(owner, true))).toBe('INVALID_TXN_STATE');
    });

    it('to which nothing was written leaves a marker', async () => {
      const setup = await setting();
      const owner = await setup.client.init(setup.ids[0]);
      await setup.client.add(owner, setup.topic);
      await setup.client.end(owner, true);
      await untilStable(setup, 1);
      expect(await visible(setup)).toEqual([]);
    });

    it('takes no more records after its end', async () => {
      const setup = await setting();
      const owner = await opened(setup, setup.ids[0], ['a']);
      await setup.client.end(owner, true);
      await untilStable(setup, 2);
      expect(await setup.client.send(owner, setup.topic, { sequence: 1, texts: ['late'] })).toMatchObject({
        answer: 'INVALID_TXN_STATE',
      });
      expect(await visible(setup)).toEqual(['a']);
    });

    it('takes no records for a partition that was not added to it', async () => {
      const setup = await setting();
      const owner = await opened(setup, setup.ids[0], ['a']);
      const sent = await setup.client.send(owner, setup.topic, { partition: 1, sequence: 0, texts: ['b'] });
      expect(sent).toMatchObject({ answer: 'INVALID_TXN_STATE' });
      await setup.client.end(owner, false);
    });

    it('takes in all the partitions named, or none', async () => {
      const setup = await setting();
      const owner = await setup.client.init(setup.ids[0]);
      expect(await answerTo(setup.client.add(owner, setup.topic, [0, 7]))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
      expect(await answerTo(setup.client.end(owner, true))).toBe('INVALID_TXN_STATE');
    });
  });
}
