/**
 * A mixed, seeded workload over all five source topics, with what must come of it by the model of the contract, not by
 * the processors.
 */
import { SOURCE_RECORDS } from '../../../dev/contract/sources.js';
import { expectedCounts, type Contact, type OutputCounts } from '../../../dev/contract/expected-outputs.js';
import { NOTICES } from '../../../dev/contract/notices.js';
import { encode } from './avro.js';
import type { TestMessage } from './produce.js';
import { Random } from '../../../dev/simulators/random.js';
import { SOURCE_TOPICS, type SourceTopic } from '../../../common/record.js';
import type { ContractEvent } from '../../../schemas/codecs.js';
import type { RecordName, UserEvent } from '../../../schemas/types.js';
import { crm, request, sales, task, user } from '../../contract/events.js';

export interface WorkloadOptions {
  readonly seed: number;
  readonly events: number;
  /** Schema ids by record. */
  readonly ids: ReadonlyMap<string, number>;
  readonly repeats?: number;
  readonly poison?: number;
  readonly skipped?: number;
  /** Whom the events are for. Default: 300. */
  readonly users?: number;
}

export interface Sent {
  readonly topic: string;
  readonly message: TestMessage;
  /** What a workload's value says; undefined where it says nothing. */
  readonly source?: ContractEvent;
}

export interface Workload {
  /** The account events that fill the directory, to be produced first. */
  readonly users: readonly Sent[];
  readonly events: readonly Sent[];
  /** By event id; every one is unique over all topics. Who sends more adds to it. */
  readonly expected: Map<string, OutputCounts>;
  /** Exactly these must be dead-lettered. */
  readonly poison: readonly Sent[];
  readonly repeats: number;
  readonly skipped: number;
  /** Whom the events are for. */
  readonly recipients: readonly { readonly tenantId: bigint; readonly userId: bigint }[];
}

type User = Contact & Pick<UserEvent, 'tenantId' | 'userId'>;

const REPEATS_FROM = 5000;
const USERS = 300;
const CHANNELS = [[], ['IN_APP'], ['EMAIL'], ['IN_APP', 'PUSH'], ['PUSH', 'EMAIL', 'IN_APP']] as const;
type NoticedTopic = Exclude<SourceTopic, 'NOTIFICATION_REQUEST_TOPIC' | 'USER_EVENT_TOPIC'>;

/** The same seed makes the same workload. */
export function makeWorkload(options: WorkloadOptions): Workload {
  return new WorkloadMaker(options).make();
}

class WorkloadMaker {
  readonly #options: WorkloadOptions;
  readonly #random: Random;
  readonly #users: User[] = [];
  readonly #byId = new Map<bigint, User>();
  readonly #expected = new Map<string, OutputCounts>();
  readonly #poison: Sent[] = [];
  readonly #first: Sent[] = [];
  #count = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  make(): Workload {
    const { events: count, repeats = 0.1, poison = 0.01, skipped = 0.01, users: userCount = USERS } = this.#options;
    const users = Array.from({ length: userCount }, (_, index) => this.#user(index));
    const events: Sent[] = [];
    let repeated = 0;
    let skippedCount = 0;
    while (events.length < count) {
      const dice = this.#random.next();
      if (dice < repeats && this.#first.length > 0) {
        const back = this.#random.below(Math.min(REPEATS_FROM, this.#first.length));
        events.push(this.#first[this.#first.length - 1 - back]!);
        repeated += 1;
      } else if (dice < repeats + poison) {
        events.push(this.#bad());
      } else if (dice < repeats + poison + skipped) {
        events.push(this.#skip());
        skippedCount += 1;
      } else {
        const event = this.#good();
        this.#first.push(event);
        events.push(event);
      }
    }
    return {
      users,
      events,
      expected: this.#expected,
      poison: this.#poison,
      repeats: repeated,
      skipped: skippedCount,
      recipients: this.#users,
    };
  }

  #user(index: number): Sent {
    const userId = index === 0 ? 2n ** 62n + 1n : BigInt(1000 + index);
    const known: User = {
      tenantId: BigInt(1 + (index % 3)),
      userId,
      email: index % 10 === 3 ? null : `user${userId}@example.com`,
      deviceTokens: index % 10 === 7 ? [] : [`device-${userId}`],
      mutedChannels: [],
    };
    this.#users.push(known);
    this.#byId.set(userId, known);
    return this.#send(this.#userEvent(known, 'USER_UPDATED', `user-${index}`));
  }

  #userEvent(known: User, eventType: string, eventId: string): ContractEvent {
    const event = user({
      ...known,
      eventId,
      eventType,
      timestamp: BigInt(Date.now()),
      fullName: `User ${known.userId}`,
    });
    return { topic: 'USER_EVENT_TOPIC', event };
  }

  #good(): Sent {
    const topic = this.#random.pick(SOURCE_TOPICS);
    const eventId = `e-${this.#options.seed}-${this.#count++}`;
    const source = this.#event(topic, eventId, this.#random.pick(this.#users));
    const contactOf = ({ userId }: Pick<User, 'userId'>): User | undefined => this.#byId.get(userId);
    this.#expected.set(eventId, expectedCounts(source, { contactOf, now: Date.now() }));
    return this.#send(source);
  }

  #event(topic: SourceTopic, eventId: string, recipient: User): ContractEvent {
    switch (topic) {
      case 'USER_EVENT_TOPIC':
        return this.#userEvent(recipient, 'PASSWORD_CHANGED', eventId);
      case 'NOTIFICATION_REQUEST_TOPIC':
        return this.#request(eventId, recipient);
      case 'TASK_EVENT_TOPIC':
      case 'CRM_EVENT_TOPIC':
      case 'SALES_EVENT_TOPIC':
        return this.#noticed(topic, eventId, this.#random.pick(Object.keys(NOTICES[topic])), recipient);
    }
  }

  #request(eventId: string, { tenantId, userId }: User): ContractEvent {
    const others = this.#users.filter((other) => other.tenantId === tenantId).slice(0, this.#random.below(4));
    const event = request({
      eventId,
      timestamp: BigInt(Date.now()),
      userId,
      userIds: others.map((other) => other.userId),
      tenantId,
      title: 'Quarter closed',
      message: `Reports of run ${eventId} are ready <now>`,
      actionUrl: 'https://erp.example.com/reports',
      channels: [...this.#random.pick(CHANNELS)],
      metadata: { run: eventId },
    });
    return { topic: 'NOTIFICATION_REQUEST_TOPIC', event };
  }

  #noticed(topic: NoticedTopic, eventId: string, eventType: string, { tenantId, userId }: User): ContractEvent {
    const common = { eventId, eventType, timestamp: BigInt(Date.now()), tenantId, userId, assignedTo: userId };
    switch (topic) {
      case 'TASK_EVENT_TOPIC':
        return { topic, event: task({ ...common, taskTitle: `Task of ${eventId}`, priority: 'NORMAL' }) };
      case 'CRM_EVENT_TOPIC':
        return { topic, event: crm({ ...common, entityType: 'opportunity', value: 12_500.5, metadata: {} }) };
      case 'SALES_EVENT_TOPIC':
        return { topic, event: sales({ ...common, amount: 10, currency: 'EUR', metadata: {} }) };
    }
  }

  #bad(): Sent {
    const eventId = `p-${this.#options.seed}-${this.#count++}`;
    const { tenantId, userId } = this.#users[1]!;
    const bad = task({ eventId, assignedTo: userId, tenantId });
    const good = this.#encoded({ topic: 'TASK_EVENT_TOPIC', event: bad });
    const value = this.#random.pick([
      () => Buffer.concat([Buffer.from([1]), good.subarray(1)]),
      () => {
        const unknown = Buffer.from(good);
        unknown.writeUInt32BE(987_650 + this.#random.below(2), 1);
        return unknown;
      },
      () => good.subarray(0, good.length - 1 - this.#random.below(8)),
      () => this.#encoded({ topic: 'TASK_EVENT_TOPIC', event: { ...bad, tenantId: 0n } }),
    ])();
    const sent: Sent = {
      topic: 'TASK_EVENT_TOPIC',
      message: { key: eventId, value, headers: { 'trace-id': eventId } },
    };
    this.#poison.push(sent);
    return sent;
  }

  #skip(): Sent {
    const eventId = `s-${this.#options.seed}-${this.#count++}`;
    if (this.#random.chance(0.5)) return { topic: 'CRM_EVENT_TOPIC', message: { key: eventId, value: null } };
    return this.#send(this.#noticed('SALES_EVENT_TOPIC', eventId, 'ORDER_ARCHIVED', this.#users[1]!));
  }

  #send(source: ContractEvent): Sent {
    const { topic, event } = source;
    const key = topic === 'USER_EVENT_TOPIC' ? `${event.tenantId}|${event.userId}` : event.eventId;
    return { topic, message: { key, value: this.#encoded(source) }, source };
  }

  #encoded({ topic, event }: ContractEvent): Buffer {
    const record = SOURCE_RECORDS[topic].name as RecordName;
    return encode(record, this.#options.ids.get(record)!, event);
  }
}
