/** A topic that is recreated under a name is another topic: it has another id, and nothing of the one before it. */
import { describe, expect, it } from 'vitest';
import { until } from '../../integration/harness/until.js';
import { answerTo } from '../broker-client.js';
import { opened, stableEnd, untilStable, type Settings, type Setting } from './setting.js';

const UNKNOWN_TOPIC_ID = 100;

/** An aborted transaction, then a committed one: five offsets. */
async function filled(setup: Setting): Promise<void> {
  const { client, topic, ids } = setup;
  await opened(setup, ids[0], ['aborted']);
  await client.init(ids[0]);
  await client.end(await opened(setup, ids[1], ['a', 'b']), true);
  await untilStable(setup, 5);
  expect((await client.fetch(topic, 0)).aborted).toHaveLength(1);
}

/** The topic's id after it was recreated. */
async function recreated({ broker, client, topic }: Setting): Promise<string> {
  const before = await client.topicId(topic);
  await broker.recreateTopic(topic, 2);
  return until('the name has another id', async () => {
    const now = await client.topicId(topic);
    return now === before ? undefined : now;
  });
}

export function topicIds(setting: Settings): void {
  describe('a topic id', () => {
    it('is one for each topic, whoever asks and whenever', async () => {
      const [one, two] = [await setting(), await setting()];
      const id = await one.client.topicId(one.topic);
      expect(id).toMatch(/^[\w-]{22}$/);
      expect(await one.other.topicId(one.topic)).toBe(id);
      expect(await one.client.topicId(two.topic)).not.toBe(id);
      expect(await answerTo(one.client.topicId(`${one.topic}-missing`))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    });

    it('fetches what the name fetches', async () => {
      const setup = await setting();
      await filled(setup);
      const { client, topic } = setup;
      const id = await client.topicId(topic);
      for (const offset of [0, 3, 5, 6])
        expect(await client.fetch(topic, offset, id)).toEqual(await client.fetch(topic, offset));
    });

    it('is refused once its topic is no more, though another has its name', async () => {
      const setup = await setting();
      await filled(setup);
      const { client, topic } = setup;
      const before = await client.topicId(topic);
      const now = await recreated(setup);
      await until('the new topic can be read', async () => {
        await client.refresh();
        return (await client.fetch(topic, 0, now)).errorCode === 0;
      });
      expect(await client.fetch(topic, 0, before)).toMatchObject({ topic, partition: 0, errorCode: UNKNOWN_TOPIC_ID });
      expect(await stableEnd(setup)).toBe(0);
    });
  });

  describe('an offset', () => {
    const committed = async (setup: Setting): Promise<void> => {
      const { client, topic, group } = setup;
      const member = await client.join(group, topic);
      const owner = await client.init(setup.ids[0]);
      await client.addOffsets(owner, group);
      await client.sendOffsets(owner, member, topic, 5, 'of mine');
      await client.end(owner, true);
      await client.init(setup.ids[0]); // its markers are written
    };

    it('is told with what was committed beside it', async () => {
      const setup = await setting();
      expect(await setup.client.committedWithMetadata(setup.group, setup.topic)).toMatchObject({
        offset: -1,
        metadata: '',
      });
      await committed(setup);
      expect(await setup.client.committedWithMetadata(setup.group, setup.topic)).toMatchObject({
        offset: 5,
        metadata: 'of mine',
      });
    });

    it('is forgotten with its topic', async () => {
      const setup = await setting();
      await committed(setup);
      await recreated(setup);
      await until('it is forgotten', async () => (await setup.client.committedOnce(setup.group, setup.topic)) === -1);
    });
  });
}
