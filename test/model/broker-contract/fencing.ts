/** What a new producer of the same transactional id does to the old one and its transaction. */
import { describe, expect, it } from 'vitest';
import type { GroupMember } from '../../../topology/kafka/index.js';
import { until } from '../../integration/harness/until.js';
import { answerTo } from '../broker-client.js';
import { opened, stableEnd, untilStable, visible, type Settings } from './setting.js';

export function fencing(setting: Settings): void {
  describe('a new producer of the same transactional id', () => {
    it('aborts the open transaction, and gets its place when the markers are written', async () => {
      const setup = await setting();
      const old = await opened(setup, setup.ids[0], ['a']);
      expect(await answerTo(setup.client.initOnce(setup.ids[0]))).toBe('CONCURRENT_TRANSACTIONS');
      const young = await setup.client.init(setup.ids[0]);
      expect(young.producerId).toBe(old.producerId);
      expect(young.producerEpoch).toBeGreaterThan(old.producerEpoch);
      await untilStable(setup, 2);
      expect(await visible(setup)).toEqual([]);
    });

    it('leaves a committed transaction as it is', async () => {
      const setup = await setting();
      const old = await opened(setup, setup.ids[0], ['a']);
      await setup.client.end(old, true);
      await setup.client.init(setup.ids[0]);
      // Its markers are written by now.
      expect(await stableEnd(setup)).toBe(2);
      expect(await visible(setup)).toEqual(['a']);
    });

    it('shuts out the old one at every step', async () => {
      const setup = await setting();
      const old = await opened(setup, setup.ids[0], ['a']);
      const young = await setup.client.init(setup.ids[0]);
      const member: GroupMember = { groupId: setup.group, generationId: -1, memberId: '' };
      const { client, topic } = setup;
      expect(await answerTo(client.add(old, topic))).toBe('INVALID_PRODUCER_EPOCH');
      expect(await client.send(old, topic, { sequence: 1, texts: ['late'] })).toMatchObject({
        answer: 'INVALID_PRODUCER_EPOCH',
      });
      expect(await answerTo(client.addOffsets(old, setup.group))).toBe('INVALID_PRODUCER_EPOCH');
      expect(await answerTo(client.sendOffsets(old, member, topic, 1))).toBe('INVALID_PRODUCER_EPOCH');
      expect(await answerTo(client.end(old, true))).toBe('INVALID_PRODUCER_EPOCH');
      await client.add(young, topic);
      expect(await client.send(young, topic, { sequence: 0, texts: ['b'] })).toMatchObject({ answer: 'NONE' });
      expect(await answerTo(client.end(old, true))).toBe('INVALID_PRODUCER_EPOCH');
      await client.end(young, true);
      await until('it is committed', async () => (await visible(setup)).join() === 'b');
    });

    it('is told when it is not known', async () => {
      const setup = await setting();
      const owner = await setup.client.init(setup.ids[0]);
      const stranger = { ...owner, producerId: owner.producerId + 1_000_000n };
      expect(await answerTo(setup.client.add(stranger, setup.topic))).toBe('INVALID_PRODUCER_ID_MAPPING');
      expect(await answerTo(setup.client.end(stranger, true))).toBe('INVALID_PRODUCER_ID_MAPPING');
    });

    it(
      'is not needed when the time of a transaction is up: the broker aborts it and shuts its owner out',
      { timeout: 60_000 },
      async () => {
        const setup = await setting();
        const owner = await opened(setup, setup.ids[0], ['a'], 1_000);
        await until(
          'the broker has aborted it',
          async () => (await stableEnd(setup)) === 2,
          1_000 + setup.broker.timeoutSlackMs,
        );
        expect(await visible(setup)).toEqual([]);
        expect(await answerTo(setup.client.end(owner, true))).toBe('INVALID_PRODUCER_EPOCH');
        expect(await answerTo(setup.client.add(owner, setup.topic))).toBe('INVALID_PRODUCER_EPOCH');
      },
    );
  });
}
