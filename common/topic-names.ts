/** From logical topic names to the names on the brokers. Every name of ours is made of TOPIC_PREFIX and APP_ID. */
import { SINK_TOPICS, SOURCE_TOPICS, type SinkTopic, type SourceTopic } from './record.js';

export type LogicalTopic = SourceTopic | SinkTopic;

/** What the configuration may rename: every topic of the contract. */
export const CONTRACT_TOPICS = [
  ...SOURCE_TOPICS,
  ...SINK_TOPICS.filter((topic) => topic !== 'USER_DIRECTORY'),
] as const;

export class TopicNames {
  readonly #prefix: string;
  readonly #appId: string;
  readonly #names: ReadonlyMap<string, string>;
  readonly #logical: ReadonlyMap<string, SourceTopic>;

  /** `renamed` gives another default name to a topic of the contract; the prefix goes before it all the same. */
  constructor(prefix: string, appId: string, renamed: Readonly<Partial<Record<LogicalTopic, string>>> = {}) {
    this.#prefix = prefix;
    this.#appId = appId;
    this.#names = new Map(
      [...SOURCE_TOPICS, ...SINK_TOPICS].map((topic) => [
        topic,
        topic === 'USER_DIRECTORY' ? `${prefix}${appId}-user-directory` : prefix + (renamed[topic] ?? topic),
      ]),
    );
    this.#logical = new Map(SOURCE_TOPICS.map((topic) => [this.physical(topic), topic]));
  }

  physical(topic: LogicalTopic): string {
    return this.#names.get(topic)!;
  }

  /** The source topic behind a name on the brokers. */
  source(physical: string): SourceTopic | undefined {
    return this.#logical.get(physical);
  }

  /** Consumer group of the stream workers. */
  get group(): string {
    return this.#prefix + this.#appId;
  }

  /** Changelog of the tasks' dedup entries and positions: partition k is task k's. */
  get changelog(): string {
    return `${this.#prefix}${this.#appId}-dedup-changelog`;
  }

  transactionalId(task: number): string {
    return `${this.#prefix}${this.#appId}-${task}`;
  }
}
