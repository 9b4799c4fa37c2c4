import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FencedError, OutageError } from '../../../../../common/errors.js';
import { decodeUserData } from '../../../../../topology/kafka/group/assigner.js';
import {
  decodeAssignment,
  encodeAssignment,
  type PartitionCounts,
} from '../../../../../topology/kafka/group/assignment.js';
import { MemberMetadata, type Broker, type Cluster } from '../../../../../topology/kafka/protocol/internals.js';
import { Leaders } from '../../../../../topology/kafka/cluster/leaders.js';
import { Membership, type MembershipListener } from '../../../../../topology/kafka/group/membership.js';
import { NO_PLACEMENT, type Placement } from '../../../../../topology/kafka/group/placement.js';
import { BrokerError } from '../../../../../topology/kafka/protocol/protocol-errors.js';

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000, interval: 5 });
const ILLEGAL_GENERATION = 22;
const UNKNOWN_MEMBER_ID = 25;
const REBALANCE_IN_PROGRESS = 27;

const runningTasks = (tasks: readonly number[]): Placement => ({ ...NO_PLACEMENT, tasks });

/** A group of one member and its coordinator. */
class FakeGroup {
  readonly partitions = new Map([
    ['tasks', 3],
    ['crm', 5],
  ]);
  readonly joins: { memberId: string; userData: Buffer }[] = [];
  /** Other members, with what they read. */
  readonly others: { memberId: string; topics: string[] }[] = [];
  /** What the leader said to each member when it last placed the tasks. */
  readonly assignments = new Map<string, Buffer>();
  /** Says something else to our member than its own assignment; for a group that another leads. */
  leader: ((memberAssignment: Buffer) => Buffer) | undefined;
  generation = 0;
  heartbeats = 0;
  readonly left: string[] = [];
  leaveError: Error | undefined;
  /** What the next heartbeats are answered with. */
  readonly errors: Error[] = [];
  joinError: Error | undefined;
  /** Others have joined: until then a join waits. */
  gathered: Promise<void> = Promise.resolve();
  metadataRefreshed = 0;

  cluster(): Cluster {
    return {
      refreshMetadata: () => Promise.resolve((this.metadataRefreshed += 1)),
      addMultipleTargetTopics: () => Promise.resolve(),
      findTopicPartitionMetadata: (topic: string) =>
        Array.from({ length: this.partitions.get(topic) ?? 0 }, (_, partitionId) => ({ partitionId, leader: 0 })),
      findGroupCoordinator: () => Promise.resolve(this.#coordinator()),
    } as unknown as Cluster;
  }

  #coordinator(): Broker {
    const coordinator: Partial<Broker> = {
      joinGroup: ({ memberId, groupProtocols }) => {
        if (this.joinError) return Promise.reject(this.joinError);
        const memberMetadata = groupProtocols[0]!.metadata;
        this.joins.push({ memberId, userData: MemberMetadata.decode(memberMetadata).userData });
        this.generation += 1;
        const mine = memberId === '' ? `m${this.joins.length}` : memberId;
        return this.gathered.then(() => ({
          generationId: this.generation,
          leaderId: mine,
          memberId: mine,
          groupProtocol: '',
          members: [
            { memberId: mine, memberMetadata },
            ...this.others.map(({ memberId: other, topics }) => ({
              memberId: other,
              memberMetadata: MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
            })),
          ],
        }));
      },
      syncGroup: ({ groupAssignment }) => {
        for (const { memberId, memberAssignment } of groupAssignment) this.assignments.set(memberId, memberAssignment);
        const { memberAssignment } = groupAssignment[0]!;
        return Promise.resolve({ memberAssignment: this.leader?.(memberAssignment) ?? memberAssignment });
      },
      heartbeat: () => {
        this.heartbeats += 1;
        const error = this.errors.shift();
        return error ? Promise.reject(error) : Promise.resolve();
      },
      leaveGroup: ({ memberId }) =>
        this.leaveError ? Promise.reject(this.leaveError) : Promise.resolve(this.left.push(memberId)),
    };
    return coordinator as Broker;
  }
}

describe('Membership', () => {
  let group: FakeGroup;
  let membership: Membership;
  let heard: string[];
  let counts: PartitionCounts;
  let assigned: { tasks: readonly number[]; generation: number; memberId: string }[];
  let running: Promise<void>;
  let stale: string | undefined;
  let became: string[];
  let metadataIntervalMs = 60_000;
  let heartbeatIntervalMs = 5;

  const start = async (): Promise<void> => {
    const leaders = new Leaders(group.cluster());
    const listener: MembershipListener = {
      claim: () => ({ tasks: [1, 2], stored: { 1: 40 } }),
      suspend: () => Promise.resolve(void heard.push('suspend')),
      resume: () => heard.push('resume'),
      pause: () => Promise.resolve(void heard.push('pause')),
      assigned: ({ tasks }, { partitions }, { generationId: generation, memberId }) => {
        heard.push('assigned');
        assigned.push({ tasks, generation, memberId });
        counts = partitions;
      },
      staleMember: () => stale,
      became: (memberId) => Promise.resolve(void became.push(memberId)),
      lost: () => heard.push('lost'),
      outage: (error) => {
        if (error) heard.push('outage');
      },
    };
    const options = {
      groupId: 'g',
      topics: ['tasks', 'crm'],
      sessionTimeoutMs: 1000,
      rebalanceTimeoutMs: 1000,
      heartbeatIntervalMs,
      metadataIntervalMs,
      placement: { standbyReplicas: 0, acceptableLag: 100 },
      maxTasks: 16,
    };
    membership = new Membership(group.cluster(), leaders, options, listener, pino({ level: 'silent' }));
    running = membership.run();
    running.catch(() => undefined); // looked at by the test that expects it
    await until(() =>
      expect(assigned.length > 0 || group.joinError !== undefined || group.leader !== undefined).toBe(true),
    );
  };

  beforeEach(() => {
    group = new FakeGroup();
    heard = [];
    assigned = [];
    stale = undefined;
    became = [];
    metadataIntervalMs = 60_000;
    heartbeatIntervalMs = 5;
  });
  afterEach(() => membership.leave());

  it('joins, says what it holds, and is given a task for each partition number', async () => {
    await start();
    expect(assigned).toEqual([{ tasks: [0, 1, 2, 3, 4], generation: 1, memberId: 'm1' }]);
    expect(decodeUserData('m', group.joins[0]!.userData)).toEqual({
      memberId: 'm',
      generation: -1,
      tasks: [1, 2],
      stored: { 1: 40 },
    });
    await until(() => expect(group.heartbeats).toBeGreaterThan(3));
    expect(heard).toEqual(['assigned']);
  });

  it('lets tasks finish their commit before it joins again, and claims the generation in which it held them', async () => {
    await start();
    group.errors.push(new BrokerError(REBALANCE_IN_PROGRESS, 'Heartbeat'));
    await until(() => expect(assigned).toHaveLength(2));
    expect(heard).toEqual(['assigned', 'suspend', 'assigned']);
    expect(group.joins[1]!.memberId).toBe('m1');
    expect(decodeUserData('m', group.joins[1]!.userData).generation).toBe(1);
  });

  it('lets tasks go on while another keeps the group waiting, and confirms nothing until it has gathered', async () => {
    await start();
    let gather: () => void = () => undefined;
    group.gathered = new Promise((resolve) => (gather = resolve));
    group.errors.push(new BrokerError(REBALANCE_IN_PROGRESS, 'Heartbeat'));
    await until(() => expect(heard).toEqual(['assigned', 'suspend', 'resume']));
    await expect(membership.confirm(1)).rejects.toBeInstanceOf(OutageError);
    gather();
    await until(() => expect(heard).toEqual(['assigned', 'suspend', 'resume', 'pause', 'assigned']));
    await expect(membership.confirm(2)).resolves.toBeUndefined();
  });

  it.each<[string, number, string]>([
    ['as the member that it was, when only its generation is over', ILLEGAL_GENERATION, 'm1'],
    ['as a new member, when the group has forgotten it', UNKNOWN_MEMBER_ID, ''],
  ])('drops its tasks at once when the group gave them away, and joins %s', async (_, code, memberId) => {
    await start();
    group.errors.push(new BrokerError(code, 'Heartbeat'));
    await until(() => expect(assigned).toHaveLength(2));
    expect(heard).toEqual(['assigned', 'lost', 'assigned']);
    expect(group.joins[1]!.memberId).toBe(memberId);
  });

  it('stays what it was through an outage that the group did not notice', async () => {
    await start();
    group.errors.push(Object.assign(new Error('gone'), { name: 'KafkaJSConnectionError' }));
    await until(() => expect(heard).toContain('outage'));
    const before = group.heartbeats;
    await until(() => expect(group.heartbeats).toBeGreaterThan(before + 2));
    expect(assigned).toHaveLength(1);
    expect(heard).toEqual(['assigned', 'outage']);
  });

  it('joins again when it is told to', async () => {
    await start();
    membership.rejoin();
    await until(() => expect(assigned).toHaveLength(2));
    expect(heard).toEqual(['assigned', 'suspend', 'assigned']);
  });

  it('joins again when a source grows, and then has the new tasks', async () => {
    metadataIntervalMs = 20;
    await start();
    group.partitions.set('tasks', 7);
    await until(() => expect(assigned.at(-1)!.tasks).toHaveLength(7));
  });

  it('takes the partitions as the leader counted them, and joins again when its own metadata is newer', async () => {
    metadataIntervalMs = 20;
    const older = new Map([
      ['tasks', 2],
      ['crm', 5],
    ]);
    let times = 0;
    // The leader has not heard of the third partition yet; the next time it has.
    group.leader = (assignment) =>
      (times += 1) === 1
        ? encodeAssignment({ placement: runningTasks([0, 1]), layout: { maxTasks: 5, partitions: older } })
        : assignment;
    await start();
    await until(() => expect(assigned).toHaveLength(1));
    expect(counts).toEqual(older);
    await until(() => expect(assigned.length).toBeGreaterThan(1));
    expect(counts.get('tasks')).toBe(3);
    expect(times).toBe(2);
  });

  it('takes a task of a partition that only the leader has heard of yet', async () => {
    group.leader = () =>
      encodeAssignment({ placement: runningTasks([6]), layout: { maxTasks: 7, partitions: new Map([['tasks', 7]]) } });
    await start();
    await until(() => expect(assigned.at(-1)?.tasks).toEqual([6]));
    expect([...counts]).toEqual([
      ['tasks', 7],
      ['crm', 5],
    ]);
  });

  it('gives tasks to a version that reads one more source, and none to another application', async () => {
    group.others.push(
      { memberId: 'newer', topics: ['tasks', 'crm', 'sales'] },
      { memberId: 'another', topics: ['tasks', 'orders'] },
    );
    await start();
    const saidTo = (memberId: string) => decodeAssignment(group.assignments.get(memberId)!, 'g');
    expect(saidTo('m1').placement.tasks.length + saidTo('newer').placement.tasks.length).toBe(5);
    expect(saidTo('newer').refused).toBeUndefined();
    expect(saidTo('another')).toMatchObject({
      placement: NO_PLACEMENT,
      refused: 'the workers that are there read crm, this one does not; it reads orders',
    });
  });

  it('ends when the leader says that it is of another application', async () => {
    group.leader = () =>
      encodeAssignment({
        placement: NO_PLACEMENT,
        layout: { maxTasks: 0, partitions: new Map() },
        refused: 'they read crm',
      });
    await start();
    await expect(running).rejects.toThrow(
      'group g is used by two applications, give each an APP_ID of its own: they read crm',
    );
    expect(assigned).toEqual([]);
  });

  it('ends in a group whose members are consumers of another kind', async () => {
    group.joinError = new BrokerError(23, 'JoinGroup');
    await start();
    await expect(running).rejects.toThrow('the consumer group g is used by two applications');
  });

  it('ends on an error that neither waiting nor rejoining cures', async () => {
    group.joinError = new BrokerError(24, 'JoinGroup');
    await start();
    await expect(running).rejects.toMatchObject({ type: 'INVALID_GROUP_ID' });
  });

  it('confirms a generation only while the group says that it is the present one', async () => {
    heartbeatIntervalMs = 60_000;
    await start();
    await expect(membership.confirm(1)).resolves.toBeUndefined();
    await expect(membership.confirm(0)).rejects.toBeInstanceOf(FencedError);
    for (const code of [ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID]) {
      group.errors.push(new BrokerError(code, 'Heartbeat'));
      await expect(membership.confirm(1), `error ${code}`).rejects.toBeInstanceOf(FencedError);
    }
  });

  it('says of no generation that it is over when nobody answers, or while the group moves', async () => {
    heartbeatIntervalMs = 60_000;
    await start();
    group.errors.push(new BrokerError(REBALANCE_IN_PROGRESS, 'Heartbeat'));
    await expect(membership.confirm(1)).rejects.toBeInstanceOf(OutageError);
    group.errors.push(Object.assign(new Error('gone'), { name: 'KafkaJSConnectionError' }));
    await expect(membership.confirm(1)).rejects.toBeInstanceOf(OutageError);
  });

  it('leaves, so that its tasks move at once, and sends no more heartbeats', async () => {
    await start();
    await membership.leave();
    await running;
    const before = group.heartbeats;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([group.left, group.heartbeats, became]).toEqual([['m1'], before, ['m1', '']]);
  });

  it('can leave while it waits for an outage to end', async () => {
    await start();
    for (let i = 0; i < 50; i += 1)
      group.errors.push(Object.assign(new Error('gone'), { name: 'KafkaJSConnectionError' }));
    await until(() => expect(heard).toContain('outage'));
    await membership.leave();
    await expect(running).resolves.toBeUndefined();
  });

  it('takes the member that was killed here out of the group before it joins', async () => {
    stale = 'the killed one';
    await start();
    expect(group.left).toEqual(['the killed one']);
    expect(became).toEqual(['m1']);
  });

  it('joins all the same when the group has missed that member already', async () => {
    stale = 'the killed one';
    group.leaveError = new BrokerError(UNKNOWN_MEMBER_ID, 'LeaveGroup');
    await start();
    expect(heard).toEqual(['assigned']);
  });

  it('stops without an error when the group can not be told', async () => {
    await start();
    group.leaveError = Object.assign(new Error('gone'), { name: 'KafkaJSConnectionError' });
    await expect(membership.leave()).resolves.toBeUndefined();
    await expect(running).resolves.toBeUndefined();
  });
});
