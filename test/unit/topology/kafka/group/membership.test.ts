import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FencedError, OutageError } from '../../../../../common/errors.js';
import { encodeUserData } from '../../../../../topology/kafka/group/assigner.js';
import { decodeAssignment } from '../../../../../topology/kafka/group/assignment.js';
import { NO_PLACEMENT, type Placement } from '../../../../../topology/kafka/group/placement.js';
import { ErrorCode } from '../../../../../topology/kafka/protocol/error-codes.js';
import { MemberRig, until } from './member-rig.js';
import { GROUP, Other } from './other-member.js';

const { ILLEGAL_GENERATION, NONE, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID } = ErrorCode;

const runningTasks = (tasks: readonly number[]): Placement => ({ ...NO_PLACEMENT, tasks });

describe('Membership', () => {
  let rig: MemberRig;
  beforeEach(() => {
    rig = new MemberRig();
  });
  afterEach(() => rig.end());

  it('joins, says what it holds, and is given a task for each partition number', async () => {
    await rig.joined();
    expect(rig.assigned).toEqual([{ tasks: [0, 1, 2, 3, 4], generation: 1, memberId: 'member-1' }]);
    expect(rig.claimOf('member-1')).toEqual({ memberId: 'm', generation: -1, tasks: [1, 2], stored: { 1: 40 } });
    await until(() => expect(rig.heartbeats()).toBeGreaterThan(3));
    expect(rig.heard).toEqual(['assigned']);
  });

  it('lets tasks finish their commit before it joins again, and claims the generation in which it held them', async () => {
    await rig.joined();
    rig.answerHeartbeat(REBALANCE_IN_PROGRESS);
    await until(() => expect(rig.assigned).toHaveLength(2));
    expect(rig.heard).toEqual(['assigned', 'suspend', 'assigned']);
    expect(rig.assigned[1]).toMatchObject({ memberId: 'member-1', generation: 2 });
    expect(rig.claimOf('member-1').generation).toBe(1);
  });

  it('lets tasks go on while another keeps the group waiting, and confirms nothing until it has gathered', async () => {
    const [slow, late] = [await Other.inGroup(rig.kafka), await Other.inGroup(rig.kafka)];
    await rig.joined();
    await slow.join();
    await slow.sync();
    await until(() => expect(rig.assigned).toHaveLength(2));
    rig.heard = [];
    const gathered = late.join();
    await until(() => expect(rig.heard).toEqual(['suspend', 'resume']));
    await expect(rig.membership.confirm(2)).rejects.toBeInstanceOf(OutageError);
    await Promise.all([slow.join(), gathered]);
    await until(() => expect(rig.heard).toEqual(['suspend', 'resume', 'pause', 'assigned']));
    await expect(rig.membership.confirm(3)).resolves.toBeUndefined();
  });

  it('drops its tasks at once when its generation is over, and joins as the member that it was', async () => {
    await rig.joined();
    rig.answerHeartbeat(ILLEGAL_GENERATION);
    await until(() => expect(rig.assigned).toHaveLength(2));
    expect(rig.heard).toEqual(['assigned', 'lost', 'assigned']);
    expect(rig.assigned[1]!.memberId).toBe('member-1');
  });

  it('drops its tasks at once when the group has forgotten it, and joins as a new member', async () => {
    await rig.joined();
    rig.coordinator().leave('member-1');
    await until(() => expect(rig.assigned).toHaveLength(2));
    expect(rig.heard).toEqual(['assigned', 'lost', 'assigned']);
    expect(rig.assigned[1]!.memberId).toBe('member-2');
  });

  it('stays what it was through an outage that the group did not notice', async () => {
    await rig.joined();
    rig.losing('Heartbeat', 1);
    await until(() => expect(rig.heard).toContain('outage'));
    const before = rig.heartbeats();
    await until(() => expect(rig.heartbeats()).toBeGreaterThan(before + 2));
    expect(rig.assigned).toHaveLength(1);
    expect(rig.heard).toEqual(['assigned', 'outage']);
  });

  it('joins again when it is told to', async () => {
    await rig.joined();
    rig.membership.rejoin();
    await until(() => expect(rig.assigned).toHaveLength(2));
    expect(rig.heard).toEqual(['assigned', 'suspend', 'assigned']);
  });

  it('joins again when a source grows, and then has the new tasks', async () => {
    rig.metadataIntervalMs = 20;
    await rig.joined();
    rig.kafka.broker.topics.grow('tasks', 7);
    await until(() => expect(rig.assigned.at(-1)!.tasks).toHaveLength(7));
  });

  it('takes the partitions as the leader counted them, and joins again when its own metadata is newer', async () => {
    rig.metadataIntervalMs = 20;
    const older = new Map([
      ['tasks', 2],
      ['crm', 5],
    ]);
    const now = new Map([...older, ['tasks', 3]]);
    const leader = await rig.leading();
    rig.start();
    // The leader has not heard of the third partition yet; the next time it has.
    await rig.assign(leader, { placement: runningTasks([0, 1]), layout: { maxTasks: 5, partitions: older } });
    await until(() => expect(rig.assigned).toHaveLength(1));
    expect(rig.counts).toEqual(older);
    await rig.assign(leader, { placement: runningTasks([0, 1]), layout: { maxTasks: 5, partitions: now } });
    await until(() => expect(rig.assigned).toHaveLength(2));
    expect(rig.counts.get('tasks')).toBe(3);
  });

  it('takes a task of a partition that only the leader has heard of yet', async () => {
    const leader = await rig.leading();
    rig.start();
    const layout = { maxTasks: 7, partitions: new Map([['tasks', 7]]) };
    await rig.assign(leader, { placement: runningTasks([6]), layout });
    await until(() => expect(rig.assigned.at(-1)?.tasks).toEqual([6]));
    expect([...rig.counts]).toEqual([
      ['tasks', 7],
      ['crm', 5],
    ]);
  });

  it('gives tasks to a version that reads one more source, and none to another application', async () => {
    const newer = await Other.inGroup(rig.kafka, ['tasks', 'crm', 'sales']);
    const another = await Other.inGroup(rig.kafka, ['tasks', 'orders']);
    await rig.joined();
    await Promise.all([newer.join(), another.join()]);
    const [toNewer, toAnother] = (await Promise.all([newer.sync(), another.sync()])).map((bytes) =>
      decodeAssignment(bytes, GROUP),
    );
    await until(() => expect(rig.assigned).toHaveLength(2));
    expect(rig.assigned[1]!.tasks.length + toNewer!.placement.tasks.length).toBe(5);
    expect(toNewer!.refused).toBeUndefined();
    expect(toAnother).toMatchObject({
      placement: NO_PLACEMENT,
      refused: 'the workers that are there read crm, this one does not; it reads orders',
    });
  });

  it('says which rules it runs, and hears of newer ones when a member comes with them, and when it leaves', async () => {
    rig.rules = { version: 2, digest: 'ours' };
    const newer = await Other.inGroup(rig.kafka);
    newer.userData = encodeUserData({ generation: -1, tasks: [], stored: {}, rules: { version: 3, digest: 'theirs' } });
    await rig.joined();
    expect([rig.claimOf('member-1').rules, rig.newestRules]).toEqual([rig.rules, rig.rules]);
    await newer.join();
    const { layout } = decodeAssignment(await newer.sync(), GROUP);
    await until(() => expect(rig.assigned).toHaveLength(2));
    expect([layout.newestRules, rig.newestRules]).toEqual(Array(2).fill({ version: 3, digest: 'theirs' }));
    rig.coordinator().leave(newer.memberId);
    await until(() => expect(rig.assigned).toHaveLength(3));
    expect(rig.newestRules).toEqual(rig.rules);
  });

  it('tells the group at once when it runs rules of another version, and of another digest alone when it joins next', async () => {
    rig.rules = { version: 2, digest: 'ours' };
    await rig.joined();
    rig.rules = { version: 2, digest: 'another' };
    const seen = rig.heartbeats();
    await until(() => expect(rig.heartbeats()).toBeGreaterThan(seen + 3));
    expect(rig.assigned).toHaveLength(1);
    rig.membership.rejoin();
    await until(() => expect(rig.assigned).toHaveLength(2));
    expect(rig.claimOf('member-1').rules).toEqual({ version: 2, digest: 'another' });
    rig.rules = { version: 3, digest: 'new' };
    await until(() => expect(rig.assigned).toHaveLength(3));
    expect([rig.claimOf('member-1').rules, rig.newestRules]).toEqual([rig.rules, rig.rules]);
    expect(rig.heard).toEqual(['assigned', 'suspend', 'assigned', 'suspend', 'assigned']);
  });

  it('ends when the leader says that it is of another application', async () => {
    const leader = await rig.leading();
    rig.start();
    const layout = { maxTasks: 0, partitions: new Map() };
    await rig.assign(leader, { placement: NO_PLACEMENT, layout, refused: 'they read crm' });
    await expect(rig.running).rejects.toThrow(
      'group g is used by two applications, give each an APP_ID of its own: they read crm',
    );
    expect(rig.assigned).toEqual([]);
  });

  it.each<[string, number, object]>([
    [
      'in a group whose members are consumers of another kind',
      ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
      { message: expect.stringContaining('the consumer group g is used by two applications') as string },
    ],
    ['on an error that neither waiting nor rejoining cures', ErrorCode.INVALID_GROUP_ID, { type: 'INVALID_GROUP_ID' }],
  ])('ends %s', async (_, code, error) => {
    rig.kafka.broker.faults.refuse = (api) => (api === 'JoinGroup' ? code : NONE);
    rig.start();
    await expect(rig.running).rejects.toMatchObject(error);
  });

  it('confirms a generation only while the group says that it is the present one', async () => {
    rig.heartbeatIntervalMs = 60_000;
    await rig.joined();
    await expect(rig.membership.confirm(1)).resolves.toBeUndefined();
    await expect(rig.membership.confirm(0)).rejects.toBeInstanceOf(FencedError);
    for (const code of [ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID]) {
      rig.answerHeartbeat(code);
      await expect(rig.membership.confirm(1), `error ${code}`).rejects.toBeInstanceOf(FencedError);
    }
  });

  it('says of no generation that it is over when nobody answers, or while the group moves', async () => {
    rig.heartbeatIntervalMs = 60_000;
    await rig.joined();
    rig.answerHeartbeat(REBALANCE_IN_PROGRESS);
    await expect(rig.membership.confirm(1)).rejects.toBeInstanceOf(OutageError);
    rig.losing('Heartbeat');
    await expect(rig.membership.confirm(1)).rejects.toBeInstanceOf(OutageError);
  });

  it('leaves, so that its tasks move at once, and sends no more heartbeats', async () => {
    await rig.joined();
    await rig.membership.leave();
    await rig.running;
    const before = rig.heartbeats();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(rig.coordinator().metadataOf('member-1')).toBeUndefined();
    expect([rig.heartbeats(), rig.became]).toEqual([before, ['member-1', '']]);
  });

  it('can leave while it waits for an outage to end', async () => {
    await rig.joined();
    rig.losing('Heartbeat');
    await until(() => expect(rig.heard).toContain('outage'));
    await rig.membership.leave();
    await expect(rig.running).resolves.toBeUndefined();
  });

  it('evicts the member that was killed here from the group before it joins', async () => {
    const killed = await rig.leading();
    rig.stale = killed.memberId;
    await rig.joined();
    expect(rig.coordinator().metadataOf(killed.memberId)).toBeUndefined();
    expect(rig.became).toEqual(['member-2']);
  });

  it('joins all the same when the group has missed that member already', async () => {
    rig.stale = 'the killed one';
    await rig.joined();
    expect(rig.kafka.count('LeaveGroup')).toBe(1);
    expect(rig.heard).toEqual(['assigned']);
  });

  it('stops without an error when the group cannot be told', async () => {
    await rig.joined();
    rig.losing('LeaveGroup');
    await expect(rig.membership.leave()).resolves.toBeUndefined();
    await expect(rig.running).resolves.toBeUndefined();
  });
});
