/** The stream role of a worker: its membership, its tasks, the directory they look in. */
import { atMost } from '../../common/at-most.js';
import { systemClock } from '../../common/clock.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import type { Readiness } from '../../common/readiness.js';
import type { Reason } from '../../common/reasons.js';
import { stopController } from '../../common/stop-signal.js';
import { CONTRACT_TOPICS } from '../../common/topic-names.js';
import { loadTemplates } from '../../processors/load-templates.js';
import type { SchemaCatalog } from '../../schemas/registry/catalog.js';
import { windowShape } from '../../state/dedup/stream-time.js';
import { storedTasks } from '../../state/dedup/task-store.js';
import { UserDirectory } from '../../state/directory/user-directory.js';
import { quarantinedDamage } from '../../state/lmdb/quarantine.js';
import type { DirectoryLock } from '../../state/lmdb/directory-lock.js';
import type { StateEnvironment } from '../../state/lmdb/environment.js';
import { FreeSpace } from '../../state/lmdb/free-space.js';
import { MemberMemory } from '../../state/member-memory.js';
import { openState } from '../../state/open-state.js';
import { takeStateFolder } from '../../state/state-folder.js';
import { DirectoryFeed } from '../feeds/directory-feed.js';
import { createExecutor, type Executor } from '../graph/executor.js';
import { bootstrapTopic } from '../graph/topology.js';
import { withTopicAdmin, type CleanupRule, type Connections, type Offsets } from '../kafka/index.js';
import { notifications } from '../notifications.js';
import { NotificationState } from '../stores/notification-state.js';
import { Bootstrap, type BootstrapHost } from '../task/bootstrap.js';
import { DeadLetterLimit } from '../task/dead-letter-limit.js';
import type { TaskLimits } from '../task/task-parts.js';
import type { Config } from './config.js';
import { ensureInternalTopics } from './internal-topics.js';
import type { RoleHost } from './role-host.js';
import type { Measured } from './scrape.js';
import type { ProducerSettings } from './task-producer.js';
import { streamCleanupRules } from './topic-cleanup.js';
import { TopologyRunner, type RunnerSettings } from './topology-runner.js';

export interface StreamRoleOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly connections: Connections;
  readonly catalog: SchemaCatalog;
  readonly host: RoleHost;
}

const BOOTSTRAP_TOPIC = bootstrapTopic(notifications)!;
const COMMIT_BYTES = 8 * 1024 * 1024;
const BUFFER_BYTES = 2 * 1024 * 1024;
/** How long a start that is under way may take to come to its next step when the worker stops. */
const START_MS = 1000;

const DISK_FULL: Reason = { code: 'disk-full' };
const NOT_OPENED: Reason = { code: 'not-opened' };

export class StreamRole implements BootstrapHost, Measured {
  readonly #options: StreamRoleOptions;
  readonly #templates: ReturnType<typeof loadTemplates>;
  readonly #stop = stopController();
  /** Known once the state directory is ours. */
  #folder: { readonly directory: string; readonly lock: DirectoryLock; readonly space: FreeSpace } | undefined;
  #state: { readonly environment: StateEnvironment; readonly directory: UserDirectory } | undefined;
  #started: Promise<void> | undefined;
  #runner: TopologyRunner | undefined;

  /** Reads the templates: what is wrong with them is known at once. */
  constructor(options: StreamRoleOptions) {
    this.#options = options;
    this.#templates = loadTemplates(options.config.templatesDir);
    options.readiness.probe('state', () =>
      this.#folder?.space.reason !== undefined ? DISK_FULL : this.#state ? undefined : NOT_OPENED,
    );
    options.readiness.set('tasks', { code: 'no-task' });
    options.readiness.set('group', { code: 'not-joined' });
    options.readiness.set('directory', { code: 'not-read' });
  }

  /** Physical names of the topics that must exist: every one of the contract. */
  topics(): string[] {
    return CONTRACT_TOPICS.map((topic) => this.#options.config.names.physical(topic));
  }

  cleanupRules(): readonly CleanupRule[] {
    return streamCleanupRules(this.#options.config.names);
  }

  /** Takes the state directory. Rejects with FatalError when another process has it, or others may write in it. */
  async claimDirectory(): Promise<void> {
    const { config, log } = this.#options;
    const folder = await takeStateFolder(config.stateDir, log);
    this.#folder = { ...folder, space: new FreeSpace(folder.directory, log) };
  }

  /** Waits for brokers and registry, then joins the group. Rejects with FatalError or ConfigError, and when it is stopped. */
  start(): Promise<void> {
    return (this.#started ??= this.#start());
  }

  async #start(): Promise<void> {
    const { config, connections, metrics, log, readiness } = this.#options;
    const { names } = config;
    const { signal } = this.#stop;
    const unlessStopped = async <T>(step: Promise<T>): Promise<T> => {
      const done = await step;
      signal.throwIfAborted();
      return done;
    };
    await unlessStopped(connections.track(this.topics()));
    const { environment, directory } = await unlessStopped(this.#openState());
    await unlessStopped(this.#ensureInternalTopics());
    await unlessStopped(connections.track([names.changelog, names.physical('USER_DIRECTORY')]));
    const offsets = connections.offsets(names.group);
    const encoder = await unlessStopped(this.#options.host.encoder());
    const feed = this.#startDirectory(offsets);
    const dlqBytes = await unlessStopped(connections.maxMessageBytes(names.physical('NOTIFICATION_DLQ')));
    const { space, directory: folder } = this.#folder!;
    const shape = windowShape(config.dedupWindowMs);
    const runner = new TopologyRunner({
      ...{ topology: notifications, names, connections },
      job: {
        executor: this.#createExecutor(),
        encoder,
        schemas: this.#options.catalog,
        bootstrap: this.#createBootstrap(offsets, feed),
        startFrom: config.startFrom,
        limits: limitsOf(config),
      },
      stores: {
        create: (task) => new NotificationState(environment, task, shape, directory),
        stored: () => storedOffsets(environment),
        space,
        damaged: quarantinedDamage(folder),
      },
      deadLetters: new DeadLetterLimit(dlqBytes),
      worker: {
        ...{ metrics, log, clock: systemClock, fatal: (error) => this.fatal(error) },
        outage: (task, error) => connections.outages.report(`task ${task}`, error),
      },
      memory: new MemberMemory(environment),
      settings: settingsOf(config),
      readiness,
    });
    this.#runner = runner;
    runner.start();
    readiness.probe('tasks', () => runner.notReady());
  }

  /** Tasks are being taken over. */
  get isTakingOver(): boolean {
    return this.#runner?.isTakingOver ?? false;
  }

  /** Something that waiting does not cure: the worker ends. */
  fatal(error: unknown): void {
    this.#options.host.fatal(error);
  }

  /** Brings the gauges up to date. */
  async measure(): Promise<void> {
    await this.#runner?.measure();
    this.#options.metrics.directory_entries.set(this.#state?.directory.size ?? 0);
  }

  /** Commits what is in flight, leaves the group, closes the state. A start that is under way goes no further. */
  async stop(deadlineMs: number): Promise<void> {
    if (!this.#runner) this.#stop.abort();
    // What it opens is closed as well; brokers that do not answer must not hold up the end.
    await atMost(this.#started?.catch(() => undefined) ?? Promise.resolve(), START_MS);
    await this.#runner?.stop(deadlineMs);
    this.#stop.abort();
    await this.#state?.environment.close();
    await this.#folder?.lock.release();
  }

  async #openState(): Promise<{ environment: StateEnvironment; directory: UserDirectory }> {
    const { config, connections, log } = this.#options;
    const identity = { group: config.names.group, cluster: await connections.clusterId() };
    this.#stop.signal.throwIfAborted();
    const { directory: folder, space } = this.#folder!;
    const options = { directory: folder, identity, space, log };
    const environment = await openState(options, this.#stop.signal);
    return (this.#state = { environment, directory: new UserDirectory(environment) });
  }

  #createExecutor(): Executor {
    const { config, catalog } = this.#options;
    return createExecutor(notifications, {
      services: {
        decoder: catalog,
        templates: this.#templates,
        actionUrlSchemes: config.actionUrlSchemes,
        unknownTypes: config.unknownTypes,
      },
      appId: config.appId,
      stackTraces: config.dlqStackTraces,
      maxEventBytes: config.maxEventBytes,
      topicName: (topic) => config.names.physical(topic),
    });
  }

  #createBootstrap(offsets: Offsets, feed: DirectoryFeed): Bootstrap {
    const { config, connections, metrics, log } = this.#options;
    return new Bootstrap(
      {
        source: BOOTSTRAP_TOPIC,
        topic: config.names.physical(BOOTSTRAP_TOPIC),
        waitMs: config.directoryWaitMs,
        host: this,
        clock: systemClock,
        ...{ connections, offsets, feed, metrics, log },
      },
      this.#stop.signal,
    );
  }

  #startDirectory(offsets: Offsets): DirectoryFeed {
    const { config, connections, catalog, metrics, log, readiness } = this.#options;
    const topic = config.names.physical('USER_DIRECTORY');
    const { signal } = this.#stop;
    const feed = new DirectoryFeed({
      topic,
      partitions: connections.leaders.partitionCount(topic),
      directory: this.#state!.directory,
      space: this.#folder!.space,
      fetcher: connections.fetcher,
      offsets,
      decoder: catalog,
      metrics,
      clock: systemClock,
      log,
    });
    const begun = connections.patiently(() => feed.begin(signal), 'directory');
    begun
      .then(() => feed.run(signal))
      .catch((error: unknown) => {
        if (!signal.aborted) this.fatal(error);
      });
    connections
      .patiently(() => begun.then(() => feed.caughtUp(signal)), 'directory')
      .then(
        () => readiness.set('directory', undefined),
        (error: unknown) => {
          if (!signal.aborted) this.fatal(error);
        },
      );
    return feed;
  }

  async #ensureInternalTopics(): Promise<void> {
    const { config, connections } = this.#options;
    const options = {
      names: config.names,
      partitions: config.maxTasks,
      replicationFactor: config.replicationFactor,
      dedupWindowMs: config.dedupWindowMs,
    };
    await connections.patiently(
      () => withTopicAdmin(config.kafka, (admin) => ensureInternalTopics(admin, options)),
      'topics',
    );
  }
}

function settingsOf(config: Config): RunnerSettings {
  return {
    ...producerSettings(config),
    sessionTimeoutMs: config.sessionTimeoutMs,
    standbyReplicas: config.standbyReplicas,
    acceptableLag: config.acceptableLagRecords,
  };
}

/** What the producers of tasks are made with. */
export function producerSettings(config: Config): ProducerSettings {
  return {
    kafka: config.kafka,
    transactionTimeoutMs: config.transactionTimeoutMs,
    requestTimeoutMs: config.requestTimeoutMs,
  };
}

function limitsOf(config: Config): TaskLimits {
  return {
    commitIntervalMs: config.commitIntervalMs,
    commitRecords: config.commitRecords,
    commitBytes: COMMIT_BYTES,
    bufferBytes: BUFFER_BYTES,
    retryAttempts: config.retryAttempts,
    retryBackoffMs: config.retryBackoffMs,
  };
}

function storedOffsets(environment: StateEnvironment): Map<number, number> {
  return new Map([...storedTasks(environment)].map(([task, { changelogOffset }]) => [task, changelogOffset]));
}
