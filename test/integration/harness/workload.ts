/**
 * A mixed, seeded workload over all five source topics, with what must come of it. The expectation is written here
 * from the contract, not taken from the processors.
 */
import { encode } from './avro.js';
import type { TestMessage } from './produce.js';
import { Random } from '../../../dev/simulators/random.js';
import type { RecordName } from '../../../schemas/types.js';

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

/** How many outputs one event makes. */
export interface Expected {
  readonly inApp: number;
  readonly email: number;
  readonly push: number;
  readonly delivered: number;
}

export interface Sent {
  readonly topic: string;
  readonly message: TestMessage;
}

export interface Workload {
  /** The account events that fill the directory, to be produced first. */
  readonly users: readonly Sent[];
  readonly events: readonly Sent[];
  /** By event id; every one is unique over all topics. */
  readonly expected: ReadonlyMap<string, Expected>;
  /** Exactly these must be dead-lettered. */
  readonly poison: readonly Sent[];
  readonly repeats: number;
  readonly skipped: number;
  /** Whom the events are for. */
  readonly recipients: readonly { readonly tenantId: bigint; readonly userId: bigint }[];
}

interface User {
  readonly tenantId: bigint;
  readonly userId: bigint;
  readonly hasEmail: boolean;
  readonly hasDevice: boolean;
}

type Channel = 'IN_APP' | 'EMAIL' | 'PUSH';

/** Event types with their channels, as the mapping table has them. */
const MAPPED: Readonly<Record<string, readonly (readonly [type: string, channels: readonly Channel[]])[]>> = {
  TASK_EVENT_TOPIC: [
    ['TASK_ASSIGNED', ['IN_APP', 'EMAIL']],
    ['TASK_OVERDUE', ['IN_APP', 'EMAIL', 'PUSH']],
    ['TASK_COMPLETED', ['IN_APP']],
    ['TASK_COMMENTED', ['IN_APP', 'PUSH']],
  ],
  CRM_EVENT_TOPIC: [
    ['LEAD_ASSIGNED', ['IN_APP', 'EMAIL']],
    ['DEAL_WON', ['IN_APP', 'EMAIL']],
    ['DEAL_LOST', ['IN_APP']],
    ['ACTIVITY_DUE', ['IN_APP', 'PUSH']],
  ],
  SALES_EVENT_TOPIC: [
    ['ORDER_CREATED', ['IN_APP']],
    ['PAYMENT_RECEIVED', ['IN_APP', 'EMAIL']],
    ['PAYMENT_DUE', ['IN_APP', 'EMAIL', 'PUSH']],
    ['ORDER_SHIPPED', ['IN_APP', 'EMAIL']],
  ],
};

const RECORDS: Readonly<Record<string, RecordName>> = {
  NOTIFICATION_REQUEST_TOPIC: 'NotificationRequestEvent',
  TASK_EVENT_TOPIC: 'TaskEvent',
  CRM_EVENT_TOPIC: 'CrmEvent',
  SALES_EVENT_TOPIC: 'SalesEvent',
  USER_EVENT_TOPIC: 'UserEvent',
};

const REPEATS_FROM = 5000;
const USERS = 300;

/** The same seed makes the same workload. */
export function makeWorkload(options: WorkloadOptions): Workload {
  return new WorkloadMaker(options).make();
}

class WorkloadMaker {
  readonly #options: WorkloadOptions;
  readonly #random: Random;
  readonly #users: User[] = [];
  readonly #expected = new Map<string, Expected>();
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
    const user: User = {
      tenantId: BigInt(1 + (index % 3)),
      userId: index === 0 ? 2n ** 62n + 1n : BigInt(1000 + index),
      hasEmail: index % 10 !== 3,
      hasDevice: index % 10 !== 7,
    };
    this.#users.push(user);
    return this.#send(
      'USER_EVENT_TOPIC',
      `${user.tenantId}|${user.userId}`,
      this.#userEvent(user, 'USER_UPDATED', `user-${index}`),
    );
  }

  #userEvent(user: User, eventType: string, eventId: string): object {
    return {
      eventId,
      eventType,
      timestamp: BigInt(Date.now()),
      userId: user.userId,
      tenantId: user.tenantId,
      email: user.hasEmail ? `user${user.userId}@example.com` : null,
      fullName: `User ${user.userId}`,
      locale: 'en',
      timeZone: null,
      deviceTokens: user.hasDevice ? [`device-${user.userId}`] : [],
      mutedChannels: [],
    };
  }

  #good(): Sent {
    const topic = this.#random.pick(Object.keys(RECORDS));
    const eventId = `e-${this.#options.seed}-${this.#count++}`;
    const user = this.#random.pick(this.#users);
    if (topic === 'USER_EVENT_TOPIC') {
      this.#expect(eventId, [user], ['IN_APP', 'EMAIL']);
      return this.#send(topic, `${user.tenantId}|${user.userId}`, this.#userEvent(user, 'PASSWORD_CHANGED', eventId));
    }
    if (topic === 'NOTIFICATION_REQUEST_TOPIC') return this.#request(eventId, user);
    const [eventType, channels] = this.#random.pick(MAPPED[topic]!);
    this.#expect(eventId, [user], channels);
    return this.#send(topic, eventId, this.#mapped(topic, eventId, eventType, user));
  }

  #request(eventId: string, user: User): Sent {
    const others = this.#users.filter(({ tenantId }) => tenantId === user.tenantId).slice(0, this.#random.below(4));
    const recipients = [...new Set([user, ...others])];
    const channels = this.#random.pick<readonly Channel[]>([
      [],
      ['IN_APP'],
      ['EMAIL'],
      ['IN_APP', 'PUSH'],
      ['PUSH', 'EMAIL', 'IN_APP'],
    ]);
    this.#expect(eventId, recipients, channels.length === 0 ? ['IN_APP'] : channels);
    return this.#send('NOTIFICATION_REQUEST_TOPIC', eventId, {
      eventId,
      eventType: 'CREATE_NOTIFICATION',
      timestamp: BigInt(Date.now()),
      userId: user.userId,
      userIds: others.map(({ userId }) => userId),
      tenantId: user.tenantId,
      title: 'Quarter closed',
      message: `Reports of run ${eventId} are ready <now>`,
      type: 'INFO',
      category: 'SYSTEM',
      priority: 'NORMAL',
      sourceService: 'reports',
      sourceEventId: '',
      actionUrl: 'https://erp.example.com/reports',
      actionType: null,
      entityType: null,
      entityId: null,
      channels,
      expiresAt: null,
      metadata: { run: eventId },
      templateCode: null,
      templateVars: {},
    });
  }

  #mapped(topic: string, eventId: string, eventType: string, { tenantId, userId }: User): object {
    const common = { eventId, eventType, timestamp: BigInt(Date.now()), tenantId, userId, assignedTo: userId };
    switch (topic) {
      case 'TASK_EVENT_TOPIC':
        return {
          ...common,
          taskId: 77n,
          taskTitle: `Task of ${eventId}`,
          assignedBy: 5n,
          priority: 'NORMAL',
          deadlineMs: null,
        };
      case 'CRM_EVENT_TOPIC':
        return {
          ...common,
          entityType: 'opportunity',
          entityId: 8n,
          entityName: 'Acme',
          value: 12_500.5,
          stage: null,
          metadata: {},
        };
      default:
        return {
          ...common,
          orderId: 9n,
          customerId: 4n,
          customerName: 'Acme',
          amount: 10,
          currency: 'EUR',
          dueAt: null,
          metadata: {},
        };
    }
  }

  #bad(): Sent {
    const eventId = `p-${this.#options.seed}-${this.#count++}`;
    const user = this.#users[1]!;
    const good = this.#encoded('TASK_EVENT_TOPIC', this.#mapped('TASK_EVENT_TOPIC', eventId, 'TASK_ASSIGNED', user));
    const value = this.#random.pick([
      () => Buffer.concat([Buffer.from([1]), good.subarray(1)]),
      () => {
        const unknown = Buffer.from(good);
        unknown.writeUInt32BE(987_650 + this.#random.below(2), 1);
        return unknown;
      },
      () => good.subarray(0, good.length - 1 - this.#random.below(8)),
      () =>
        this.#encoded('TASK_EVENT_TOPIC', {
          ...this.#mapped('TASK_EVENT_TOPIC', eventId, 'TASK_ASSIGNED', user),
          tenantId: 0n,
        }),
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
    return this.#send(
      'SALES_EVENT_TOPIC',
      eventId,
      this.#mapped('SALES_EVENT_TOPIC', eventId, 'ORDER_ARCHIVED', this.#users[1]!),
    );
  }

  #expect(eventId: string, recipients: readonly User[], channels: readonly Channel[]): void {
    this.#expected.set(eventId, {
      inApp: channels.includes('IN_APP') ? recipients.length : 0,
      email: channels.includes('EMAIL') ? recipients.filter(({ hasEmail }) => hasEmail).length : 0,
      push: channels.includes('PUSH') ? recipients.filter(({ hasDevice }) => hasDevice).length : 0,
      delivered: recipients.length,
    });
  }

  #send(topic: string, key: string, event: object): Sent {
    return { topic, message: { key, value: this.#encoded(topic, event) } };
  }

  #encoded(topic: string, event: object): Buffer {
    const record = RECORDS[topic]!;
    return encode(record, this.#options.ids.get(record)!, event);
  }
}
