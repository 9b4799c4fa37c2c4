/** From logical topic names to the names on the brokers. Every name of ours is made of TOPIC_PREFIX and APP_ID. */
import { OUTPUT_TOPICS, SINK_TOPICS, SOURCE_TOPICS, type SinkTopic, type SourceTopic } from './record.js';

export type LogicalTopic = SourceTopic | SinkTopic;

declare const physical: unique symbol;

/** A topic's name on the brokers, which TopicNames alone makes of a logical one. */
export type PhysicalTopic = string & { readonly [physical]: true };

/** What the configuration may rename: every topic of the contract. */
export const CONTRACT_TOPICS = [...SOURCE_TOPICS, ...OUTPUT_TOPICS] as const;

/** What a topology is called on the brokers. */
export interface TopologyNames {
  /** A topic's name on the brokers, of its logical one. */
  physical<Topic extends string>(topic: Topic extends PhysicalTopic ? never : Topic): PhysicalTopic;
  /** The consumer group. */
  readonly group: string;
  /** Partition k is the changelog of task k. */
  readonly changelog: PhysicalTopic;
  transactionalId(task: number): string;
}

/** A source partition's name on the brokers: `erp.TASK_EVENT_TOPIC-3`. */
export function partitionName(
  names: Pick<TopologyNames, 'physical'>,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): string {
  return `${names.physical(topic)}-${partition}`;
}

export class TopicNames implements TopologyNames {
  readonly #prefix: string;
  readonly #appId: string;
  /** What the tasks remember, and their positions: partition k is task k's. */
  readonly changelog: PhysicalTopic;
  readonly #names: ReadonlyMap<string, string>;

  /**
   * `renamed` gives another default name to a topic of the contract; the prefix goes before it all the same.
   * `changelog`: what the changelog's name ends in.
   */
  constructor(
    prefix: string,
    appId: string,
    renamed: Readonly<Partial<Record<LogicalTopic, string>>> = {},
    changelog = 'dedup-changelog',
  ) {
    this.#prefix = prefix;
    this.#appId = appId;
    this.changelog = `${prefix}${appId}-${changelog}` as PhysicalTopic;
    this.#names = new Map(
      [...SOURCE_TOPICS, ...SINK_TOPICS].map((topic) => [
        topic,
        topic === 'USER_DIRECTORY' ? `${prefix}${appId}-user-directory` : prefix + (renamed[topic] ?? topic),
      ]),
    );
  }

  /** The name on the brokers. A name on the brokers is no logical one: to give one does not compile. */
  physical<Topic extends string>(topic: Topic extends PhysicalTopic ? never : Topic): PhysicalTopic {
    return (this.#names.get(topic) ?? this.#prefix + topic) as PhysicalTopic;
  }

  /** Consumer group of the workers. */
  get group(): string {
    return this.#prefix + this.#appId;
  }

  transactionalId(task: number): string {
    return `${this.#prefix}${this.#appId}-${task}`;
  }

  /** Which dead letters were replayed, by whom and when. */
  get replays(): PhysicalTopic {
    return `${this.#prefix}${this.#appId}-dlq-replays` as PhysicalTopic;
  }

  /** Whoever replays dead letters writes under it: one at a time. */
  get replayTransactionalId(): string {
    return `${this.#prefix}${this.#appId}-dlq-replay`;
  }
}
