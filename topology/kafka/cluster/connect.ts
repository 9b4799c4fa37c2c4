/** How every connection to the brokers is made: one cluster object a role, since each carries its own sockets. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Logger } from '../../../common/log.js';
import { isCertificateAlert } from './broker-fault.js';
import {
  ClusterClass,
  createKafkaLogger,
  type Cluster,
  type KafkaLogEntry,
  type SaslSettings,
  type SocketFactory,
} from '../protocol/internals.js';
import { meterRequests, type RequestListener } from './request-meter.js';

export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Read for each connection: what is in it may change. */
  readonly ssl?: ConnectionOptions | true | undefined;
  readonly sasl?: SaslSettings | undefined;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Is told of each request; not of an admin client's. */
  readonly onRequest?: RequestListener | undefined;
}

/** The isolation level of every read of ours. */
export const READ_COMMITTED = 1;

/** What any socket reads into: kafkajs, as mended, has copied it when the next read begins. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

/** Requests wait for answers, never for the kernel to fill a packet: Nagle is off. */
export const openSocket: SocketFactory = ({ host, port, ssl, onConnect }) => {
  const callback = (bytes: number): boolean => {
    socket.emit('data', READ_BUFFER.subarray(0, bytes));
    return true;
  };
  const options = { host, port, onread: { buffer: READ_BUFFER, callback } };
  // A listener may be chosen by the name (SNI); an address is none.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket: Socket = ssl ? connectTls({ ...options, ...name, ...ssl }, onConnect) : connect(options, onConnect);
  // First of its listeners: kafkajs takes over what stands there then.
  socket.on('error', explain);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  return socket;
};

function explain(error: NodeJS.ErrnoException): void {
  // The only error without a code is kafkajs's own, when what comes is no answer of a broker.
  error.code ??= 'ERR_NOT_KAFKA';
  if (isCertificateAlert(error.code))
    error.message = `the broker wants a client certificate, or refuses ours (${error.code}): see KAFKA_SSL_CERT and KAFKA_SSL_KEY`;
}

/** A kafkajs cluster: connections, metadata, coordinators. It never creates a topic by asking for it. */
export function createCluster(settings: KafkaSettings, log: Logger): Cluster {
  const cluster = new ClusterClass({
    logger: createKafkaLogger({ level: LEVEL_WARN, logCreator: () => (entry) => logKafka(log, entry) }),
    socketFactory: openSocket,
    brokers: settings.brokers,
    ssl: settings.ssl,
    sasl: settings.sasl,
    clientId: settings.clientId,
    connectionTimeout: settings.connectionTimeoutMs,
    authenticationTimeout: settings.connectionTimeoutMs,
    reauthenticationThreshold: 10_000,
    requestTimeout: settings.requestTimeoutMs,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    // Short: whoever calls waits and tries again in its own way, and says so in readiness.
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 2 },
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: READ_COMMITTED,
  });
  if (settings.onRequest) meterRequests(cluster, settings.onRequest);
  return cluster;
}

const LEVEL_WARN = 2;

/** kafkajs reports each failed connection as an error; to us it is an outage that readiness names once. */
function logKafka(log: Logger, { namespace, log: { message, error, broker } }: KafkaLogEntry): void {
  log.debug({ component: `kafkajs:${namespace}`, broker, error }, message);
}
