/**
 * The classic group protocol of one group: members, generations, rebalances.
 *
 *     stable ──► joining ──► syncing ──► stable       joining ends when every member has joined, or its time is up
 */
import { BrokerError } from '../../../topology/kafka/protocol/protocol-errors.js';
import { ILLEGAL_GENERATION, NONE, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID } from './codes.js';
import type { Scheduler } from './scheduler.js';

export interface JoinRequest {
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly memberId: string;
  readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
}

export interface JoinAnswer {
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly groupProtocol: string;
  readonly members: { memberId: string; memberMetadata: Buffer }[];
}

export interface Assignment {
  readonly memberAssignment: Buffer;
}

interface Waiting<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly id: string;
  metadata: Buffer;
  sessionTimeout: number;
  seenAt: number;
  assignment: Buffer;
  joining: Waiting<JoinAnswer> | undefined;
  syncing: Waiting<Assignment> | undefined;
}

export class GroupCoordinator {
  readonly #scheduler: Scheduler;
  readonly #members = new Map<string, Member>();
  #state: 'stable' | 'joining' | 'syncing' = 'stable';
  #leaderId = '';
  #protocol = '';
  #named = 0;
  #rebalances = 0;
  generation = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  join(request: JoinRequest): Promise<JoinAnswer> {
    const { memberId, groupProtocols, sessionTimeout, rebalanceTimeout } = request;
    const known = this.#members.get(memberId);
    if (memberId !== '' && !known) return Promise.reject(new BrokerError(UNKNOWN_MEMBER_ID, 'JoinGroup'));
    const { name, metadata } = groupProtocols[0]!;
    const member = known ?? this.#admit();
    const isSame = known?.metadata.equals(metadata) === true;
    Object.assign(member, { metadata, sessionTimeout });
    this.#seen(member);
    this.#protocol = name;
    if (isSame && this.#state === 'stable' && member.id !== this.#leaderId)
      return Promise.resolve(this.#answer(member));
    return new Promise((resolve, reject) => {
      member.joining = { resolve, reject };
      this.#rebalance(rebalanceTimeout);
      this.#joined();
    });
  }

  sync(
    memberId: string,
    generationId: number,
    assignments: readonly (readonly [string, Buffer])[],
  ): Promise<Assignment> {
    const refused = this.#check(memberId, generationId) || (this.#state === 'joining' ? REBALANCE_IN_PROGRESS : NONE);
    if (refused !== NONE) return Promise.reject(new BrokerError(refused, 'SyncGroup'));
    const member = this.#members.get(memberId)!;
    this.#seen(member);
    if (this.#state === 'stable') return Promise.resolve({ memberAssignment: member.assignment });
    return new Promise((resolve, reject) => {
      member.syncing = { resolve, reject };
      if (memberId === this.#leaderId) this.#synced(new Map(assignments));
    });
  }

  heartbeat(memberId: string, generationId: number): number {
    const refused = this.#check(memberId, generationId);
    if (refused !== NONE) return refused;
    this.#seen(this.#members.get(memberId)!);
    return this.#state === 'joining' ? REBALANCE_IN_PROGRESS : NONE;
  }

  leave(memberId: string): number {
    if (!this.#members.has(memberId)) return UNKNOWN_MEMBER_ID;
    this.#remove(memberId);
    return NONE;
  }

  /** What a member said when it joined last; undefined of one that is not in the group. */
  metadataOf(memberId: string): Buffer | undefined {
    return this.#members.get(memberId)?.metadata;
  }

  /** The error code for offsets that come within a transaction: neither generation nor member given passes (before KIP-447). */
  checkOffsets(memberId: string, generationId: number): number {
    return generationId < 0 && memberId === '' ? NONE : this.#check(memberId, generationId);
  }

  /** Whether this member holds the group's present generation. */
  isCurrent(memberId: string, generationId: number): boolean {
    return this.#check(memberId, generationId) === NONE;
  }

  #check(memberId: string, generationId: number): number {
    if (!this.#members.has(memberId)) return UNKNOWN_MEMBER_ID;
    return generationId === this.generation ? NONE : ILLEGAL_GENERATION;
  }

  #admit(): Member {
    const id = `member-${(this.#named += 1)}`;
    const none = Buffer.alloc(0);
    const member: Member = {
      id,
      metadata: none,
      sessionTimeout: 0,
      seenAt: 0,
      assignment: none,
      joining: undefined,
      syncing: undefined,
    };
    this.#members.set(id, member);
    return member;
  }

  #seen(member: Member): void {
    member.seenAt = this.#scheduler.now();
    this.#scheduler.later(`session of ${member.id}`, () => this.#expire(member), member.sessionTimeout);
  }

  #expire(member: Member): void {
    // A member that waits for the others is alive.
    if (this.#members.get(member.id) !== member || member.joining) return;
    if (this.#scheduler.now() - member.seenAt >= member.sessionTimeout) this.#remove(member.id);
  }

  #remove(memberId: string): void {
    const member = this.#members.get(memberId)!;
    this.#members.delete(memberId);
    member.joining?.reject(new BrokerError(UNKNOWN_MEMBER_ID, 'JoinGroup'));
    member.syncing?.reject(new BrokerError(UNKNOWN_MEMBER_ID, 'SyncGroup'));
    this.#rebalance(REBALANCE_MS);
    this.#joined();
  }

  #rebalance(timeoutMs: number): void {
    if (this.#state === 'joining') return;
    this.#state = 'joining';
    const rebalance = (this.#rebalances += 1);
    for (const member of this.#members.values()) {
      member.syncing?.reject(new BrokerError(REBALANCE_IN_PROGRESS, 'SyncGroup'));
      member.syncing = undefined;
    }
    const late = (): void => {
      if (this.#state !== 'joining' || this.#rebalances !== rebalance) return;
      for (const [id, { joining }] of this.#members) if (!joining) this.#members.delete(id);
      this.#joined();
    };
    this.#scheduler.later('the time for joining is up', late, timeoutMs);
  }

  /** When every member has joined, the next generation begins. */
  #joined(): void {
    const members = [...this.#members.values()];
    if (this.#state !== 'joining' || members.some(({ joining }) => !joining)) return;
    this.generation += 1;
    this.#state = members.length === 0 ? 'stable' : 'syncing';
    if (!this.#members.has(this.#leaderId)) this.#leaderId = members[0]?.id ?? '';
    for (const member of members) {
      this.#seen(member);
      member.joining!.resolve(this.#answer(member));
      member.joining = undefined;
    }
  }

  #synced(assignments: ReadonlyMap<string, Buffer>): void {
    this.#state = 'stable';
    for (const member of this.#members.values()) {
      member.assignment = assignments.get(member.id) ?? Buffer.alloc(0);
      member.syncing?.resolve({ memberAssignment: member.assignment });
      member.syncing = undefined;
    }
  }

  #answer({ id }: Member): JoinAnswer {
    const isLeader = id === this.#leaderId;
    const members = [...this.#members.values()].map((member) => ({
      memberId: member.id,
      memberMetadata: member.metadata,
    }));
    return {
      generationId: this.generation,
      leaderId: this.#leaderId,
      memberId: id,
      groupProtocol: this.#protocol,
      members: isLeader ? members : [],
    };
  }
}

/** How long the others have to join again when a member is gone, ms. */
const REBALANCE_MS = 30_000;
