/** The gateway role of a worker: every committed in-app notification, from whichever worker, to its user's sockets. */
import type { Ack, AckRecorder } from '../../gateway/delivery-records.js';
import { Gateway } from '../../gateway/gateway.js';
import { DEFAULT_LIMITS } from '../../gateway/limits.js';
import { createTokenVerifier } from '../../gateway/token.js';
import type { RoleHost } from './role-host.js';
import type { Config } from './config.js';
import type { FeedDecoder } from '../feeds/decode-feed.js';
import { connectionsWithin } from './descriptors.js';
import { tokenOptions } from './token-options.js';
import { gatewayCleanupRules } from './topic-cleanup.js';
import { messageOf } from '../../common/errors.js';
import { InAppFeed } from '../feeds/in-app-feed.js';
import { EventProducer, type CleanupRule, type Connections } from '../kafka/index.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import type { Readiness } from '../../common/readiness.js';
import type { Reason } from '../../common/reasons.js';
import { stopController } from '../../common/stop-signal.js';

export interface GatewayRoleOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly connections: Connections;
  /** `health`: whether the registry answers. */
  readonly decoder: FeedDecoder & { readonly health: { readonly ready: boolean } };
  readonly host: RoleHost;
  /** How many files this process may have open. */
  readonly descriptorLimit: number;
}

const FEED_WAITS: Reason = { code: 'feed-waits' };

export class GatewayRole implements AckRecorder {
  readonly #options: GatewayRoleOptions;
  readonly #gateway: Gateway;
  readonly #producer: EventProducer;
  readonly #stop = stopController();
  #feed: InAppFeed | undefined;
  /** Reads of the in-app topic that wait for a schema. */
  #resolving = 0;
  #keysFault: string | undefined;

  constructor(options: GatewayRoleOptions) {
    const { config, metrics, log, readiness } = options;
    this.#options = options;
    this.#producer = new EventProducer({ ...config.kafka, clientId: `${config.kafka.clientId}-gateway` });
    this.#gateway = new Gateway({
      host: config.gatewayHost,
      port: config.gatewayPort,
      allowedOrigins: config.gatewayAllowedOrigins,
      tokens: createTokenVerifier({
        ...tokenOptions(config),
        onKeysRead: (fault) => this.#keysRead(fault),
      }),
      history: () => this.#feed,
      recorder: this,
      metrics,
      log,
      limits: connectionsWithin(options.descriptorLimit, DEFAULT_LIMITS.maxSockets),
    });
    readiness.set('gateway', { code: 'not-followed' });
  }

  /** One line when it begins to fail, and one when it works again. */
  #keysRead(fault: string | undefined): void {
    const { log, metrics } = this.#options;
    metrics.key_set_reads_total.inc({ outcome: fault === undefined ? 'read' : 'failed' });
    if (fault !== undefined && this.#keysFault === undefined)
      log.warn({ error: fault }, 'the key set cannot be read: keys that were read before stay good');
    else if (fault === undefined && this.#keysFault !== undefined) log.info('the key set is read again');
    this.#keysFault = fault;
  }

  /** Physical names of the topics that must exist. */
  topics(): string[] {
    const { names } = this.#options.config;
    return [names.physical('NOTIFICATION_INAPP_TOPIC'), names.physical('NOTIFICATION_DELIVERED_TOPIC')];
  }

  cleanupRules(): readonly CleanupRule[] {
    return gatewayCleanupRules(this.#options.config.names);
  }

  /** Those of the options, counting who waits: while the registry is away, these are what it holds up. */
  get #decoder(): FeedDecoder {
    const { decoder } = this.#options;
    return {
      decodeSink: (topic, value) => decoder.decodeSink(topic, value),
      resolve: async (schemaId, options) => {
        this.#resolving += 1;
        try {
          await decoder.resolve(schemaId, options);
        } finally {
          this.#resolving -= 1;
        }
      },
    };
  }

  get #isHeldUp(): boolean {
    return this.#resolving > 0 && !this.#options.decoder.health.ready;
  }

  /** Resolves with the bound port. */
  listen(): Promise<number> {
    return this.#gateway.listen();
  }

  /** Waits for brokers and registry, then follows the in-app topic from its end. */
  async start(): Promise<void> {
    const { config, connections, readiness, host } = this.#options;
    const topic = config.names.physical('NOTIFICATION_INAPP_TOPIC');
    await connections.track([topic]);
    await this.#options.host.encoder();
    const offsets = connections.offsets(config.names.group);
    this.#feed = await InAppFeed.open(
      {
        ...{ ...this.#options, decoder: this.#decoder, topic, offsets, gateway: this.#gateway },
        isTraced: config.tracing === 'w3c',
      },
      this.#stop.signal,
    );
    this.#feed.run().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) host.fatal(error);
    });
    readiness.probe('gateway', () => (this.#isHeldUp ? FEED_WAITS : undefined));
  }

  /** Takes no new sockets from now on; serves those that are open. */
  refuse(): void {
    this.#gateway.refuse();
  }

  /** Closes the sockets, over `spreadMs`; what is committed elsewhere goes out to those that are open still. */
  async stop(deadlineMs: number, spreadMs: number): Promise<void> {
    await this.#gateway.close(deadlineMs, spreadMs);
    this.#stop.abort();
    await this.#producer
      .close()
      .catch((error: unknown) =>
        this.#options.log.debug({ error: messageOf(error) }, "the acks' producer did not close"),
      );
  }

  /** What the client confirmed, for logging_tracker. At least once: an answer that is lost makes the client ask again. */
  async record({ tenantId, userId, notificationId, eventId }: Ack): Promise<void> {
    const encoder = await this.#options.host.encoder();
    const value = encoder.encode('NOTIFICATION_DELIVERED_TOPIC', {
      eventId,
      notificationId,
      timestamp: BigInt(Date.now()),
      tenantId,
      userId,
      deliveries: [{ channel: 'IN_APP', status: 'DELIVERED', reason: null }],
    });
    await this.#producer.send(this.#options.config.names.physical('NOTIFICATION_DELIVERED_TOPIC'), eventId, value);
    const { metrics } = this.#options;
    metrics.records_out_total.inc({ topic: 'NOTIFICATION_DELIVERED_TOPIC' });
    metrics.deliveries_total.inc({ channel: 'IN_APP', status: 'DELIVERED', reason: 'none' });
  }
}
