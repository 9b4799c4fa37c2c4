/**
 * A Kafka cluster in memory, as far as the commit protocol needs one: partition logs, the transaction coordinator, one
 * coordinator a group. What it does about transactions is Kafka's (test/model/broker-contract.ts holds both to it);
 * when it does what it does on its own is the scheduler's.
 */
import { BrokerError } from '../../../topology/kafka/protocol/protocol-errors.js';
import { NONE, UNKNOWN_TOPIC_OR_PARTITION } from './codes.js';
import { Faults } from './faults.js';
import { GroupCoordinator } from './group-coordinator.js';
import { GroupOffsets, type CommittedOffset } from './group-offsets.js';
import type { Appended, PartitionLog } from './partition-log.js';
import type { Scheduler } from './scheduler.js';
import { Topics } from './topics.js';
import { TransactionCoordinator, type Owner } from './transaction-coordinator.js';

interface Group {
  readonly coordinator: GroupCoordinator;
  readonly offsets: GroupOffsets;
}

export interface MemoryBrokerOptions {
  /** `max.message.bytes` of every topic. Default 1,048,588. */
  readonly maxBatchBytes?: number;
  /** `transaction.version` of the cluster; 0: it knows of no features. Default 2, as Kafka's since 4.0. */
  readonly transactionVersion?: 0 | 1 | 2;
  /** The newest version of Fetch that it speaks. Default 13, of which topics have ids. */
  readonly newestFetch?: number;
  /** An id's epochs: with the last of them another id takes over. Default 32,767. */
  readonly epochs?: number;
}

/** How what is written comes into its transaction: added to it before, or by being written (KIP-890). */
export type Entry = 'verify' | 'join';

export class MemoryBroker {
  readonly scheduler: Scheduler;
  readonly transactions: TransactionCoordinator;
  readonly topics: Topics;
  readonly transactionVersion: 0 | 1 | 2;
  readonly newestFetch: number;
  readonly faults = new Faults();
  readonly #leads = new Map<string, number>();
  readonly #groups = new Map<string, Group>();
  readonly #watchers = new Set<() => void>();
  /** Nodes are 0 and 1; one of them coordinates everything and leads each topic that `lead` did not give away. */
  leader = 0;
  /** Told when offsets were taken into a transaction. */
  onOffsets: (groupId: string) => void = () => undefined;

  constructor(scheduler: Scheduler, options: MemoryBrokerOptions = {}) {
    this.scheduler = scheduler;
    this.transactionVersion = options.transactionVersion ?? 2;
    this.newestFetch = options.newestFetch ?? 13;
    this.topics = new Topics(options.maxBatchBytes ?? 1_048_588);
    this.transactions = new TransactionCoordinator(
      scheduler,
      (participant, ...marker) => this.#writeMarker(participant, ...marker),
      options.epochs ?? 32_767,
    );
  }

  /** Node -1: the topic has no leader. */
  lead(topic: string, nodeId: number): void {
    this.#leads.set(topic, nodeId);
  }

  leaderOf(topic: string): number {
    return this.#leads.get(topic) ?? this.leader;
  }

  createTopic(topic: string, partitions: number): void {
    this.topics.create(topic, partitions);
  }

  /** Every group forgets where it stood in it. */
  deleteTopic(topic: string): void {
    const names = Array.from({ length: this.partitionCount(topic) }, (_, partition) => partitionName(topic, partition));
    this.topics.delete(topic);
    for (const { offsets } of this.#groups.values()) offsets.forget(names);
    this.changed();
  }

  partitionCount(topic: string): number {
    return this.topics.named(topic)?.partitions.length ?? 0;
  }

  /** Undefined for a partition that does not exist. */
  find(topic: string, partition: number): PartitionLog | undefined {
    return this.topics.named(topic)?.partitions[partition];
  }

  log(topic: string, partition: number): PartitionLog {
    const log = this.find(topic, partition);
    if (!log) throw new BrokerError(UNKNOWN_TOPIC_OR_PARTITION, `${topic}-${partition}`);
    return log;
  }

  group(groupId: string): Group {
    let group = this.#groups.get(groupId);
    if (!group) {
      group = { coordinator: new GroupCoordinator(this.scheduler), offsets: new GroupOffsets() };
      this.#groups.set(groupId, group);
    }
    return group;
  }

  append(topic: string, partition: number, batch: Buffer, entry: Entry): Appended {
    const log = this.find(topic, partition);
    if (!log) return { errorCode: UNKNOWN_TOPIC_OR_PARTITION, baseOffset: -1 };
    const name = partitionName(topic, partition);
    const appended = log.append(batch, (producerId, epoch) => this.transactions[entry](producerId, epoch, name));
    this.changed();
    return appended;
  }

  commitOffsets(
    groupId: string,
    owner: Owner,
    member: { readonly memberId: string; readonly generationId: number },
    offsets: ReadonlyMap<string, CommittedOffset>,
    entry: Entry,
  ): number {
    const { producerId, producerEpoch } = owner;
    const { coordinator, offsets: groupOffsets } = this.group(groupId);
    const errorCode =
      this.transactions[entry](producerId, producerEpoch, groupName(groupId)) ||
      coordinator.checkOffsets(member.memberId, member.generationId);
    if (errorCode === NONE) {
      groupOffsets.stage(producerId, offsets);
      this.onOffsets(groupId);
    }
    return errorCode;
  }

  /** A long poll looks again. */
  changed(): void {
    for (const look of [...this.#watchers]) look();
  }

  /** Settles when the question has an answer, or at the latest after `waitMs`, with what there is then. */
  longPoll<T>(waitMs: number, ask: (isLast: boolean) => T | undefined): T | Promise<T> {
    const now = ask(false);
    if (now !== undefined) return now;
    return new Promise((resolve) => {
      const settle = (isLast: boolean): void => {
        if (!this.#watchers.has(look)) return;
        const answer = ask(isLast);
        if (answer === undefined) return;
        this.#watchers.delete(look);
        resolve(answer);
      };
      const look = (): void => settle(false);
      this.#watchers.add(look);
      this.scheduler.later('a long poll ends', () => settle(true), waitMs);
    });
  }

  #writeMarker(participant: string, producerId: bigint, epoch: number, isCommit: boolean): void {
    const groupId = groupOf(participant);
    if (groupId !== undefined) {
      this.group(groupId).offsets.ended(producerId, isCommit);
      return;
    }
    const { topic, partition } = partitionOf(participant);
    // A topic that was deleted meanwhile needs no marker.
    this.find(topic, partition)?.appendMarker(producerId, epoch, isCommit);
    this.changed();
  }
}

/** How a partition and a group are named among a transaction's participants. */
export function partitionName(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

export function groupName(groupId: string): string {
  return `group:${groupId}`;
}

function groupOf(participant: string): string | undefined {
  return participant.startsWith('group:') ? participant.slice('group:'.length) : undefined;
}

function partitionOf(participant: string): { topic: string; partition: number } {
  const at = participant.lastIndexOf('/');
  return { topic: participant.slice(0, at), partition: Number(participant.slice(at + 1)) };
}
