/** A worker process: the roles it was given, the operators' endpoint, and an orderly end. */
import { Registry } from 'prom-client';
import { DEFAULT_LIMITS } from '../../gateway/limits.js';
import type { RuleSet } from '../../processors/rules/rule-set.js';
import { SchemaCatalog } from '../../schemas/registry/catalog.js';
import type { EventEncoder } from '../../schemas/codecs.js';
import { AvroEncoder } from '../../schemas/encoder.js';
import type { RegistryHealth } from '../../schemas/registry/registry-health.js';
import { lookUpSinkSchemas, subjectOf } from '../../schemas/registry/registry.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import type { Config } from './config.js';
import { ControlSocket } from './control.js';
import { answerLine, type ControlledWorker } from './control-protocol.js';
import { descriptorLimit, probersWithin, warnWhenLow } from './descriptors.js';
import { FatalError, messageOf } from '../../common/errors.js';
import type { GatewayRole, GatewayRoleOptions } from './gateway-role.js';
import { HttpEndpoint } from './http.js';
import { brokerFault, Connections, loadRequests } from '../kafka/index.js';
import type { Logger } from '../../common/log.js';
import { createMetrics } from '../../common/metrics.js';
import { Outages } from '../../common/outages.js';
import { Readiness } from '../../common/readiness.js';
import { projectVersion } from '../../common/project-root.js';
import { sayReason, type Reason } from '../../common/reasons.js';
import { LiveLogLevel, type LevelStatus, type LogLevel } from './log-level.js';
import type { Resumed } from './paused-partitions.js';
import { collectProcess, kafkaRequests, registryRequests } from './process-metrics.js';
import type { RoleHost } from './role-host.js';
import { SecretWatch } from './secret-watch.js';
import { handOver } from './shutdown.js';
import { NO_TASKS, type WorkerStatus } from './status.js';
import { StreamRole } from './stream-role.js';

export class Worker implements RoleHost, ControlledWorker {
  readonly #config: Config;
  readonly #log: Logger;
  readonly #ends: (error: unknown) => void;
  readonly #connections: Connections;
  readonly #http: HttpEndpoint;
  readonly #readiness: Readiness;
  readonly #catalog: SchemaCatalog;
  readonly #registry: RegistryClient;
  readonly #secrets: SecretWatch;
  readonly #stream: StreamRole | undefined;
  readonly #loadGateway: (() => Promise<GatewayRole>) | undefined;
  readonly #stop = new AbortController();
  readonly #logLevel: LiveLogLevel;
  #control: ControlSocket | undefined;
  #gateway: GatewayRole | undefined;
  #encoder: Promise<EventEncoder> | undefined;
  #stopping: Promise<void> | undefined;

  /** `fatal` is called at most once, for what waiting does not cure: the process is to end. */
  constructor(given: Config, rules: RuleSet, log: Logger, fatal: (error: unknown) => void) {
    this.#ends = fatal;
    this.#log = log;
    this.#logLevel = new LiveLogLevel(log);
    const limit = descriptorLimit();
    warnWhenLow(limit, given.roles.includes('gateway') ? DEFAULT_LIMITS.maxSockets : 0, log);
    const registry = new Registry();
    const { sources } = rules;
    const topics = sources.map(({ topic }) => topic);
    const metrics = createMetrics(registry, topics);
    collectProcess(registry, metrics);
    const config = (this.#config = { ...given, kafka: { ...given.kafka, onRequest: kafkaRequests(metrics) } });
    const readiness = (this.#readiness = new Readiness(metrics, config.roles));
    const outages = new Outages(brokerFault, log);
    this.#secrets = new SecretWatch({ live: config.live, metrics, log });
    this.#connections = new Connections(config.kafka, config.maxRecordBytes, outages, log);
    this.#registry = new RegistryClient({ ...config.registry, log, onRequest: registryRequests(metrics) });
    this.#catalog = new SchemaCatalog({
      ...{ client: this.#registry, sources },
      ownSubject: subjectOf(config.names.physical('NOTIFICATION_INAPP_TOPIC')),
      retryAttempts: config.retryAttempts,
      retryBackoffMs: config.retryBackoffMs,
      log,
    });
    readiness.probe('broker', (role) => outages.reason(role));
    readiness.probe('registry', () => registryReason(this.#catalog.health.outage));
    const common = { config, log, metrics, readiness, connections: this.#connections, host: this };
    if (config.roles.includes('stream')) this.#stream = new StreamRole({ ...common, rules, catalog: this.#catalog });
    if (config.roles.includes('gateway')) {
      this.#loadGateway = () => loadGateway({ ...common, decoder: this.#catalog, descriptorLimit: limit });
    }
    this.#http = new HttpEndpoint({
      registry,
      metrics,
      readiness,
      measured: this.#stream,
      maxConnections: probersWithin(limit),
      log,
    });
  }

  /** Listens at once, then waits for brokers and registry as long as it takes. Rejects with FatalError or ConfigError, and when it is stopped. */
  async start(): Promise<void> {
    // First of all: it has its say in whether the worker is ready.
    this.#gateway = await this.#loadGateway?.();
    // No code is read from files later: strangers may hold every descriptor by then.
    loadRequests();
    void this.#secrets.run(this.#stop.signal);
    const http = await this.#http.listen(this.#config.httpHost, this.#config.httpPort);
    this.#stop.signal.throwIfAborted();
    const gateway = await this.#gateway?.listen();
    this.#log.info({ http, gateway, roles: this.#config.roles, pid: process.pid }, 'listening');
    await this.#stream?.claimDirectory();
    this.#stop.signal.throwIfAborted();
    await this.#openControl();
    this.#stop.signal.throwIfAborted();
    // What either role lacks is named at once, before either begins.
    const topics = new Set([...(this.#stream?.topics() ?? []), ...(this.#gateway?.topics() ?? [])]);
    await this.#connections.refuseMissing([...topics]);
    // The stream's are the gateway's too.
    const rules = this.#stream?.cleanupRules() ?? this.#gateway?.cleanupRules() ?? [];
    await this.#connections.refuseWrongCleanup(rules);
    this.#stop.signal.throwIfAborted();
    await Promise.all([this.#stream?.start(), this.#gateway?.start()]);
    this.#log.info('started');
  }

  encoder(): Promise<EventEncoder> {
    return (this.#encoder ??= this.#createEncoder());
  }

  fatal(error: unknown): void {
    if (!this.#stopping) this.#ends(error);
  }

  /** Reads the rules and the templates again, soon, and takes them on between two commits if they are sound; secrets at once. */
  reload(): void {
    void this.#secrets.look();
    if (this.#stopping) this.#log.info('the worker stops: the rules are not read again');
    else if (this.#stream) this.#stream.reloadRules();
    else this.#log.info('a worker without the stream role has no rules to read again');
  }

  /** Finishes what is in flight, moves the tasks to others at once, leaves no open transaction; then closes the sockets. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#drain());
  }

  async #drain(): Promise<void> {
    this.#control?.close();
    this.#log.info('draining');
    this.#readiness.stop();
    this.#stop.abort();
    await handOver({ stream: this.#stream, gateway: this.#gateway, spreadMs: this.#config.shutdownSpreadMs });
    await this.#connections.close();
    this.#http.close();
    this.#log.info('stopped');
  }

  // ── what an operator asks ──────────────────────────────────────────────────────────────────────────────────────

  setLogLevel(level: LogLevel, seconds: number | undefined): LevelStatus {
    return this.#logLevel.set(level, seconds);
  }

  resumeDeadLetters(partition: string | undefined): Resumed | undefined {
    const resumed = this.#stream?.resumeDeadLetters(partition);
    if (resumed?.kind === 'resumed' && resumed.partitions.length > 0)
      this.#log.info({ partitions: resumed.partitions }, 'paused partitions are resumed by an operator');
    return resumed;
  }

  status(): WorkerStatus {
    const { pid } = process;
    const reasons = [...this.#readiness.reasons()].map(([part, reason]) => [part, sayReason(reason)]);
    return {
      ...{ version: projectVersion(), pid, roles: this.#config.roles },
      reasons: Object.fromEntries(reasons) as Record<string, string>,
      log: this.#logLevel.status,
      ...(this.#stream?.status() ?? NO_TASKS),
    };
  }

  async #openControl(): Promise<void> {
    const version = projectVersion();
    const control = await ControlSocket.open({
      ...{ stateDir: this.#config.stateDir, directory: this.#stream?.directory, log: this.#log },
      answer: (line) => answerLine(line, this, version),
    });
    if (this.#stopping) control?.close();
    else this.#control = control;
  }

  async #createEncoder(): Promise<EventEncoder> {
    const ids = await lookUpSinkSchemas({
      client: this.#registry,
      topicName: (topic) => this.#config.names.physical(topic),
      health: this.#catalog.health,
      signal: this.#stop.signal,
      backoffMs: 500,
      log: this.#log,
    });
    return new AvroEncoder(ids);
  }
}

function registryReason(outage: RegistryHealth['outage']): Reason | undefined {
  return outage && { code: `registry-${outage.fault}`, address: outage.address };
}

/** Loaded where it is wanted alone: uWebSockets.js is native code that does not load everywhere that Node runs. */
async function loadGateway(options: GatewayRoleOptions): Promise<GatewayRole> {
  const { GatewayRole } = await import('./gateway-role.js').catch((error: unknown) => {
    throw new FatalError(`the gateway cannot be loaded; a worker with ROLES=stream does without: ${messageOf(error)}`);
  });
  return new GatewayRole(options);
}
