import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RulesIdentity } from '../../../../../common/rules-identity.js';
import { FencedError, OutageError } from '../../../../../common/errors.js';
import { decodeUserData, encodeUserData } from '../../../../../topology/kafka/group/assigner.js';
import {
  decodeAssignment,
  encodeAssignment,
  type Assignment,
  type PartitionCounts,
} from '../../../../../topology/kafka/group/assignment.js';
import { MemberMetadata } from '../../../../../topology/kafka/protocol/internals.js';
import { Leaders } from '../../../../../topology/kafka/cluster/leaders.js';
import { Membership, type MembershipListener } from '../../../../../topology/kafka/group/membership.js';
import { NO_PLACEMENT, type Placement } from '../../../../../topology/kafka/group/placement.js';
import { ErrorCode } from '../../../../../topology/kafka/protocol/error-codes.js';
import type { Api } from '../../../../model/memory-broker/memory-cluster.js';
import { connectionLost, MemoryKafka } from '../memory-kafka.js';
import { GROUP, Other, SOURCES } from './other-member.js';

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000, interval: 5 });
const { ILLEGAL_GENERATION, NONE, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID } = ErrorCode;

const runningTasks = (tasks: readonly number[]): Placement => ({ ...NO_PLACEMENT, tasks });

describe('Membership', () => {
  let kafka: MemoryKafka;
  let membership: Membership;
  let heard: string[];
  let counts: PartitionCounts;
  let newestRules: RulesIdentity | undefined;
  let rules: RulesIdentity | undefined;
  let assigned: { tasks: readonly number[]; generation: number; memberId: string }[];
  let running: Promise<void>;
  let stale: string | undefined;
  let became: string[];
  let metadataIntervalMs: number;
  let heartbeatIntervalMs: number;

  const listener: MembershipListener = {
    claim: () => ({ tasks: [1, 2], stored: { 1: 40 } }),
    suspend: () => Promise.resolve(void heard.push('suspend')),
    resume: () => heard.push('resume'),
    pause: () => Promise.resolve(void heard.push('pause')),
    assigned: ({ tasks }, { partitions, newestRules: newest }, { generationId: generation, memberId }) => {
      heard.push('assigned');
      assigned.push({ tasks, generation, memberId });
      counts = partitions;
      newestRules = newest;
    },
    staleMember: () => stale,
    became: (memberId) => Promise.resolve(void became.push(memberId)),
    lost: () => heard.push('lost'),
    outage: (error) => {
      if (error) heard.push('outage');
    },
  };

  const start = (): void => {
    const cluster = kafka.cluster();
    const options = {
      groupId: GROUP,
      topics: SOURCES,
      sessionTimeoutMs: 1000,
      rebalanceTimeoutMs: 1000,
      heartbeatIntervalMs,
      metadataIntervalMs,
      placement: { standbyReplicas: 0, acceptableLag: 100 },
      maxTasks: 16,
      rules: rules && (() => rules!),
    };
    const leaders = new Leaders(cluster);
    membership = new Membership(cluster, leaders, options, listener, pino({ level: 'silent' }));
    running = leaders.track(SOURCES).then(() => membership.run());
    running.catch(() => undefined); // looked at by the test that expects it
  };
  const joined = async (): Promise<void> => {
    start();
    await until(() => expect(assigned).toHaveLength(1));
  };
  const coordinator = () => kafka.broker.group(GROUP).coordinator;
  const heartbeats = (): number => kafka.count('Heartbeat');
  /** What the member said of itself when it joined last. */
  const claimOf = (memberId: string) =>
    decodeUserData('m', MemberMetadata.decode(coordinator().metadataOf(memberId)!).userData);
  /** The next heartbeat is answered so. */
  const answerHeartbeat = (code: number): void => {
    let left = 1;
    kafka.broker.faults.refuse = (api) => (api === 'Heartbeat' && (left -= 1) >= 0 ? code : NONE);
  };
  const losing = (lost: Api, times = Infinity): void => {
    let left = times;
    kafka.meddle = ({ api }) => {
      if (api === lost && (left -= 1) >= 0) throw connectionLost('gone');
    };
  };

  /** A member that came first: it leads. */
  const leading = async (): Promise<Other> => {
    const leader = await Other.inGroup(kafka);
    await leader.join();
    await leader.sync();
    return leader;
  };
  /** Once our member has come, or comes again: what the leader assigns to it. */
  const assign = async (leader: Other, assignment: Assignment): Promise<void> => {
    const { generation } = coordinator();
    await until(() => expect(coordinator().heartbeat(leader.memberId, generation)).toBe(REBALANCE_IN_PROGRESS));
    await leader.join();
    await leader.sync('member-2', encodeAssignment(assignment));
  };

  beforeEach(() => {
    kafka = new MemoryKafka({ tasks: 3, crm: 5 });
    heard = [];
    assigned = [];
    stale = undefined;
    rules = undefined;
    became = [];
    metadataIntervalMs = 60_000;
    heartbeatIntervalMs = 5;
  });
  afterEach(() => {
    kafka.meddle = () => undefined;
    return membership.leave();
  });

  it('joins, says what it holds, and is given a task for each partition number', async () => {
    await joined();
    expect(assigned).toEqual([{ tasks: [0, 1, 2, 3, 4], generation: 1, memberId: 'member-1' }]);
    expect(claimOf('member-1')).toEqual({ memberId: 'm', generation: -1, tasks: [1, 2], stored: { 1: 40 } });
    await until(() => expect(heartbeats()).toBeGreaterThan(3));
    expect(heard).toEqual(['assigned']);
  });

  it('lets tasks finish their commit before it joins again, and claims the generation in which it held them', async () => {
    await joined();
    answerHeartbeat(REBALANCE_IN_PROGRESS);
    await until(() => expect(assigned).toHaveLength(2));
    expect(heard).toEqual(['assigned', 'suspend', 'assigned']);
    expect(assigned[1]).toMatchObject({ memberId: 'member-1', generation: 2 });
    expect(claimOf('member-1').generation).toBe(1);
  });

  it('lets tasks go on while another keeps the group waiting, and confirms nothing until it has gathered', async () => {
    const [slow, late] = [await Other.inGroup(kafka), await Other.inGroup(kafka)];
    await joined();
    await slow.join();
    await slow.sync();
    await until(() => expect(assigned).toHaveLength(2));
    heard = [];
    const gathered = late.join();
    await until(() => expect(heard).toEqual(['suspend', 'resume']));
    await expect(membership.confirm(2)).rejects.toBeInstanceOf(OutageError);
    await Promise.all([slow.join(), gathered]);
    await until(() => expect(heard).toEqual(['suspend', 'resume', 'pause', 'assigned']));
    await expect(membership.confirm(3)).resolves.toBeUndefined();
  });

  it('drops its tasks at once when its generation is over, and joins as the member that it was', async () => {
    await joined();
    answerHeartbeat(ILLEGAL_GENERATION);
    await until(() => expect(assigned).toHaveLength(2));
    expect(heard).toEqual(['assigned', 'lost', 'assigned']);
    expect(assigned[1]!.memberId).toBe('member-1');
  });

  it('drops its tasks at once when the group has forgotten it, and joins as a new member', async () => {
    await joined();
    coordinator().leave('member-1');
    await until(() => expect(assigned).toHaveLength(2));
    expect(heard).toEqual(['assigned', 'lost', 'assigned']);
    expect(assigned[1]!.memberId).toBe('member-2');
  });

  it('stays what it was through an outage that the group did not notice', async () => {
    await joined();
    losing('Heartbeat', 1);
    await until(() => expect(heard).toContain('outage'));
    const before = heartbeats();
    await until(() => expect(heartbeats()).toBeGreaterThan(before + 2));
    expect(assigned).toHaveLength(1);
    expect(heard).toEqual(['assigned', 'outage']);
  });

  it('joins again when it is told to', async () => {
    await joined();
    membership.rejoin();
    await until(() => expect(assigned).toHaveLength(2));
    expect(heard).toEqual(['assigned', 'suspend', 'assigned']);
  });

  it('joins again when a source grows, and then has the new tasks', async () => {
    metadataIntervalMs = 20;
    await joined();
    kafka.broker.topics.grow('tasks', 7);
    await until(() => expect(assigned.at(-1)!.tasks).toHaveLength(7));
  });

  it('takes the partitions as the leader counted them, and joins again when its own metadata is newer', async () => {
    metadataIntervalMs = 20;
    const older = new Map([
      ['tasks', 2],
      ['crm', 5],
    ]);
    const now = new Map([...older, ['tasks', 3]]);
    const leader = await leading();
    start();
    // The leader has not heard of the third partition yet; the next time it has.
    await assign(leader, { placement: runningTasks([0, 1]), layout: { maxTasks: 5, partitions: older } });
    await until(() => expect(assigned).toHaveLength(1));
    expect(counts).toEqual(older);
    await assign(leader, { placement: runningTasks([0, 1]), layout: { maxTasks: 5, partitions: now } });
    await until(() => expect(assigned).toHaveLength(2));
    expect(counts.get('tasks')).toBe(3);
  });

  it('takes a task of a partition that only the leader has heard of yet', async () => {
    const leader = await leading();
    start();
    const layout = { maxTasks: 7, partitions: new Map([['tasks', 7]]) };
    await assign(leader, { placement: runningTasks([6]), layout });
    await until(() => expect(assigned.at(-1)?.tasks).toEqual([6]));
    expect([...counts]).toEqual([
      ['tasks', 7],
      ['crm', 5],
    ]);
  });

  it('gives tasks to a version that reads one more source, and none to another application', async () => {
    const newer = await Other.inGroup(kafka, ['tasks', 'crm', 'sales']);
    const another = await Other.inGroup(kafka, ['tasks', 'orders']);
    await joined();
    await Promise.all([newer.join(), another.join()]);
    const [toNewer, toAnother] = (await Promise.all([newer.sync(), another.sync()])).map((bytes) =>
      decodeAssignment(bytes, GROUP),
    );
    await until(() => expect(assigned).toHaveLength(2));
    expect(assigned[1]!.tasks.length + toNewer!.placement.tasks.length).toBe(5);
    expect(toNewer!.refused).toBeUndefined();
    expect(toAnother).toMatchObject({
      placement: NO_PLACEMENT,
      refused: 'the workers that are there read crm, this one does not; it reads orders',
    });
  });

  it('says which rules it runs, and hears of newer ones when a member comes with them, and when it leaves', async () => {
    rules = { version: 2, digest: 'ours' };
    const newer = await Other.inGroup(kafka);
    newer.userData = encodeUserData({ generation: -1, tasks: [], stored: {}, rules: { version: 3, digest: 'theirs' } });
    await joined();
    expect([claimOf('member-1').rules, newestRules]).toEqual([rules, rules]);
    await newer.join();
    const { layout } = decodeAssignment(await newer.sync(), GROUP);
    await until(() => expect(assigned).toHaveLength(2));
    expect([layout.newestRules, newestRules]).toEqual(Array(2).fill({ version: 3, digest: 'theirs' }));
    coordinator().leave(newer.memberId);
    await until(() => expect(assigned).toHaveLength(3));
    expect(newestRules).toEqual(rules);
  });

  it('tells the group at once when it runs rules of another version, and of another digest alone when it joins next', async () => {
    rules = { version: 2, digest: 'ours' };
    await joined();
    rules = { version: 2, digest: 'another' };
    const seen = heartbeats();
    await until(() => expect(heartbeats()).toBeGreaterThan(seen + 3));
    expect(assigned).toHaveLength(1);
    membership.rejoin();
    await until(() => expect(assigned).toHaveLength(2));
    expect(claimOf('member-1').rules).toEqual({ version: 2, digest: 'another' });
    rules = { version: 3, digest: 'new' };
    await until(() => expect(assigned).toHaveLength(3));
    expect([claimOf('member-1').rules, newestRules]).toEqual([rules, rules]);
    expect(heard).toEqual(['assigned', 'suspend', 'assigned', 'suspend', 'assigned']);
  });

  it('ends when the leader says that it is of another application', async () => {
    const leader = await leading();
    start();
    const layout = { maxTasks: 0, partitions: new Map() };
    await assign(leader, { placement: NO_PLACEMENT, layout, refused: 'they read crm' });
    await expect(running).rejects.toThrow(
      'group g is used by two applications, give each an APP_ID of its own: they read crm',
    );
    expect(assigned).toEqual([]);
  });

  it.each<[string, number, object]>([
    [
      'in a group whose members are consumers of another kind',
      ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
      { message: expect.stringContaining('the consumer group g is used by two applications') as string },
    ],
    ['on an error that neither waiting nor rejoining cures', ErrorCode.INVALID_GROUP_ID, { type: 'INVALID_GROUP_ID' }],
  ])('ends %s', async (_, code, error) => {
    kafka.broker.faults.refuse = (api) => (api === 'JoinGroup' ? code : NONE);
    start();
    await expect(running).rejects.toMatchObject(error);
  });

  it('confirms a generation only while the group says that it is the present one', async () => {
    heartbeatIntervalMs = 60_000;
    await joined();
    await expect(membership.confirm(1)).resolves.toBeUndefined();
    await expect(membership.confirm(0)).rejects.toBeInstanceOf(FencedError);
    for (const code of [ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID]) {
      answerHeartbeat(code);
      await expect(membership.confirm(1), `error ${code}`).rejects.toBeInstanceOf(FencedError);
    }
  });

  it('says of no generation that it is over when nobody answers, or while the group moves', async () => {
    heartbeatIntervalMs = 60_000;
    await joined();
    answerHeartbeat(REBALANCE_IN_PROGRESS);
    await expect(membership.confirm(1)).rejects.toBeInstanceOf(OutageError);
    losing('Heartbeat');
    await expect(membership.confirm(1)).rejects.toBeInstanceOf(OutageError);
  });

  it('leaves, so that its tasks move at once, and sends no more heartbeats', async () => {
    await joined();
    await membership.leave();
    await running;
    const before = heartbeats();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(coordinator().metadataOf('member-1')).toBeUndefined();
    expect([heartbeats(), became]).toEqual([before, ['member-1', '']]);
  });

  it('can leave while it waits for an outage to end', async () => {
    await joined();
    losing('Heartbeat');
    await until(() => expect(heard).toContain('outage'));
    await membership.leave();
    await expect(running).resolves.toBeUndefined();
  });

  it('evicts the member that was killed here from the group before it joins', async () => {
    const killed = await leading();
    stale = killed.memberId;
    await joined();
    expect(coordinator().metadataOf(killed.memberId)).toBeUndefined();
    expect(became).toEqual(['member-2']);
  });

  it('joins all the same when the group has missed that member already', async () => {
    stale = 'the killed one';
    await joined();
    expect(kafka.count('LeaveGroup')).toBe(1);
    expect(heard).toEqual(['assigned']);
  });

  it('stops without an error when the group cannot be told', async () => {
    await joined();
    losing('LeaveGroup');
    await expect(membership.leave()).resolves.toBeUndefined();
    await expect(running).resolves.toBeUndefined();
  });
});
