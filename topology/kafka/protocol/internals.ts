/**
 * The parts of kafkajs 2.2.4 (pinned) that we build on below its public API: cluster, broker and connection.
 * Why not its consumer and producer classes: docs/kafkajs.md. Typed here, and nowhere else.
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { FatalError, OutageError } from '../../../common/errors.js';
import { errorType } from './protocol-errors.js';
import type { AuthenticationProviderArgs, Authenticator, Mechanism } from 'kafkajs';

const load = createRequire(import.meta.url);

/** A request that is already encoded, and how its response is read. */
export interface RawRequest<T> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    /** `more` comes behind `buffer`: a piece of the body each, sent from where it lies. */
    readonly encode: () => Promise<{ readonly buffer: Buffer; readonly more: readonly Buffer[] }>;
  };
  readonly response: {
    readonly decode: (payload: Buffer) => Promise<{ readonly value: T }>;
    readonly parse: (decoded: { readonly value: T }) => Promise<T>;
  };
  /** ms; kafkajs takes the larger of this and the connection's own. */
  readonly requestTimeout?: number | null;
}

/** The connections to one broker. */
export interface ConnectionPool {
  send<T>(request: RawRequest<T>): Promise<T>;
}

export interface Broker {
  readonly nodeId: number;
  /** What it speaks, by api key; null before it was asked. */
  readonly versions?: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>> | null;
  readonly connectionPool: ConnectionPool;
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  joinGroup(request: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    groupProtocols: { name: string; metadata: Buffer }[];
  }): Promise<{
    generationId: number;
    leaderId: string;
    memberId: string;
    groupProtocol: string;
    members: { memberId: string; memberMetadata: Buffer }[];
  }>;
  syncGroup(request: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
  listOffsets(request: {
    replicaId?: number;
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[];
  }): Promise<{ responses: { topic: string; partitions: { partition: number; offset: string }[] }[] }>;
}

interface PartitionMetadata {
  readonly partitionId: number;
  readonly leader: number;
}

export interface Cluster {
  readonly connectionPoolBuilder: { build(address?: object): Promise<ConnectionPool> };
  /** What metadata is asked of; one that does not exist fails the question for all. */
  readonly targetTopics: Set<string>;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findTopicPartitionMetadata(topic: string): PartitionMetadata[];
  findBroker(node: { nodeId: number | string }): Promise<Broker>;
  findControllerBroker(): Promise<Broker>;
  findGroupCoordinator(request: { groupId: string; coordinatorType?: number }): Promise<Broker>;
}

export type SocketFactory = (options: {
  host: string;
  port: number;
  ssl: ConnectionOptions | null;
  onConnect: () => void;
}) => Socket;

interface ClusterOptions {
  readonly logger: unknown;
  readonly socketFactory: SocketFactory;
  readonly brokers: readonly string[];
  readonly ssl?: ConnectionOptions | true | undefined;
  readonly sasl?: SaslSettings | undefined;
  readonly clientId: string;
  readonly connectionTimeout: number;
  readonly authenticationTimeout: number;
  readonly reauthenticationThreshold: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly metadataMaxAge: number;
  readonly retry: { initialRetryTime: number; maxRetryTime: number; retries: number };
  readonly allowAutoTopicCreation: boolean;
  readonly maxInFlightRequests: number | null;
  readonly isolationLevel: number;
}

export const ClusterClass = load('kafkajs/src/cluster') as new (options: ClusterOptions) => Cluster;

export const createKafkaLogger = (
  load('kafkajs/src/loggers') as {
    createLogger: (options: {
      level: number;
      logCreator: (level: number) => (entry: KafkaLogEntry) => void;
    }) => unknown;
  }
).createLogger;

export interface KafkaLogEntry {
  readonly namespace: string;
  readonly level: number;
  readonly log: { readonly message: string; readonly error?: string; readonly [name: string]: unknown };
}

/** How connections authenticate. `prepare`: what must be had before a broker is asked for anything. */
export interface SaslSettings extends Mechanism {
  readonly prepare?: () => Promise<void>;
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

type AuthenticatorFactory = (args: AuthenticationProviderArgs) => Authenticator;

const AUTHENTICATORS = {
  plain: 'plain',
  'scram-sha-256': 'scram256',
  'scram-sha-512': 'scram512',
} as const;

/** kafkajs's own side of a mechanism, by its name. */
export function passwordAuthenticator(
  mechanism: keyof typeof AUTHENTICATORS,
  credentials: Credentials,
): AuthenticatorFactory {
  const path = `kafkajs/src/broker/saslAuthenticator/${AUTHENTICATORS[mechanism]}`;
  return (load(path) as (credentials: Credentials) => AuthenticatorFactory)(credentials);
}

interface SaslAuthenticator {
  readonly connection: { readonly sasl: SaslSettings };
  authenticate(): Promise<void>;
}

const { prototype: saslAuthenticator } = load('kafkajs/src/broker/saslAuthenticator') as {
  readonly prototype: SaslAuthenticator;
};
const authenticate = Reflect.get(saslAuthenticator, 'authenticate');

/** Those by which a broker has taken us. */
const accepted = new WeakSet<SaslSettings>();

/**
 * kafkajs asks for a token in the middle of the exchange; while none can be had, the connection stays there, and the broker
 * takes its next request for nonsense (ILLEGAL_SASL_STATE). So it is had before the exchange begins.
 * A mechanism that is refused ends the worker; one that was taken before is waited for: a broker came back with other settings.
 */
saslAuthenticator.authenticate = async function () {
  const { sasl } = this.connection;
  await sasl.prepare?.();
  try {
    await authenticate.call(this);
    accepted.add(sasl);
  } catch (error) {
    if (errorType(error) !== 'UNSUPPORTED_SASL_MECHANISM') throw error;
    const name = sasl.mechanism.toUpperCase();
    if (!accepted.has(sasl))
      throw new FatalError(`the brokers do not take SASL ${name}: see KAFKA_SASL_MECHANISM`, error);
    const message = `a broker does not take SASL ${name} any more: see its sasl.enabled.mechanisms`;
    throw new OutageError(message, undefined, { code: 'broker-credentials' });
  }
};

interface AssignerProtocol {
  readonly MemberMetadata: {
    encode(metadata: { version: number; topics: string[]; userData: Buffer }): Buffer;
    decode(buffer: Buffer): { version: number; topics: string[]; userData: Buffer };
  };
  readonly MemberAssignment: {
    encode(assignment: { version: number; assignment: Record<string, number[]>; userData: Buffer }): Buffer;
    decode(buffer: Buffer): { version: number; assignment: Record<string, number[]>; userData: Buffer | null } | null;
  };
}

export const { MemberMetadata, MemberAssignment } = load('kafkajs/src/consumer/assignerProtocol') as AssignerProtocol;

/**
 * kafkajs reads the code of a request when it is first made, from files: a process that has no descriptor left by then
 * ends. Read all of it before anybody can connect to us.
 */
export function loadRequests(): void {
  const root = dirname(load.resolve('kafkajs/src/protocol/requests'));
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.js')) load(join(root, file));
}
