/** What the checks look at: each question is asked once, however many checks want the answer. */
import { messageOf } from '../../../common/errors.js';
import { sayReason } from '../../../common/reasons.js';
import type { SourceSpec } from '../../../schemas/source-spec.js';
import { RegistryClient } from '../../../schemas/registry/registry-client.js';
import { RegistryOutageError } from '../../../schemas/registry/registry-outage.js';
import { ownSubjects, type OwnSubject } from '../../../schemas/registry/own-subjects.js';
import { viewSubject, type SubjectView } from '../../../schemas/registry/subjects.js';
import {
  brokerFault,
  isMissingRight,
  isOutage,
  mayJoin,
  mayWriteTransactions,
  viewCluster,
  withTopicAdmin,
  type ClusterView,
  type TopicView,
} from '../../kafka/index.js';
import type { Config } from '../../worker/config.js';
import { contractTopicsOn } from '../../worker/contract-topics.js';

/** Who was to answer does not: what it was asked is not known. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

const TOPIC_SETTINGS = [
  'cleanup.policy',
  'max.message.bytes',
  'message.timestamp.type',
  'retention.ms',
  'min.insync.replicas',
] as const;
export type TopicSetting = (typeof TOPIC_SETTINGS)[number];

/** The settings of a topic; undefined where we may not ask for them. */
type TopicSettings = ReadonlyMap<string, string> | undefined;

/** A subject of ours, and what the registry holds under it. */
export interface ViewedSubject {
  readonly own: OwnSubject;
  readonly view: SubjectView;
}

/** A topic that there is, with its settings. */
export interface SetTopic extends TopicView {
  readonly settings: TopicSettings;
}

export class Examined {
  readonly config: Config;
  readonly sources: readonly SourceSpec[];
  readonly registry: RegistryClient;
  #cluster: Promise<ClusterView> | undefined;
  #set: Promise<readonly SetTopic[]> | undefined;
  #levels: Promise<void> | undefined;
  #views: Promise<readonly ViewedSubject[]> | undefined;

  constructor(config: Config, sources: readonly SourceSpec[]) {
    this.config = config;
    this.sources = sources;
    this.registry = new RegistryClient(config.registry);
  }

  get isStream(): boolean {
    return this.config.roles.includes('stream');
  }

  get isGateway(): boolean {
    return this.config.roles.includes('gateway');
  }

  /** Topics that must exist before a worker of these roles starts, by their names on the brokers. */
  get contractTopics(): readonly string[] {
    const { names } = this.config;
    if (this.isStream) return contractTopicsOn(names, this.sources);
    return [names.physical('NOTIFICATION_INAPP_TOPIC'), names.physical('NOTIFICATION_DELIVERED_TOPIC')];
  }

  /** Changelog and user directory, which the first start makes. */
  get internalTopics(): readonly string[] {
    const { names } = this.config;
    return this.isStream ? [names.changelog, names.physical('USER_DIRECTORY')] : [];
  }

  get subjects(): readonly OwnSubject[] {
    const all = ownSubjects(this.sources, (topic) => this.config.names.physical(topic));
    return this.isStream ? all : all.filter(({ kind }) => kind === 'sink');
  }

  cluster(): Promise<ClusterView> {
    return (this.#cluster ??= answered(
      viewCluster(this.config.kafka, [...this.contractTopics, ...this.internalTopics]),
    ));
  }

  /** The topics that there are, with their settings. */
  topics(): Promise<readonly SetTopic[]> {
    return (this.#set ??= this.#askSettings());
  }

  mayJoin(groupId: string): Promise<boolean> {
    return answered(mayJoin(this.config.kafka, groupId));
  }

  mayWriteTransactions(transactionalId: string): Promise<boolean> {
    return answered(mayWriteTransactions(this.config.kafka, transactionalId));
  }

  /** Rejects with NoAnswerError when the registry does not answer as one does. */
  registryAnswers(): Promise<void> {
    return (this.#levels ??= answered(this.registry.ask({ method: 'GET', path: '/config' }).then(() => undefined)));
  }

  /** Rejects with NoAnswerError when the registry does not answer as one does. */
  async views(): Promise<readonly ViewedSubject[]> {
    await this.registryAnswers();
    return (this.#views ??= Promise.all(
      this.subjects.map(async (own) => ({ own, view: await viewSubject(this.registry, own) })),
    ));
  }

  async #askSettings(): Promise<readonly SetTopic[]> {
    const { topics } = await this.cluster();
    const there = topics.filter(({ state }) => state === 'there');
    return answered(
      withTopicAdmin(this.config.kafka, (admin) =>
        Promise.all(
          there.map(async (topic) => ({
            ...topic,
            settings: await unlessRefused(admin.settingsOf(topic.topic, TOPIC_SETTINGS)),
          })),
        ),
      ),
    );
  }
}

async function answered<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RegistryOutageError) throw new NoAnswerError(error.message, { cause: error });
    if (isOutage(error)) throw new NoAnswerError(sayReason(brokerFault(error)), { cause: error });
    throw new NoAnswerError(messageOf(error), { cause: error });
  }
}

async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMissingRight(error)) return undefined;
    throw error;
  }
}
