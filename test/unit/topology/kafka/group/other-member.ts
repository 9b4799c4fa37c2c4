/** Another member of a group on the brokers in memory, which does what a test says. */
import { MemberMetadata, type Broker } from '../../../../../topology/kafka/protocol/internals.js';
import type { MemoryKafka } from '../memory-kafka.js';

export const GROUP = 'g';
export const SOURCES = ['tasks', 'crm'];

/** Another member of the group, which joins and syncs when the test says so; when it came first, it leads. */
export class Other {
  readonly #node: Broker;
  readonly #topics: string[];
  userData: Buffer = Buffer.alloc(0);
  memberId = '';
  #generationId = -1;

  private constructor(node: Broker, topics: string[]) {
    this.#node = node;
    this.#topics = topics;
  }

  static async inGroup(kafka: MemoryKafka, topics = SOURCES): Promise<Other> {
    return new Other(await kafka.cluster().findGroupCoordinator({ groupId: GROUP }), topics);
  }

  /** Resolves when the group has gathered. */
  async join(): Promise<void> {
    const metadata = MemberMetadata.encode({ version: 1, topics: this.#topics, userData: this.userData });
    const { memberId, generationId } = await this.#node.joinGroup({
      groupId: GROUP,
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      memberId: this.memberId,
      groupProtocols: [{ name: 'notification-streams', metadata }],
    });
    this.memberId = memberId;
    this.#generationId = generationId;
  }

  /** Gives what the leader assigned to it; as the leader, assigns this to another member. */
  async sync(to = '', memberAssignment: Buffer = Buffer.alloc(0)): Promise<Buffer> {
    const synced = await this.#node.syncGroup({
      groupId: GROUP,
      generationId: this.#generationId,
      memberId: this.memberId,
      groupAssignment: [{ memberId: to, memberAssignment }],
    });
    return synced.memberAssignment;
  }
}
