/** What version 2 of transactions (KIP-890) promises: nothing is added beforehand, and each end is an epoch more. */
import { describe, expect, it } from 'vitest';
import { VERSION_2 } from '../../../topology/kafka/protocol/transaction-protocol.js';
import { until } from '../../integration/harness/until.js';
import { answerTo } from '../broker-client.js';
import { opened, stableEnd, untilStable, visible, type Settings, type Setting } from './setting.js';

export function transactionsV2(setting: Settings): void {
  /** The setting of a client that speaks version 2. */
  const begin = async (): Promise<Setting> => {
    const setup = await setting();
    return { ...setup, client: setup.second };
  };
  const member = (setup: Setting) => ({ groupId: setup.group, generationId: -1, memberId: '' });

  describe('a transaction of version 2', () => {
    it('is what the cluster has', async () => {
      const setup = await begin();
      expect(await setup.client.transactionProtocol(setup.ids[0])).toBe(VERSION_2);
    });

    it('takes in what is written, and is visible as a whole when committed', async () => {
      const setup = await begin();
      const owner = await opened(setup, setup.ids[0], ['a', 'b']);
      expect(await stableEnd(setup)).toBe(0);
      await setup.client.sendOffsets(owner, member(setup), setup.topic, 5);
      expect(await answerTo(setup.client.committedOnce(setup.group, setup.topic))).toBe('UNSTABLE_OFFSET_COMMIT');
      await setup.client.end(owner, true);
      await untilStable(setup, 3);
      expect(await visible(setup)).toEqual(['a', 'b']);
      await until('they are committed', async () => (await setup.client.committedOnce(setup.group, setup.topic)) === 5);
    });

    it.each([true, false])(
      'is followed by one of the next epoch, with sequences of its own (commit: %s)',
      async (how) => {
        const setup = await begin();
        const owner = await opened(setup, setup.ids[0], ['a']);
        const next = await setup.client.end(owner, how);
        expect(next).toEqual({ ...owner, producerEpoch: owner.producerEpoch + 1 });
        expect(await setup.client.send(next, setup.topic, { sequence: 1, texts: ['gap'] })).toMatchObject({
          answer: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
        });
        expect(await setup.client.send(next, setup.topic, { sequence: 0, texts: ['b'] })).toMatchObject({
          answer: 'NONE',
        });
        const last = await setup.client.end(next, true);
        expect(last.producerEpoch).toBe(owner.producerEpoch + 2);
        await until('it is visible', async () => (await visible(setup)).join() === (how ? 'a,b' : 'b'));
      },
    );

    it('is ended once: asked again the answer is the same, asked the other way it is refused', async () => {
      const setup = await begin();
      const owner = await opened(setup, setup.ids[0], ['a']);
      const next = await setup.client.end(owner, true);
      expect(await setup.client.end(owner, true)).toEqual(next);
      await untilStable(setup, 2);
      expect(await setup.client.end(owner, true)).toEqual(next);
      expect(await answerTo(setup.client.end(owner, false))).toBe('INVALID_TXN_STATE');
      expect(await visible(setup)).toEqual(['a']);
    });

    it('shuts out whatever is late of the one before it', async () => {
      const setup = await begin();
      const { client, topic } = setup;
      const owner = await opened(setup, setup.ids[0], ['a']);
      const next = await client.end(owner, true);
      await untilStable(setup, 2);
      const shutOut = async (): Promise<void> => {
        expect(await client.send(owner, topic, { sequence: 1, texts: ['late'] })).toMatchObject({
          answer: 'INVALID_PRODUCER_EPOCH',
        });
        expect(await answerTo(client.sendOffsets(owner, member(setup), topic, 7))).toBe('INVALID_PRODUCER_EPOCH');
      };
      await shutOut();
      expect(await client.send(next, topic, { sequence: 0, texts: ['b'] })).toMatchObject({ answer: 'NONE' });
      await shutOut();
      expect(await answerTo(client.end(owner, false))).toBe('PRODUCER_FENCED');
      expect(await answerTo(client.end(owner, true))).toBe('PRODUCER_FENCED');
      await client.end(next, true);
      await untilStable(setup, 4);
      expect(await visible(setup)).toEqual(['a', 'b']);
      expect(await client.committedOnce(setup.group, topic)).toBe(-1);
    });

    it('that nothing has joined can be aborted, and not committed', async () => {
      const setup = await begin();
      const owner = await setup.client.init(setup.ids[0]);
      expect(await answerTo(setup.client.end(owner, true))).toBe('INVALID_TXN_STATE');
      const next = await setup.client.end(owner, false);
      expect(next.producerEpoch).toBe(owner.producerEpoch + 1);
      const { client, topic } = setup;
      expect(await client.send(next, topic, { sequence: 0, texts: ['a'] })).toMatchObject({ answer: 'NONE' });
      const last = await client.end(next, true);
      // While the markers of the one before are written, "later" is the answer.
      expect((await client.end(last, false)).producerEpoch).toBe(owner.producerEpoch + 3);
      await untilStable(setup, 2);
      expect(await visible(setup)).toEqual(['a']);
    });

    it('is open when what was written to it was refused', async () => {
      const setup = await begin();
      const { client, topic, group } = setup;
      const owner = await client.init(setup.ids[0]);
      const damaged = { sequence: 0, texts: ['damaged'], damaged: true };
      expect(await client.send(owner, topic, damaged)).toMatchObject({ answer: 'CORRUPT_MESSAGE' });
      const next = await client.end(owner, false);
      await untilStable(setup, 1); // a marker

      const current = await client.join(group, topic);
      const before = { ...current, generationId: current.generationId - 1 };
      expect(await answerTo(client.sendOffsets(next, before, topic, 5))).toBe('ILLEGAL_GENERATION');
      const last = await client.end(next, true);
      expect(last.producerEpoch).toBe(owner.producerEpoch + 2);
      expect(await client.committedOnce(group, topic)).toBe(-1);
    });

    it('is aborted by a new producer, which shuts out the old one at every step', async () => {
      const setup = await begin();
      const { client, topic } = setup;
      const old = await opened(setup, setup.ids[0], ['a']);
      const young = await client.init(setup.ids[0]);
      expect(young.producerEpoch).toBeGreaterThan(old.producerEpoch);
      expect(await client.send(old, topic, { sequence: 1, texts: ['late'] })).toMatchObject({
        answer: 'INVALID_PRODUCER_EPOCH',
      });
      expect(await answerTo(client.sendOffsets(old, member(setup), topic, 1))).toBe('INVALID_PRODUCER_EPOCH');
      expect(await answerTo(client.end(old, true))).toBe('PRODUCER_FENCED');
      expect(await client.send(young, topic, { sequence: 0, texts: ['b'] })).toMatchObject({ answer: 'NONE' });
      expect(await answerTo(client.end(old, true))).toBe('PRODUCER_FENCED');
      await client.end(young, true);
      await until('it is committed', async () => (await visible(setup)).join() === 'b');
    });

    it('may follow on one of version 1 and be followed by one, by another producer', async () => {
      const setup = await begin();
      const first = await setting();
      const { topic, ids } = setup;
      await setup.client.end(await opened(setup, ids[0], ['two']), true);
      const owner = await first.client.init(ids[0]);
      await first.client.connect([topic]);
      await first.client.add(owner, topic);
      expect(await first.client.send(owner, topic, { sequence: 0, texts: ['one'] })).toMatchObject({ answer: 'NONE' });
      await first.client.end(owner, true);
      await setup.client.end(await opened(setup, ids[0], ['two again']), true);
      await until('all are visible', async () => (await visible(setup)).join() === 'two,one,two again');
    });

    it('is aborted when its time is up, and its owner cannot commit it', { timeout: 60_000 }, async () => {
      const setup = await begin();
      const owner = await opened(setup, setup.ids[0], ['a'], 1_000);
      const slack = 1_000 + setup.broker.timeoutSlackMs;
      await until('the broker has aborted it', async () => (await stableEnd(setup)) === 2, slack);
      expect(await visible(setup)).toEqual([]);
      expect(['INVALID_TXN_STATE', 'PRODUCER_FENCED']).toContain(await answerTo(setup.client.end(owner, true)));
      expect(await setup.client.send(owner, setup.topic, { sequence: 1, texts: ['late'] })).toMatchObject({
        answer: 'INVALID_PRODUCER_EPOCH',
      });
    });
  });
}
