/** What a new producer of the same transactional id does to the old one and its transaction. */
import { describe, expect, it } from 'vitest';
import type { GroupMember } from '../../../topology/kafka/index.js';
import { until } from '../../integration/harness/until.js';
import { answerTo } from '../broker-client.js';
import { opened, stableEnd, untilStable, visible, type Settings } from './setting.js';

export function fencing(setting: Settings): void {
  describe('a new producer of the same transactional id', () => {
    it('aborts the open transaction, and gets its place when the markers are written', async () => {
      const of = await setting();
      const old = await opened(of, of.ids[0], ['a']);
      expect(await answerTo(of.client.initOnce(of.ids[0]))).toBe('CONCURRENT_TRANSACTIONS');
      const young = await of.client.init(of.ids[0]);
      expect(young.producerId).toBe(old.producerId);
      expect(young.producerEpoch).toBeGreaterThan(old.producerEpoch);
      await untilStable(of, 2);
      expect(await visible(of)).toEqual([]);
    });

    it('leaves a committed transaction as it is', async () => {
      const of = await setting();
      const old = await opened(of, of.ids[0], ['a']);
      await of.client.end(old, true);
      await of.client.init(of.ids[0]);
      // Its markers are written by now.
      expect(await stableEnd(of)).toBe(2);
      expect(await visible(of)).toEqual(['a']);
    });

    it('shuts out the old one at every step', async () => {
      const of = await setting();
      const old = await opened(of, of.ids[0], ['a']);
      const young = await of.client.init(of.ids[0]);
      const member: GroupMember = { groupId: of.group, generationId: -1, memberId: '' };
      const { client, topic } = of;
      expect(await answerTo(client.add(old, topic))).toBe('INVALID_PRODUCER_EPOCH');
      expect(await client.send(old, topic, { sequence: 1, texts: ['late'] })).toMatchObject({
        answer: 'INVALID_PRODUCER_EPOCH',
      });
      expect(await answerTo(client.addOffsets(old, of.group))).toBe('INVALID_PRODUCER_EPOCH');
      expect(await answerTo(client.sendOffsets(old, member, topic, 1))).toBe('INVALID_PRODUCER_EPOCH');
      expect(await answerTo(client.end(old, true))).toBe('INVALID_PRODUCER_EPOCH');
      await client.add(young, topic);
      expect(await client.send(young, topic, { sequence: 0, texts: ['b'] })).toMatchObject({ answer: 'NONE' });
      expect(await answerTo(client.end(old, true))).toBe('INVALID_PRODUCER_EPOCH');
      await client.end(young, true);
      await until('it is committed', async () => (await visible(of)).join() === 'b');
    });

    it('is told when it is not known', async () => {
      const of = await setting();
      const owner = await of.client.init(of.ids[0]);
      const stranger = { ...owner, producerId: owner.producerId + 1_000_000n };
      expect(await answerTo(of.client.add(stranger, of.topic))).toBe('INVALID_PRODUCER_ID_MAPPING');
      expect(await answerTo(of.client.end(stranger, true))).toBe('INVALID_PRODUCER_ID_MAPPING');
    });

    it(
      'is not needed when the time of a transaction is up: the broker aborts it and shuts its owner out',
      { timeout: 60_000 },
      async () => {
        const of = await setting();
        const owner = await opened(of, of.ids[0], ['a'], 1_000);
        await until(
          'the broker has aborted it',
          async () => (await stableEnd(of)) === 2,
          1_000 + of.broker.timeoutSlackMs,
        );
        expect(await visible(of)).toEqual([]);
        expect(await answerTo(of.client.end(owner, true))).toBe('INVALID_PRODUCER_EPOCH');
        expect(await answerTo(of.client.add(owner, of.topic))).toBe('INVALID_PRODUCER_EPOCH');
      },
    );
  });
}
