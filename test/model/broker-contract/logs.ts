/** What a log takes, and what it says of its ends. */
import { describe, expect, it } from 'vitest';
import { opened, untilStable, type Settings } from './setting.js';

export function logs(setting: Settings): void {
  describe('a log', () => {
    it('refuses a batch that is damaged or too large', async () => {
      const setup = await setting();
      const owner = await setup.client.init(setup.ids[0]);
      await setup.client.add(owner, setup.topic);
      const { client, topic } = setup;
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
      const setup = await setting();
      const owner = await opened(setup, setup.ids[0], ['a', 'b']);
      await setup.client.send(owner, setup.topic, { sequence: 2, texts: ['c'] });
      await setup.client.end(owner, true);
      await untilStable(setup, 4);
      expect((await setup.client.fetch(setup.topic, 9)).errorCode).toBe(1);
      await setup.broker.deleteRecords(setup.topic, 2);
      expect((await setup.client.fetch(setup.topic, 1)).errorCode).toBe(1);
      const [start] = await setup.client
        .offsets(setup.group)
        .at('earliest', [{ topic: setup.topic, partition: 0 }], 5_000);
      expect(start!.offset).toBe(2);
    });

    it('finds the first record of a time, or its end', async () => {
      const setup = await setting();
      const began = Date.now();
      const owner = await opened(setup, setup.ids[0], ['a']);
      await setup.client.end(owner, true);
      await untilStable(setup, 2);
      const place = [{ topic: setup.topic, partition: 0 }];
      const offsets = setup.client.offsets(setup.group);
      expect((await offsets.at(began, place, 5_000))[0]!.offset).toBe(0);
      expect((await offsets.at(began + 3_600_000, place, 5_000))[0]!.offset).toBe(2);
    });
  });
}
