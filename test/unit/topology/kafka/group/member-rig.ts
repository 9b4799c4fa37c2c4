/** A member of a group on the brokers in memory, what it heard, and what the coordinator knows of it. */
import { pino } from 'pino';
import { expect, vi } from 'vitest';
import type { RulesIdentity } from '../../../../../common/rules-identity.js';
import { Leaders } from '../../../../../topology/kafka/cluster/leaders.js';
import { decodeUserData, type MemberClaim } from '../../../../../topology/kafka/group/assigner.js';
import {
  encodeAssignment,
  type Assignment,
  type PartitionCounts,
} from '../../../../../topology/kafka/group/assignment.js';
import { Membership, type MembershipListener } from '../../../../../topology/kafka/group/membership.js';
import { ErrorCode } from '../../../../../topology/kafka/protocol/error-codes.js';
import { MemberMetadata } from '../../../../../topology/kafka/protocol/internals.js';
import type { Api } from '../../../../model/memory-broker/memory-cluster.js';
import { connectionLost, MemoryKafka } from '../memory-kafka.js';
import { GROUP, Other, SOURCES } from './other-member.js';

const { NONE, REBALANCE_IN_PROGRESS } = ErrorCode;

export const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000, interval: 5 });

export class MemberRig {
  readonly kafka = new MemoryKafka({ tasks: 3, crm: 5 });
  /** Calls of the listener by name, in order. */
  heard: string[] = [];
  readonly assigned: { tasks: readonly number[]; generation: number; memberId: string }[] = [];
  readonly became: string[] = [];
  counts: PartitionCounts = new Map();
  newestRules: RulesIdentity | undefined;
  /** What the member says of itself, and how often it looks around. */
  rules: RulesIdentity | undefined;
  stale: string | undefined;
  metadataIntervalMs = 60_000;
  heartbeatIntervalMs = 5;
  membership!: Membership;
  running!: Promise<void>;

  readonly #listener: MembershipListener = {
    claim: () => ({ tasks: [1, 2], stored: { 1: 40 } }),
    suspend: () => Promise.resolve(void this.heard.push('suspend')),
    resume: () => this.heard.push('resume'),
    pause: () => Promise.resolve(void this.heard.push('pause')),
    assigned: ({ tasks }, { partitions, newestRules }, { generationId: generation, memberId }) => {
      this.heard.push('assigned');
      this.assigned.push({ tasks, generation, memberId });
      this.counts = partitions;
      this.newestRules = newestRules;
    },
    staleMember: () => this.stale,
    became: (memberId) => Promise.resolve(void this.became.push(memberId)),
    lost: () => this.heard.push('lost'),
    outage: (error) => {
      if (error) this.heard.push('outage');
    },
  };

  start(): void {
    const cluster = this.kafka.cluster();
    const { metadataIntervalMs, heartbeatIntervalMs } = this;
    const options = {
      ...{ groupId: GROUP, topics: SOURCES, sessionTimeoutMs: 1000, rebalanceTimeoutMs: 1000 },
      ...{ heartbeatIntervalMs, metadataIntervalMs, maxTasks: 16 },
      placement: { standbyReplicas: 0, acceptableLag: 100 },
      rules: this.rules && (() => this.rules!),
    };
    const leaders = new Leaders(cluster);
    this.membership = new Membership(cluster, leaders, options, this.#listener, pino({ level: 'silent' }));
    this.running = leaders.track(SOURCES).then(() => this.membership.run());
    this.running.catch(() => undefined); // looked at by the test that expects it
  }

  async joined(): Promise<void> {
    this.start();
    await until(() => expect(this.assigned).toHaveLength(1));
  }

  coordinator() {
    return this.kafka.broker.group(GROUP).coordinator;
  }

  heartbeats(): number {
    return this.kafka.count('Heartbeat');
  }

  /** What the member said of itself when it joined last. */
  claimOf(memberId: string): MemberClaim {
    return decodeUserData('m', MemberMetadata.decode(this.coordinator().metadataOf(memberId)!).userData);
  }

  /** The next heartbeat is answered so. */
  answerHeartbeat(code: number): void {
    let left = 1;
    this.kafka.broker.faults.refuse = (api) => (api === 'Heartbeat' && (left -= 1) >= 0 ? code : NONE);
  }

  losing(lost: Api, times = Infinity): void {
    let left = times;
    this.kafka.meddle = ({ api }) => {
      if (api === lost && (left -= 1) >= 0) throw connectionLost('gone');
    };
  }

  /** A member that came first: it leads. */
  async leading(): Promise<Other> {
    const leader = await Other.inGroup(this.kafka);
    await leader.join();
    await leader.sync();
    return leader;
  }

  /** Once our member has come, or comes again: what the leader assigns to it. */
  async assign(leader: Other, assignment: Assignment): Promise<void> {
    const { generation } = this.coordinator();
    await until(() => expect(this.coordinator().heartbeat(leader.memberId, generation)).toBe(REBALANCE_IN_PROGRESS));
    await leader.join();
    await leader.sync('member-2', encodeAssignment(assignment));
  }

  end(): Promise<void> {
    this.kafka.meddle = () => undefined;
    return this.membership.leave();
  }
}
