/** The stream role of a worker: its membership, its tasks, the directory they look in. */
import { atMost } from '../../common/at-most.js';
import { systemClock } from '../../common/clock.js';
import { GaugeRound } from '../../common/gauge-round.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import { projectVersion } from '../../common/project-root.js';
import type { Readiness } from '../../common/readiness.js';
import type { Reason } from '../../common/reasons.js';
import { stopController } from '../../common/stop-signal.js';
import { createActionUrlRule } from '../../processors/action-url.js';
import { loadTemplates } from '../../processors/load-templates.js';
import { createMappers } from '../../processors/map/mappers.js';
import type { RuleSet } from '../../processors/rules/rule-set.js';
import { rulesIn } from '../../processors/rules/shipped.js';
import type { SchemaCatalog } from '../../schemas/registry/catalog.js';
import { SourceDecoder } from '../../schemas/source-decoder.js';
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
import { createExecutor } from '../graph/executor.js';
import { NO_TRACING, type Tracing } from '../graph/tracing.js';
import { W3cTracing } from '../graph/w3c-tracing.js';
import { bootstrapTopic, sourceTopics } from '../graph/topology.js';
import { withTopicAdmin, type CleanupRule, type Connections, type Offsets } from '../kafka/index.js';
import { notifications } from '../notifications.js';
import { NotificationState } from '../stores/notification-state.js';
import { UnknownTemplates } from '../stores/unknown-templates.js';
import { Bootstrap, type BootstrapHost } from '../task/bootstrap.js';
import { DeadLetterLimit } from '../task/dead-letter-limit.js';
import { NO_BOOTSTRAP, type BootstrapSource, type TaskLimits } from '../task/task-parts.js';
import type { Config } from './config.js';
import { contractTopicsOn } from './contract-topics.js';
import { ensureInternalTopics } from './internal-topics.js';
import { LiveRules, type CompiledRules } from './live-rules.js';
import type { RoleHost } from './role-host.js';
import type { Measured } from './scrape.js';
import type { Resumed } from './paused-partitions.js';
import type { ProducerSettings } from './task-producer.js';
import { measureStore } from './store-metrics.js';
import { NO_TASKS, type TasksStatus } from './status.js';
import { streamCleanupRules } from './topic-cleanup.js';
import { TopologyRunner, type RunnerSettings } from './topology-runner.js';

export interface StreamRoleOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly connections: Connections;
  readonly catalog: SchemaCatalog;
  readonly rules: RuleSet;
  readonly host: RoleHost;
}

const COMMIT_BYTES = 8 * 1024 * 1024;
const BUFFER_BYTES = 2 * 1024 * 1024;
/** How long a start that is under way may take to come to its next step when the worker stops. */
const START_MS = 1000;

const DISK_FULL: Reason = { code: 'disk-full' };
const NOT_OPENED: Reason = { code: 'not-opened' };

export class StreamRole implements BootstrapHost, Measured {
  readonly #options: StreamRoleOptions;
  readonly #topology: ReturnType<typeof notifications>;
  readonly #decoder: SourceDecoder;
  readonly #tracing: Tracing;
  readonly #rules: LiveRules;
  readonly #stop = stopController();
  /** Known once the state directory is ours. */
  #folder: { readonly directory: string; readonly lock: DirectoryLock; readonly space: FreeSpace } | undefined;
  #state: { readonly environment: StateEnvironment; readonly directory: UserDirectory } | undefined;
  #started: Promise<void> | undefined;
  #runner: TopologyRunner | undefined;

  /** Makes the map, reads the templates and compiles the rules: what is wrong with them is known at once. */
  constructor(options: StreamRoleOptions) {
    this.#options = options;
    const { config, rules, catalog, metrics, log } = options;
    this.#topology = notifications(rules.sources);
    this.#decoder = new SourceDecoder(catalog, rules.sources);
    this.#tracing = tracingOf(config);
    const load = (): CompiledRules => this.#compile(rulesIn(config.rulesDir));
    this.#rules = new LiveRules({ ...{ load, metrics, log }, first: this.#compile(rules) });
    options.readiness.probe('state', () =>
      this.#folder?.space.reason !== undefined ? DISK_FULL : this.#state ? undefined : NOT_OPENED,
    );
    options.readiness.set('tasks', { code: 'no-task' });
    options.readiness.set('group', { code: 'not-joined' });
    options.readiness.set('directory', { code: 'not-read' });
  }

  /** Reads the rules and the templates again, soon. */
  reloadRules(): void {
    this.#rules.reload();
  }

  /** Physical names of the topics that must exist: every one but our own. Throws ConfigError where two have one name. */
  topics(): string[] {
    const { config, rules } = this.#options;
    return contractTopicsOn(config.names, rules.sources);
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
    const unknownTemplates = new UnknownTemplates(log);
    const runner = new TopologyRunner({
      ...{ topology: this.#topology, names, connections },
      job: {
        executor: () => this.#rules.running,
        encoder,
        schemas: this.#options.catalog,
        bootstrap: this.#createBootstrap(offsets, feed),
        startFrom: config.startFrom,
        limits: limitsOf(config),
      },
      stores: {
        create: (task) => new NotificationState(environment, task, shape, directory, unknownTemplates),
        stored: () => storedOffsets(environment),
        space,
        damaged: quarantinedDamage(folder),
      },
      deadLetters: new DeadLetterLimit(dlqBytes),
      worker: {
        ...{ metrics, log, clock: systemClock, tracing: this.#tracing, fatal: (error) => this.fatal(error) },
        outage: (task, error) => connections.outages.report(`task ${task}`, error),
      },
      memory: new MemberMemory(environment),
      settings: settingsOf(config),
      readiness,
      rules: () => this.#rules.running.rules,
    });
    this.#runner = runner;
    runner.start();
    readiness.probe('tasks', () => runner.notReady());
  }

  /** Tasks are being taken over. */
  get isTakingOver(): boolean {
    return this.#runner?.isTakingOver ?? false;
  }

  /** As TaskGroup.resumeDeadLetters. */
  resumeDeadLetters(partition: string | undefined): Resumed {
    return this.#runner?.resumeDeadLetters(partition) ?? { kind: 'unknown' };
  }

  status(): TasksStatus {
    return this.#runner?.status() ?? NO_TASKS;
  }

  /** Where the store lies; undefined before `claimDirectory`. */
  get directory(): string | undefined {
    return this.#folder?.directory;
  }

  /** Something that waiting does not cure: the worker ends. */
  fatal(error: unknown): void {
    this.#options.host.fatal(error);
  }

  /** Brings the gauges up to date. */
  async measure(): Promise<void> {
    const { metrics, log } = this.#options;
    const round = new GaugeRound();
    await this.#runner?.measure(round);
    round.publish();
    if (!this.#folder) return;
    const { space } = this.#folder;
    await measureStore({ space, state: this.#state, entries: this.#runner?.entries ?? 0 }, metrics, log);
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

  /** Throws ConfigError for what is wrong with the templates, or cannot be served. */
  #compile(rules: RuleSet): CompiledRules {
    const { config } = this.#options;
    const templates = loadTemplates([config.templatesDir, rules.templatesDir]);
    const mappers = createMappers(rules, {
      templates,
      locales: config.locales,
      actionUrl: createActionUrlRule(config.actionUrlSchemes),
    });
    const executor = createExecutor(this.#topology, {
      services: { decoder: this.#decoder, mappers, unknownTypes: config.unknownTypes },
      appId: config.appId,
      stackTraces: config.dlqStackTraces,
      maxEventBytes: config.maxEventBytes,
      topicName: (topic) => config.names.physical(topic),
    });
    return {
      ...{ rules, templates: templates.sources },
      executor: this.#tracing.around(executor),
      rulesVersion: rules.version,
    };
  }

  #createBootstrap(offsets: Offsets, feed: DirectoryFeed): BootstrapSource {
    const { config, connections, metrics, log } = this.#options;
    const source = bootstrapTopic(this.#topology);
    if (source === undefined) return NO_BOOTSTRAP;
    return new Bootstrap(
      {
        source,
        topic: config.names.physical(source),
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
      sources: sourceTopics(this.#topology),
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

function tracingOf({ tracing, names, kafka }: Config): Tracing {
  if (tracing === 'off') return NO_TRACING;
  const topicName = (topic: string): string => names.physical(topic);
  return new W3cTracing({ version: projectVersion(), group: names.group, clientId: kafka.clientId, topicName });
}

function settingsOf(config: Config): RunnerSettings {
  return {
    ...producerSettings(config),
    sessionTimeoutMs: config.sessionTimeoutMs,
    standbyReplicas: config.standbyReplicas,
    acceptableLag: config.acceptableLagRecords,
    unknownTypesWaitMs: config.unknownTypesWaitMs,
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
    deadLetterBudget: config.deadLetterBudget,
  };
}

function storedOffsets(environment: StateEnvironment): Map<number, number> {
  return new Map([...storedTasks(environment)].map(([task, { changelogOffset }]) => [task, changelogOffset]));
}
