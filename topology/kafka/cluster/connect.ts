/** How every connection to the brokers is made: one cluster object a role, since each carries its own sockets. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';
import type { Logger } from '../../../common/log.js';
import {
  ClusterClass,
  createKafkaLogger,
  type Cluster,
  type KafkaLogEntry,
  type SocketFactory,
} from '../protocol/internals.js';

export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: ConnectionOptions | true | undefined;
  readonly sasl?: SASLOptions | undefined;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
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
  const socket: Socket = ssl ? connectTls({ ...options, ...ssl }, onConnect) : connect(options, onConnect);
  // The only error without a code is kafkajs's own, when what comes is no answer of a broker. First of its listeners.
  socket.on('error', (error: NodeJS.ErrnoException) => (error.code ??= 'ERR_NOT_KAFKA'));
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  return socket;
};

/** A kafkajs cluster: connections, metadata, coordinators. It never creates a topic by asking for it. */
export function createCluster(settings: KafkaSettings, log: Logger): Cluster {
  return new ClusterClass({
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
}

const LEVEL_WARN = 2;

/** kafkajs reports each failed connection as an error; to us it is an outage that readiness names once. */
function logKafka(log: Logger, { namespace, log: { message, error, broker } }: KafkaLogEntry): void {
  log.debug({ component: `kafkajs:${namespace}`, broker, error }, message);
}
