/** What a log takes, and what it says of its ends. */
import { describe, expect, it } from 'vitest';
import { opened, untilStable, type Settings } from './setting.js';

export function logs(setting: Settings): void {
  describe('a log', () => {
    it('refuses a batch that is damaged or too large', async () => {
      const of = await setting();
      const owner = await of.client.init(of.ids[0]);
      await of.client.add(owner, of.topic);
      const { client, topic } = of;
      expect(await client.send(owner, topic, { sequence: 0, texts: ['damaged'], damaged: true })).toMatchObject({
        answer: 'CORRUPT_MESSAGE',
      });
      const huge = 'x'.repeat(1_100_000);
      expect(await client.send(owner, topic, { sequence: 0, texts: [huge] })).toMatchObject({
        answer: 'MESSAGE_TOO_LARGE',
      });
      await client.end(owner, false);
    });

    it('tells when an offset is past its end, or before what was deleted', async () => {
      const of = await setting();
      const owner = await opened(of, of.ids[0], ['a', 'b']);
      await of.client.send(owner, of.topic, { sequence: 2, texts: ['c'] });
      await of.client.end(owner, true);
      await untilStable(of, 4);
      expect((await of.client.fetch(of.topic, 9)).errorCode).toBe(1);
      await of.broker.deleteRecords(of.topic, 2);
      expect((await of.client.fetch(of.topic, 1)).errorCode).toBe(1);
      const [start] = await of.client.offsets(of.group).at('earliest', [{ topic: of.topic, partition: 0 }], 5_000);
      expect(start!.offset).toBe(2);
    });

    it('finds the first record of a time, or its end', async () => {
      const of = await setting();
      const began = Date.now();
      const owner = await opened(of, of.ids[0], ['a']);
      await of.client.end(owner, true);
      await untilStable(of, 2);
      const place = [{ topic: of.topic, partition: 0 }];
      const offsets = of.client.offsets(of.group);
      expect((await offsets.at(began, place, 5_000))[0]!.offset).toBe(0);
      expect((await offsets.at(began + 3_600_000, place, 5_000))[0]!.offset).toBe(2);
    });
  });
}
