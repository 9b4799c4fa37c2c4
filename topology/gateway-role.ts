/** The gateway role of a worker: every committed in-app notification, from whichever worker, to its user's sockets. */
import { setMaxListeners } from 'node:events';
import { Gateway } from '../processors/fanout/gateway.js';
import type { Ack } from '../processors/fanout/session.js';
import { createTokenVerifier } from '../processors/fanout/token.js';
import type { EventEncoder } from '../schemas/codecs.js';
import type { Config } from './config.js';
import type { Connections } from './connections.js';
import { decodeFeed, type FeedDecoder } from './decode-feed.js';
import { messageOf } from './errors.js';
import { EventProducer, PartitionFeed } from './kafka/index.js';
import type { Logger } from './log.js';
import type { Metrics } from './metrics.js';
import type { Readiness } from './readiness.js';

export interface GatewayRoleOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly connections: Connections;
  readonly decoder: FeedDecoder;
  /** A new one, which is the role's own. Waits for the registry. */
  readonly encoder: () => Promise<EventEncoder>;
  readonly fatal: (error: unknown) => void;
}

const ANSWER_MS = 15_000;

export class GatewayRole {
  readonly #options: GatewayRoleOptions;
  readonly #gateway: Gateway;
  readonly #producer: EventProducer;
  readonly #stop = new AbortController();

  constructor(options: GatewayRoleOptions) {
    const { config, metrics, log, readiness } = options;
    this.#options = options;
    this.#producer = new EventProducer(config.kafka);
    this.#gateway = new Gateway({
      host: config.GATEWAY_HOST,
      port: config.GATEWAY_PORT,
      allowedOrigins: config.GATEWAY_ALLOWED_ORIGINS,
      tokens: createTokenVerifier({
        jwtSecret: config.JWT_SECRET,
        jwksUrl: config.JWKS_URL,
        issuer: config.JWT_ISSUER,
        audience: config.JWT_AUDIENCE,
      }),
      onAck: (ack) => this.#acknowledge(ack),
      metrics,
      log,
    });
    // A feed a partition waits on it.
    setMaxListeners(0, this.#stop.signal);
    readiness.set('gateway', 'the in-app topic is not read yet');
  }

  /** Physical names of the topics that must exist. */
  topics(): string[] {
    const { names } = this.#options.config;
    return [names.physical('NOTIFICATION_INAPP_TOPIC'), names.physical('NOTIFICATION_DELIVERED_TOPIC')];
  }

  /** Resolves with the bound port. */
  listen(): Promise<number> {
    return this.#gateway.listen();
  }

  /** Waits for brokers and registry, then follows the in-app topic from its end. */
  async start(): Promise<void> {
    const { config, connections, readiness, fatal } = this.#options;
    const topic = config.names.physical('NOTIFICATION_INAPP_TOPIC');
    await connections.track([topic]);
    const count = connections.leaders.partitionCount(topic);
    await this.#options.encoder();
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
    const offsets = connections.offsets(config.names.group);
    const topicId = (await connections.patiently(() => offsets.topicIds([topic], ANSWER_MS), 'gateway')).get(topic);
    const ends = await connections.patiently(() => offsets.at('latest', partitions, ANSWER_MS), 'gateway');
    for (const { partition, offset } of ends) {
      this.#follow(topic, topicId, partition, offset).catch((error: unknown) => {
        if (!this.#stop.signal.aborted) fatal(error);
      });
    }
    readiness.set('gateway', undefined);
  }

  async stop(deadlineMs: number): Promise<void> {
    await this.#gateway.close(deadlineMs);
    this.#stop.abort();
    await this.#producer
      .close()
      .catch((error: unknown) =>
        this.#options.log.debug({ error: messageOf(error) }, "the acks' producer did not close"),
      );
  }

  async #follow(topic: string, topicId: string | undefined, partition: number, from: number): Promise<void> {
    const { connections } = this.#options;
    const { signal } = this.#stop;
    const feed = new PartitionFeed(`${topic}-${partition}`);
    connections.fetcher.add(topic, partition, from, feed, topicId);
    while (!signal.aborted) {
      const { records } = await feed.next(signal);
      for (const { value, offset, timestamp } of records) {
        const notification =
          value && (await decodeFeed('NOTIFICATION_INAPP_TOPIC', value, offset, this.#options, signal));
        if (notification)
          this.#gateway.publish(notification.tenantId, notification.userId, { notification, appendedAt: timestamp });
      }
    }
  }

  /** What the client confirmed, for logging_tracker. At least once: an answer that is lost makes the client ask again. */
  async #acknowledge({ tenantId, userId, notificationId, eventId }: Ack): Promise<void> {
    const encoder = await this.#options.encoder();
    const value = encoder.encode('NOTIFICATION_DELIVERED_TOPIC', {
      eventId,
      notificationId,
      timestamp: BigInt(Date.now()),
      tenantId,
      userId,
      deliveries: [{ channel: 'IN_APP', status: 'DELIVERED', reason: null }],
    });
    await this.#producer.send(this.#options.config.names.physical('NOTIFICATION_DELIVERED_TOPIC'), eventId, value);
    this.#options.metrics.records_out_total.inc({ topic: 'NOTIFICATION_DELIVERED_TOPIC' });
  }
}
