/** The stream role of a worker: its place in the group, its tasks, the directory they look in. */
import { streamCleanupRules, type CleanupRule, type Connections } from '../kafka/index.js';
import { loadTemplates } from '../../processors/load-templates.js';
import type { SchemaCatalog } from '../../schemas/registry/catalog.js';
import type { EventEncoder } from '../../schemas/codecs.js';
import type { DirectoryLock } from '../../state/lmdb/directory-lock.js';
import type { StateEnvironment } from '../../state/lmdb/environment.js';
import { MemberMemory } from '../../state/member-memory.js';
import { openState } from '../../state/open-state.js';
import { FreeSpace } from '../../state/lmdb/free-space.js';
import { quarantinedDamage } from '../../state/lmdb/quarantine.js';
import { takeStateFolder } from '../../state/state-folder.js';
import { windowShape } from '../../state/dedup/stream-time.js';
import { UserDirectory } from '../../state/directory/user-directory.js';
import { atMost } from '../../common/at-most.js';
import { Bootstrap } from '../task/bootstrap.js';
import { systemClock } from '../../common/clock.js';
import type { Config } from './config.js';
import { DirectoryFeed } from '../feeds/directory-feed.js';
import { createExecutor, type Executor } from '../graph/executor.js';
import { ensureInternalTopics } from './internal-topics.js';
import { createCluster, Leaders, Membership, withTopicAdmin, type Deal, type Offsets } from '../kafka/index.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import { bootstrapTopic } from '../graph/graph.js';
import { notifications } from '../notifications.js';
import type { Readiness } from '../../common/readiness.js';
import type { Reason } from '../../common/reasons.js';
import { SOURCE_TOPICS } from '../../common/record.js';
import { stopController } from '../../common/stop-signal.js';
import { DeadLetterLimit } from '../task/dead-letter-limit.js';
import { CONTRACT_TOPICS } from '../../common/topic-names.js';
import { TaskGroup, type TaskGroupOptions } from './task-group.js';
import { createTaskProducer } from './task-producer.js';

export interface StreamRoleOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly connections: Connections;
  readonly catalog: SchemaCatalog;
  /** Waits for the registry. */
  readonly encoder: () => Promise<EventEncoder>;
  /** Something that waiting does not cure: the worker is to end. */
  readonly fatal: (error: unknown) => void;
}

const BOOTSTRAP_TOPIC = bootstrapTopic(notifications);
const COMMIT_BYTES = 8 * 1024 * 1024;
const BUFFER_BYTES = 2 * 1024 * 1024;
/** Also how late a worker may hear that the group moves, while the others wait for it. */
const HEARTBEAT_MS = 250;
/** Also for how long the other sources may stand still when one was deleted. */
const METADATA_INTERVAL_MS = 5000;
const LEAVE_MS = 500;
/** How long a start that is under way may take to come to its next step when the worker stops. */
const START_MS = 1000;

const DISK_FULL: Reason = { code: 'disk-full' };
const NOT_OPENED: Reason = { code: 'not-opened' };

export class StreamRole {
  readonly #options: StreamRoleOptions;
  readonly #templates: ReturnType<typeof loadTemplates>;
  readonly #stop = stopController();
  /** Known once the state directory is ours. */
  #folder: { readonly directory: string; readonly lock: DirectoryLock; readonly room: FreeSpace } | undefined;
  #state: { readonly environment: StateEnvironment; readonly directory: UserDirectory } | undefined;
  #started: Promise<void> | undefined;
  #group: TaskGroup | undefined;
  #membership: Membership | undefined;
  #running: Promise<void> = Promise.resolve();
  #closeCoordination: () => Promise<void> = () => Promise.resolve();

  /** Reads the templates: what is wrong with them is known at once. */
  constructor(options: StreamRoleOptions) {
    this.#options = options;
    this.#templates = loadTemplates(options.config.TEMPLATES_DIR);
    options.readiness.probe('state', () =>
      this.#folder?.room.reason !== undefined ? DISK_FULL : this.#state ? undefined : NOT_OPENED,
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
    const folder = await takeStateFolder(config.STATE_DIR, log);
    this.#folder = { ...folder, room: new FreeSpace(folder.directory, log) };
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
    const encoder = await unlessStopped(this.#options.encoder());
    const feed = this.#startDirectory(offsets);
    const dlqBytes = await unlessStopped(connections.maxMessageBytes(names.physical('NOTIFICATION_DLQ')));
    const deadLetters = new DeadLetterLimit(dlqBytes);
    const limits = {
      commitIntervalMs: config.COMMIT_INTERVAL_MS,
      commitRecords: config.COMMIT_RECORDS,
      commitBytes: COMMIT_BYTES,
      bufferBytes: BUFFER_BYTES,
      retryAttempts: config.RETRY_ATTEMPTS,
      retryBackoffMs: config.RETRY_BACKOFF_MS,
    };
    this.#join({
      names,
      offsets,
      fetcher: connections.fetcher,
      metrics,
      log,
      startFrom: config.START_FROM,
      environment,
      room: this.#folder!.room,
      damagedStore: quarantinedDamage(this.#folder!.directory),
      shape: windowShape(config.DEDUP_WINDOW),
      executor: this.#createExecutor(),
      encoder,
      directory,
      clock: systemClock,
      limits,
      deadLetters,
      createProducer: (task) => createTaskProducer(config, task, log),
      resolveSchema: (schemaId, wait) => this.#options.catalog.resolve(schemaId, wait),
      confirm: (generation) => this.#membership!.confirm(generation),
      directoryCaughtUp: (signal) => feed.caughtUp(signal),
      bootstrap: this.#createBootstrap(offsets, feed),
      bootstrapTopic: BOOTSTRAP_TOPIC,
      outage: (task, error) => connections.outages.report(`task ${task}`, error),
      fatal: this.#options.fatal,
    });
    readiness.probe('tasks', () => this.#group!.notReady());
  }

  /** Brings the gauges up to date. */
  async measure(): Promise<void> {
    await this.#group?.measure();
    this.#options.metrics.directory_entries.set(this.#state?.directory.size ?? 0);
  }

  /** Commits what is in flight, leaves the group, closes the state. A start that is under way goes no further. */
  async stop(deadlineMs: number): Promise<void> {
    if (!this.#group) this.#stop.abort();
    // What it opens is closed as well; brokers that do not answer must not hold up the end.
    await atMost(this.#started?.catch(() => undefined) ?? Promise.resolve(), START_MS);
    await this.#group?.stop(deadlineMs);
    // Brokers that do not answer must not hold up the end: the session times out, the next owner settles the rest.
    if (this.#membership) await atMost(this.#membership.leave(), LEAVE_MS);
    this.#stop.abort();
    await this.#closeCoordination();
    await atMost(this.#running, LEAVE_MS);
    await this.#state?.environment.close();
    await this.#folder?.lock.release();
  }

  async #openState(): Promise<{ environment: StateEnvironment; directory: UserDirectory }> {
    const { config, connections, log } = this.#options;
    const identity = { group: config.names.group, cluster: await connections.clusterId() };
    this.#stop.signal.throwIfAborted();
    const { directory: folder, room } = this.#folder!;
    const options = { directory: folder, identity, room, log };
    const environment = await openState(options, this.#stop.signal);
    return (this.#state = { environment, directory: new UserDirectory(environment) });
  }

  #join(services: TaskGroupOptions['services']): void {
    const { config, log, metrics, readiness, connections, fatal } = this.#options;
    const { names } = config;
    const group = new TaskGroup({
      services,
      environment: services.environment,
      memory: new MemberMemory(services.environment),
      metrics,
      prepare: (deal) => this.#refreshGrown(deal),
      rejoin: () => this.#membership!.rejoin(),
      outage: (error) => connections.outages.report('group', error),
      joined: () => readiness.set('group', undefined),
      left: () => readiness.set('group', { code: 'rejoining' }),
      // No heartbeat is sent meanwhile.
      suspendMs: Math.min(3000, Math.floor(config.SESSION_TIMEOUT_MS / 3)),
    });
    const cluster = createCluster(config.kafka, log);
    const leaders = new Leaders(cluster);
    const membership = new Membership(
      cluster,
      leaders,
      {
        groupId: names.group,
        topics: SOURCE_TOPICS.map((topic) => names.physical(topic)),
        sessionTimeoutMs: config.SESSION_TIMEOUT_MS,
        rebalanceTimeoutMs: Math.max(config.SESSION_TIMEOUT_MS, 30_000),
        heartbeatIntervalMs: Math.min(HEARTBEAT_MS, Math.floor(config.SESSION_TIMEOUT_MS / 6)),
        metadataIntervalMs: METADATA_INTERVAL_MS,
        placement: { standbyReplicas: config.STANDBY_REPLICAS, acceptableLag: config.ACCEPTABLE_LAG },
        // Decided when the changelog was made, for good: what a partition has seen is in its task's store.
        maxTasks: connections.leaders.partitionCount(names.changelog),
      },
      group,
      log,
    );
    this.#group = group;
    this.#membership = membership;
    this.#closeCoordination = () => cluster.disconnect();
    this.#running = this.#options.connections
      .patiently(async () => {
        await cluster.connect();
        await leaders.track(SOURCE_TOPICS.map((topic) => names.physical(topic)));
      }, 'group')
      .then(() => membership.run())
      .catch((error: unknown) => fatal(error));
  }

  #createExecutor(): Executor {
    const { config, catalog } = this.#options;
    return createExecutor(notifications, {
      decoder: catalog,
      templates: this.#templates,
      actionUrlSchemes: config.ACTION_URL_SCHEMES,
      unknownTypes: config.UNKNOWN_TYPES,
      appId: config.APP_ID,
      stackTraces: config.DLQ_STACK_TRACES,
      maxEventBytes: config.MAX_EVENT_BYTES,
      topicName: (topic) => config.names.physical(topic),
    });
  }

  #createBootstrap(offsets: Offsets, feed: DirectoryFeed): Bootstrap {
    const { config, connections, metrics, log, fatal } = this.#options;
    return new Bootstrap(
      {
        topic: config.names.physical(BOOTSTRAP_TOPIC),
        waitMs: config.DIRECTORY_WAIT_MS,
        isTakingOver: () => this.#group?.isTakingOver ?? false,
        clock: systemClock,
        ...{ connections, offsets, feed, metrics, log, fatal },
      },
      this.#stop.signal,
    );
  }

  #startDirectory(offsets: Offsets): DirectoryFeed {
    const { config, connections, catalog, metrics, log, readiness, fatal } = this.#options;
    const topic = config.names.physical('USER_DIRECTORY');
    const { signal } = this.#stop;
    const feed = new DirectoryFeed({
      topic,
      partitions: connections.leaders.partitionCount(topic),
      directory: this.#state!.directory,
      room: this.#folder!.room,
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
        if (!signal.aborted) fatal(error);
      });
    connections
      .patiently(() => begun.then(() => feed.caughtUp(signal)), 'directory')
      .then(
        () => readiness.set('directory', undefined),
        (error: unknown) => {
          if (!signal.aborted) fatal(error);
        },
      );
    return feed;
  }

  /** The sources grew: what we know of the topics follows. */
  async #refreshGrown({ partitions }: Deal): Promise<void> {
    const { connections } = this.#options;
    if ([...partitions].every(([topic, count]) => connections.leaders.partitionCount(topic) === count)) return;
    await connections.patiently(() => connections.leaders.refresh(), 'topics');
  }

  async #ensureInternalTopics(): Promise<void> {
    const { config, connections } = this.#options;
    const options = {
      names: config.names,
      partitions: config.MAX_TASKS,
      replicationFactor: config.REPLICATION_FACTOR,
      dedupWindowMs: config.DEDUP_WINDOW,
    };
    await connections.patiently(
      () => withTopicAdmin(config.kafka, (admin) => ensureInternalTopics(admin, options)),
      'topics',
    );
  }
}
