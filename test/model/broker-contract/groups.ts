/** Who may commit offsets, and when they are committed. */
import { describe, expect, it } from 'vitest';
import type { GroupMember } from '../../../topology/kafka/index.js';
import { until } from '../../integration/harness/until.js';
import { answerTo } from '../broker-client.js';
import { opened, type Settings, type Setting } from './setting.js';

const joined = ({ client, group, topic }: Setting, memberId?: string): Promise<GroupMember> =>
  client.join(group, topic, memberId);

export function groupOffsets(setting: Settings): void {
  describe('offsets in a transaction', () => {
    it('are committed with it, and unstable until then', async () => {
      const setup = await setting();
      const member = await joined(setup);
      const { client, topic, group } = setup;
      const owner = await client.init(setup.ids[0]);
      expect(await client.committedOnce(group, topic)).toBe(-1);
      await client.addOffsets(owner, group);
      await client.sendOffsets(owner, member, topic, 5);
      expect(await answerTo(client.committedOnce(group, topic))).toBe('UNSTABLE_OFFSET_COMMIT');
      await client.end(owner, true);
      await until('they are committed', async () => (await client.committedOnce(group, topic)) === 5);
    });

    it('are gone when it is aborted', async () => {
      const setup = await setting();
      const member = await joined(setup);
      const { client, topic, group } = setup;
      const owner = await client.init(setup.ids[0]);
      await client.addOffsets(owner, group);
      await client.sendOffsets(owner, member, topic, 5);
      await client.init(setup.ids[0]);
      await until('they are stable', async () => (await client.committedOnce(group, topic)) === -1);
    });

    it('are refused from a member of an earlier generation, and from a stranger', async () => {
      const setup = await setting();
      const before = await joined(setup);
      const member = await joined(setup, before.memberId);
      expect(member.generationId).toBe(before.generationId + 1);
      const { client, topic, group } = setup;
      const owner = await client.init(setup.ids[0]);
      await client.addOffsets(owner, group);
      expect(await answerTo(client.sendOffsets(owner, before, topic, 5))).toBe('ILLEGAL_GENERATION');
      expect(await answerTo(client.sendOffsets(owner, { ...member, memberId: 'nobody' }, topic, 5))).toBe(
        'UNKNOWN_MEMBER_ID',
      );
      expect(await answerTo(client.sendOffsets(owner, member, topic, 5))).toBe('NONE');
      await client.end(owner, false);
    });

    it('pass without generation and member, as from clients before KIP-447', async () => {
      const setup = await setting();
      await joined(setup);
      const { client, topic, group } = setup;
      const owner = await client.init(setup.ids[0]);
      await client.addOffsets(owner, group);
      const anybody = { groupId: group, generationId: -1, memberId: '' };
      expect(await answerTo(client.sendOffsets(owner, anybody, topic, 5))).toBe('NONE');
      await client.end(owner, false);
    });

    it('are refused when the group was not added to the transaction', async () => {
      const setup = await setting();
      const member = await joined(setup);
      const owner = await opened(setup, setup.ids[0], ['a']);
      expect(await answerTo(setup.client.sendOffsets(owner, member, setup.topic, 5))).toBe('INVALID_TXN_STATE');
      await setup.client.end(owner, false);
    });
  });
}

export function groups(setting: Settings): void {
  describe('a group', () => {
    it('takes heartbeats of its present generation only', async () => {
      const setup = await setting();
      const before = await joined(setup);
      const { groupId, memberId, generationId } = await joined(setup, before.memberId);
      const coordinator = await setup.client.coordinator(groupId);
      const heartbeat = (id: string, generation: number): Promise<string> =>
        answerTo(coordinator.heartbeat({ groupId, memberId: id, groupGenerationId: generation }));
      expect(await heartbeat(memberId, generationId)).toBe('NONE');
      expect(await heartbeat(memberId, before.generationId)).toBe('ILLEGAL_GENERATION');
      expect(await heartbeat('nobody', generationId)).toBe('UNKNOWN_MEMBER_ID');
    });

    it('moves when another one joins: the first hears of it at its heartbeat', async () => {
      const setup = await setting();
      const first = await joined(setup);
      // A broker answers the requests of one connection in turn.
      const second = setup.other.join(setup.group, setup.topic);
      const coordinator = await setup.client.coordinator(setup.group);
      await until('the group moves', async () => {
        const heartbeat = coordinator.heartbeat({ ...first, groupGenerationId: first.generationId });
        return (await answerTo(heartbeat)) === 'REBALANCE_IN_PROGRESS';
      });
      await coordinator.leaveGroup(first);
      expect((await second).generationId).toBe(first.generationId + 1);
      expect(await answerTo(coordinator.leaveGroup(first))).toBe('UNKNOWN_MEMBER_ID');
    });
  });
}
