/** Which aborted records a reader is told of, and where kafkajs's own filter gives them out (docs/kafkajs.md). */
import { describe, expect, it } from 'vitest';
import { readCommitted } from '../../../topology/kafka/fetch/fetched-records.js';
import { withKafkajsFilter } from '../world/kafkajs-filter.js';
import { untilStable, type Settings, type Setting } from './setting.js';

export function abortedRecords(setting: Settings): void {
  describe('aborted records', () => {
    /** Two transactions that interleave, both aborted, the second one first; a committed record at the end. */
    const interleaved = async (key?: Buffer): Promise<Setting> => {
      const setup = await setting();
      const { client, topic, ids } = setup;
      const [one, two] = [await client.init(ids[0]), await client.init(ids[1])];
      await client.add(one, topic);
      await client.add(two, topic);
      const keyed = key ? { key } : {};
      await client.send(one, topic, { sequence: 0, texts: ['one 0'], ...keyed });
      await client.send(two, topic, { sequence: 0, texts: ['two 1'] });
      await client.send(one, topic, { sequence: 1, texts: ['one 2'] });
      await client.send(two, topic, { sequence: 1, texts: ['two 3'] });
      await client.end(two, false);
      await client.init(ids[1]); // its markers are written
      await client.end(one, false);
      await untilStable(setup, 6);
      return setup;
    };
    const read = async (
      setup: Setting,
      offset: number,
      filter: typeof readCommitted,
    ): Promise<(string | undefined)[]> => {
      const { data, aborted } = await setup.client.fetch(setup.topic, offset);
      return [...filter(data, offset, aborted).records].map(({ value }) => value?.toString());
    };
    const kafkajs = withKafkajsFilter(readCommitted);

    it('are named in the order in which their transactions were completed, not begun', async () => {
      const setup = await interleaved();
      const { aborted } = await setup.client.fetch(setup.topic, 0);
      expect(aborted.map(({ firstOffset }) => firstOffset)).toEqual([1, 0]);
      expect(await read(setup, 0, readCommitted)).toEqual([]);
      expect(await read(setup, 0, kafkajs)).toContain('one 0');
    });

    it('stay away from a reader that begins behind the first of each', async () => {
      const setup = await interleaved();
      expect(await read(setup, 2, readCommitted)).toEqual([]);
      expect(await read(setup, 2, kafkajs)).toContain('one 2');
    });

    it('stay away when the key of one looks like that of a marker', async () => {
      const setup = await setting();
      const owner = await setup.client.init(setup.ids[0]);
      await setup.client.add(owner, setup.topic);
      await setup.client.send(owner, setup.topic, {
        sequence: 0,
        texts: ['looks like a marker'],
        key: Buffer.alloc(4),
      });
      await setup.client.send(owner, setup.topic, { sequence: 1, texts: ['comes after it'] });
      await setup.client.end(owner, false);
      await untilStable(setup, 3);
      expect(await read(setup, 0, readCommitted)).toEqual([]);
      expect(await read(setup, 0, kafkajs)).toContain('comes after it');
    });
  });
}
