/**
 * This worker's membership of the consumer group: join, heartbeat, rejoin, leave.
 *
 *                    ┌───► waiting ───┐
 *                    │        │        ▼
 *     outside ──► joining ────┼────► syncing ──► member        each ──► left
 *        ▲           │        │        │           │
 *        └───────────┴────────┴────────┴───────────┘
 *
 * outside  of no generation: tasks have finished their commit, or are given away
 * joining  JoinGroup is sent, the group gathers: what we own under the generation that was is ours
 * waiting  it gathers for long: tasks go on under the generation that was
 * syncing  it has gathered: that generation is over, and what is ours in the next is not known yet
 * member   of a generation: heartbeats are sent
 * left     for good
 *
 * kafkajs's consumer ties heartbeats to its fetch loop and has no word before a rebalance; here they are apart, so
 * that a slow commit never costs the membership and tasks finish their commit before the group is joined again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { FatalError, FencedError, OutageError, messageOf } from '../../../common/errors.js';
import type { Logger } from '../../../common/log.js';
import type { RulesIdentity } from '../../../common/rules-identity.js';
import { transitions } from '../../../common/transitions.js';
import { ASSIGNER_NAME, encodeUserData, type MemberClaim } from './assigner.js';
import { decodeAssignment, type Layout, type PartitionCounts } from './assignment.js';
import { assignToMembers, taskCount, type LeaderRules } from './lead.js';
import { RulesInGroup } from './rules-in-group.js';
import { MemberMetadata, type Broker, type Cluster } from '../protocol/internals.js';
import { groupCoordinator } from '../cluster/coordinator.js';
import type { Leaders } from '../cluster/leaders.js';
import type { Placement } from './placement.js';
import { errorType, isOutage, isStaleMember } from '../protocol/protocol-errors.js';
import type { GroupMember } from '../protocol/txn-offset-commit.js';

export interface MembershipOptions extends LeaderRules {
  readonly groupId: string;
  /** Without a heartbeat for this long the group gives our tasks away, ms. */
  readonly sessionTimeoutMs: number;
  /** How long the group waits for every member to rejoin, ms. */
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How often new partitions of the sources are looked for, ms. */
  readonly metadataIntervalMs: number;
  /**
   * The rule set that this worker runs now; undefined when the topology has none. Another version is told to the group
   * at once, another digest alone when the group is joined next: nobody acts on it, and it is not worth a rebalance.
   */
  readonly rules?: (() => RulesIdentity) | undefined;
}

/** What the worker does about its tasks. */
export interface MembershipListener {
  /** What to claim on joining. */
  claim(): Omit<MemberClaim, 'memberId' | 'generation'>;
  /** The group is about to be joined again: finish what is in flight, start nothing new. Bounded by the caller's own deadline. */
  suspend(): Promise<void>;
  /** Others keep the group waiting: it stays as it was until it has gathered, so go on under the generation that was. */
  resume(): void;
  /** The group has gathered, that generation is over: start nothing more. Bounded as above. */
  pause(): Promise<void>;
  assigned(placement: Placement, layout: Layout, member: GroupMember): void;
  /** The member that was here before, killed and not yet missed by the group; undefined when there is none. */
  staleMember(): string | undefined;
  /** We are this member now; empty: none any more. */
  became(memberId: string): Promise<void>;
  /** The group gave our tasks away: another worker may own them by now. */
  lost(): void;
  /** The error while no coordinator can be reached; undefined when one answers again. */
  outage(error: unknown): void;
}

const RETRY_MS = 500;
/** Members that live have joined by then; it is not worth resuming for less, since a commit may be refused for it. */
const PATIENCE_MS = 1000;

type State = 'outside' | 'joining' | 'waiting' | 'syncing' | 'member' | 'left';

const move = transitions<State>('a membership', {
  outside: ['joining', 'left'],
  joining: ['waiting', 'syncing', 'outside', 'left'],
  waiting: ['syncing', 'outside', 'left'],
  syncing: ['member', 'outside', 'left'],
  member: ['outside', 'left'],
  left: [],
});

export class Membership {
  readonly #cluster: Cluster;
  readonly #leaders: Leaders;
  readonly #options: MembershipOptions;
  readonly #listener: MembershipListener;
  readonly #log: Logger;
  readonly #rulesInGroup: RulesInGroup;
  #coordinator: Broker | undefined;
  #memberId = '';
  #generation = -1;
  #partitions: PartitionCounts = new Map();
  /** As the group knows them. */
  #rules: RulesIdentity | undefined;
  #state: State = 'outside';
  /** Somebody wants another generation: asked at any time, heard by the next heartbeat. */
  #rejoinWanted = false;
  /** When the sources are looked at next, of performance.now(): again soon when the look failed. */
  #lookAt = Infinity;
  readonly #stop = new AbortController();

  constructor(
    cluster: Cluster,
    leaders: Leaders,
    options: MembershipOptions,
    listener: MembershipListener,
    log: Logger,
  ) {
    this.#cluster = cluster;
    this.#leaders = leaders;
    this.#options = options;
    this.#listener = listener;
    this.#log = log;
    this.#rulesInGroup = new RulesInGroup(log);
  }

  /** Stays in the group until `leave`. Rejects on an error that neither waiting nor rejoining cures. */
  async run(): Promise<void> {
    let stale = this.#listener.staleMember();
    while (!this.#isIn('left')) {
      try {
        if (stale) await this.#evict(stale);
        stale = undefined;
        if (this.#isIn('outside')) await this.#join();
        await this.#sendHeartbeats();
        await this.#lookAround();
        await this.#listener.suspend();
        this.#move('outside');
      } catch (error) {
        if (this.#isIn('left')) return;
        await this.#survive(error);
      }
    }
  }

  /** Joins again at the next heartbeat: a task lost its place, or partitions were added. */
  rejoin(): void {
    this.#rejoinWanted = true;
  }

  /**
   * Asks the group whether we still are what we were in that generation. FencedError when not, OutageError when
   * nobody answers.
   */
  async confirm(generation: number): Promise<void> {
    if (this.#isIn('joining', 'waiting', 'syncing'))
      throw new OutageError('the group is moving', undefined, { code: 'group-moves' });
    if (generation !== this.#generation) throw new FencedError(`generation ${generation} is over`);
    try {
      await this.#sendHeartbeat();
    } catch (error) {
      // While the group moves we are still its member; what we own is known when it has been joined again.
      if (errorType(error) === 'REBALANCE_IN_PROGRESS') throw new OutageError('the group is moving', error);
      if (isStaleMember(error)) throw new FencedError(`the group refused generation ${generation}`, error);
      throw new OutageError('the group coordinator does not answer', error);
    }
  }

  /** Sends no more heartbeats and tells the group, so that our tasks move at once. Errors are logged: the session times out anyway. */
  async leave(): Promise<void> {
    this.#move('left');
    this.#stop.abort();
    if (!this.#memberId || !this.#coordinator) return;
    try {
      await this.#coordinator.leaveGroup({ groupId: this.#options.groupId, memberId: this.#memberId });
      await this.#listener.became('');
    } catch (error) {
      this.#log.warn(
        { error: messageOf(error) },
        'could not leave the group, its tasks move when the session times out',
      );
    }
  }

  #isIn(...states: readonly State[]): boolean {
    return states.includes(this.#state);
  }

  /** Who has left stays so, whatever a step brings that was on its way. */
  #move(to: State): void {
    if (this.#state !== 'left') this.#state = move(this.#state, to);
  }

  /** Tells the group that a member is gone, so that nobody waits for its session to time out. */
  async #evict(memberId: string): Promise<void> {
    const { groupId } = this.#options;
    const coordinator = await groupCoordinator(this.#cluster, groupId);
    try {
      await coordinator.leaveGroup({ groupId, memberId });
      this.#log.info({ memberId }, 'the worker that was here before is still in the group: evicted');
    } catch (error) {
      if (errorType(error) !== 'UNKNOWN_MEMBER_ID') throw error;
    }
  }

  /** What a join needs to know of the brokers: asked while the tasks still go on. */
  async #lookAround(): Promise<Broker> {
    await this.#leaders.refresh();
    this.#lookAt = performance.now() + this.#options.metadataIntervalMs;
    this.#coordinator = await groupCoordinator(this.#cluster, this.#options.groupId);
    return this.#coordinator;
  }

  async #join(): Promise<void> {
    this.#rejoinWanted = false;
    this.#move('joining');
    try {
      await this.#joinNext();
    } catch (error) {
      this.#move('outside');
      throw error;
    }
  }

  async #joinNext(): Promise<void> {
    const { groupId } = this.#options;
    const coordinator = this.#coordinator ?? (await this.#lookAround());
    const rules = (this.#rules = this.#options.rules?.());
    const userData = encodeUserData({ ...this.#listener.claim(), generation: this.#generation, rules });
    const joined = await this.#gather(this.#requestJoin(coordinator, userData));
    this.#move('syncing');
    this.#memberId = joined.memberId;
    await this.#listener.became(joined.memberId);
    const leading = joined.leaderId === joined.memberId;
    const groupAssignment = leading ? await this.#assign(joined.members) : [];
    const { generationId } = joined;
    const synced = await coordinator.syncGroup({
      groupId,
      generationId,
      memberId: joined.memberId,
      groupAssignment,
    });
    this.#generation = generationId;
    const { placement, layout, refused } = decodeAssignment(synced.memberAssignment, groupId);
    if (refused !== undefined) throw new FatalError(`${twoApplications(groupId)}: ${refused}`);
    // As the leader counted: where our metadata is newer than its, the next look finds the difference, and the group is joined again.
    this.#partitions = new Map([...this.#countPartitions(), ...layout.partitions]);
    this.#move('member');
    this.#listener.outage(undefined);
    const { tasks, standbys, warming } = placement;
    const { newestRules } = layout;
    this.#log.info(
      { generation: generationId, memberId: joined.memberId, leading, tasks, standbys, warming, rules, newestRules },
      'joined the group',
    );
    this.#listener.assigned(
      placement,
      { ...layout, partitions: this.#partitions, assignedTasks: taskCount(layout) },
      { groupId, generationId, memberId: joined.memberId },
    );
  }

  /**
   * The group gathers until every member has joined, or the session of one that died is over. Until then its
   * generation is the old one, and what we own is ours: the coordinator takes commits of it, and none after.
   */
  async #gather<T>(gathering: Promise<T>): Promise<T> {
    const patience = setTimeout(() => {
      this.#move('waiting');
      this.#listener.resume();
    }, PATIENCE_MS);
    try {
      return await gathering;
    } finally {
      clearTimeout(patience);
      if (!this.#isIn('joining')) await this.#listener.pause();
    }
  }

  /** Asks to be let in. Throws FatalError when the group is of clients that know nothing of our assigner. */
  async #requestJoin(coordinator: Broker, userData: Buffer): ReturnType<Broker['joinGroup']> {
    const { groupId, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const metadata = MemberMetadata.encode({ version: 0, topics: [...topics], userData });
    try {
      return await coordinator.joinGroup({
        groupId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupProtocols: [{ name: ASSIGNER_NAME, metadata }],
      });
    } catch (error) {
      if (errorType(error) !== 'INCONSISTENT_GROUP_PROTOCOL') throw error;
      throw new FatalError(`${twoApplications(groupId)}: its members are consumers of another kind`, error);
    }
  }

  async #assign(
    members: readonly { memberId: string; memberMetadata: Buffer }[],
  ): Promise<{ memberId: string; memberAssignment: Buffer }[]> {
    await this.#leaders.refresh();
    return assignToMembers(members, this.#options, this.#countPartitions(), this.#rulesInGroup, this.#log);
  }

  #countPartitions(): PartitionCounts {
    return new Map(this.#options.topics.map((topic) => [topic, this.#leaders.partitionCount(topic)]));
  }

  /** Returns when the group wants to be joined again. */
  async #sendHeartbeats(): Promise<void> {
    const { heartbeatIntervalMs, metadataIntervalMs } = this.#options;
    for (;;) {
      await delay(heartbeatIntervalMs, undefined, { signal: this.#stop.signal });
      if (this.#rejoinWanted || this.#options.rules?.().version !== this.#rules?.version) return;
      try {
        await this.#sendHeartbeat();
        if (performance.now() >= this.#lookAt) {
          await this.#leaders.refresh();
          this.#lookAt = performance.now() + metadataIntervalMs;
          if (!sameCounts(this.#countPartitions(), this.#partitions)) return;
        }
      } catch (error) {
        if (errorType(error) === 'REBALANCE_IN_PROGRESS') return;
        throw error;
      }
    }
  }

  async #sendHeartbeat(): Promise<void> {
    const { groupId } = this.#options;
    this.#coordinator ??= await groupCoordinator(this.#cluster, groupId);
    await this.#coordinator.heartbeat({ groupId, groupGenerationId: this.#generation, memberId: this.#memberId });
    this.#listener.outage(undefined);
  }

  /** After an outage the group often still knows us, and nothing has to move: then we stay what we are. */
  async #survive(error: unknown): Promise<void> {
    if (isStaleMember(error)) {
      if (this.#isIn('member')) this.#move('outside');
      if (errorType(error) === 'REBALANCE_IN_PROGRESS') return;
      this.#log.warn({ error: messageOf(error) }, 'the group gave our tasks away, joining again');
      this.#listener.lost();
      if (errorType(error) === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
      return;
    }
    if (!isOutage(error)) throw error;
    this.#listener.outage(error);
    this.#coordinator = undefined;
    await delay(RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined); // left meanwhile
  }
}

function twoApplications(groupId: string): string {
  return `the consumer group ${groupId} is used by two applications, give each an APP_ID of its own`;
}

function sameCounts(a: PartitionCounts, b: PartitionCounts): boolean {
  return [...a].every(([topic, count]) => b.get(topic) === count);
}
