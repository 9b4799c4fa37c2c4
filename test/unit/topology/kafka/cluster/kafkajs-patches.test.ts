/** The mends under patches/: each test fails on kafkajs as published. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Encoder } from './kafkajs-internals.js';

const load = createRequire(import.meta.url);

interface RequestQueue {
  readonly throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  maybeThrottle(ms: number): void;
  push(request: { entry: { correlationId: number }; expectResponse: boolean; sendRequest: () => void }): void;
  destroy(): void;
}

const RequestQueueClass = load('kafkajs/src/network/requestQueue') as new (options: object) => RequestQueue;

function queue(): RequestQueue {
  const logger = { debug: () => undefined, warn: () => undefined };
  return new RequestQueueClass({
    maxInFlightRequests: null,
    requestTimeout: 1000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'test',
    logger,
  });
}

describe('a request', () => {
  it('is framed as kafkajs framed it: its size, its header, its body', async () => {
    const createRequest = load('kafkajs/src/protocol/request') as (options: object) => Promise<{ buffer: Buffer }>;
    for (const size of [0, 1, 511, 512, 100_000]) {
      const body = Buffer.alloc(size, 'x');
      const encode = (): Promise<object> => Promise.resolve({ buffer: body });
      const request = { apiKey: 22, apiVersion: 1, encode };
      for (const clientId of ['worker-0', 'größer', null]) {
        const { buffer } = await createRequest({ correlationId: 7, clientId, request });
        const header = new Encoder().writeInt16(22).writeInt16(1).writeInt32(7).writeString(clientId);
        const whole = header.writeEncoder({ buf: body, buffer: body });
        expect(buffer).toEqual(new Encoder().writeInt32(whole.size()).writeEncoder(whole).buffer);
      }
    }
  });
});

describe('the request queue of a connection', () => {
  // kafkajs #1704, #1751
  it('keeps no timer while nothing is pending', () => {
    const idle = queue();
    idle.checkPendingRequests();
    expect(idle.throttleCheckTimeoutId).toBeNull();
  });

  it('still sends a request that was held back by throttling', async () => {
    const throttled = queue();
    throttled.maybeThrottle(20);
    const sent = new Promise<void>((resolve) => {
      throttled.push({ entry: { correlationId: 1 }, expectResponse: true, sendRequest: resolve });
    });
    expect(throttled.throttleCheckTimeoutId).not.toBeNull();
    await sent;
    throttled.destroy();
  });
});

interface Connection {
  connect(): Promise<void>;
  processData(data: Buffer): void;
  sendAuthRequest(exchange: object): Promise<unknown>;
  disconnect(): Promise<void>;
  send(exchange: object): Promise<unknown>;
}

const ConnectionClass = load('kafkajs/src/network/connection') as new (options: object) => Connection;
const { createLogger } = load('kafkajs/src/loggers') as { createLogger: (options: object) => object };

/** Asks for something; the answer is its bytes. */
const EXCHANGE = {
  request: {
    apiKey: 1,
    apiVersion: 11,
    apiName: 'Fetch',
    encode: () => Promise.resolve({ buffer: Buffer.alloc(4) }),
  },
  response: {
    decode: (payload: Buffer) => Promise.resolve(payload),
    parse: (payload: Buffer) => Promise.resolve(payload.toString()),
  },
};

function newConnection(port: number, socketFactory?: (options: { onConnect: () => void }) => Socket): Connection {
  return new ConnectionClass({
    host: '127.0.0.1',
    port,
    requestTimeout: 1000,
    connectionTimeout: 1000,
    logger: createLogger({ level: 0, logCreator: () => () => undefined }),
    socketFactory,
  });
}

/** Keeps what was answered. */
class FulfilledQueue {
  readonly correlationIds: number[] = [];
  readonly payloads: Buffer[] = [];

  fulfillRequest({ correlationId, payload }: { correlationId: number; payload: Buffer }): void {
    this.correlationIds.push(correlationId);
    this.payloads.push(payload);
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** The answer to a request. */
function dotTo(request: Buffer): Buffer {
  return Buffer.concat([int32(5), int32(request.readInt32BE(8)), Buffer.from('.')]);
}

describe('a connection', () => {
  let opened = 0;
  let server: Server;
  let connection: Connection;

  const open = async (onSocket: (socket: Socket, which: number) => void, onReady = 'connect'): Promise<void> => {
    let accepted = 0;
    opened = 0;
    // Half open: what the client has given up may still be written to.
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('end', () => setTimeout(() => socket.end(), 100).unref());
      socket.on('error', () => undefined); // the client went away
      onSocket(socket, (accepted += 1));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    connection = newConnection(port, ({ onConnect }) => {
      opened += 1;
      return new Socket().connect({ host: '127.0.0.1', port }).once(onReady, onConnect);
    });
  };

  afterEach(async () => {
    await connection.disconnect();
    server.close();
  });

  it('is answered again after it was lost in the middle of a response', async () => {
    await open((socket, which) => {
      socket.on('data', (request) => {
        const body = Buffer.from('the whole answer');
        const head = Buffer.alloc(8);
        head.writeInt32BE(4 + body.length, 0);
        head.writeInt32BE(request.readInt32BE(8), 4); // the correlation id
        const answer = Buffer.concat([head, body]);
        if (which === 1) socket.end(answer.subarray(0, 12));
        else socket.write(answer);
      });
    });
    await connection.connect();
    await expect(connection.send(EXCHANGE)).rejects.toThrow('Closed connection');
    await connection.connect();
    expect(await connection.send(EXCHANGE)).toBe('the whole answer');
  });

  it('puts responses together however they were cut, and has copied what it was given', () => {
    const response = fc.uint8Array({ maxLength: 40 }).map((body) => Buffer.from(body));
    fc.assert(
      fc.property(
        fc.array(response, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        (bodies, cuts) => {
          const queue = new FulfilledQueue();
          const receiver = Object.assign(newConnection(0), { requestQueue: queue });
          const stream = Buffer.concat(
            bodies.map((body, index) => Buffer.concat([int32(4 + body.length), int32(index), body])),
          );
          const memory = Buffer.alloc(60);
          for (let at = 0, index = 0; at < stream.length; index += 1) {
            const length = stream.copy(memory, 0, at, at + cuts[index % cuts.length]!);
            receiver.processData(memory.subarray(0, length));
            memory.fill(0xff);
            at += length;
          }
          expect(queue.payloads).toEqual(bodies);
          expect(queue.correlationIds).toEqual(bodies.map((_, index) => index));
        },
      ),
    );
  });

  it.each([
    ['HTTP/1.1 400 Bad Request', 'a response begins with a size of 1213486160, expected from 4 to 268435456'],
    ['\0\0\0\x03\0\0\0', 'a response begins with a size of 3, expected from 4 to'],
    ['\xff\xff\xff\xff', 'a response begins with a size of -1, expected from 4 to'],
  ])('is closed when no broker listens there, and says what came: %j', async (answer, complaint) => {
    await open((socket) => socket.on('data', () => socket.write(Buffer.from(answer, 'latin1'))));
    await connection.connect();
    await expect(connection.send(EXCHANGE)).rejects.toThrow(complaint);
  });

  it('fails to authenticate when what is answered then is no broker, too', async () => {
    await open((socket) => socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request')));
    await connection.connect();
    const request = { encode: () => Promise.resolve(Buffer.from('a token')) };
    await expect(connection.sendAuthRequest({ request, response: EXCHANGE.response })).rejects.toThrow(
      'Connection closed by the server',
    );
  });

  it('takes nothing from a socket that it has given up', async () => {
    const sockets: Socket[] = [];
    await open((socket) => {
      sockets.push(socket);
      socket.on('data', (request) => {
        if (sockets.length === 1) return;
        sockets[0]!.write('HTTP/1.1 400 Bad Request', () => setImmediate(() => socket.write(dotTo(request))));
      });
    });
    await connection.connect();
    await connection.disconnect();
    await connection.connect();
    expect(await connection.send(EXCHANGE)).toBe('.');
    for (const socket of sockets) socket.destroy();
  });

  it.each([
    ['ends', (socket: Socket): void => void socket.end()],
    ['fails', (socket: Socket): void => void socket.resetAndDestroy()],
  ])('goes on when a socket that it has given up %s', async (_, giveUp) => {
    const sockets: Socket[] = [];
    await open((socket) => {
      sockets.push(socket);
      socket.on('data', (request) => {
        giveUp(sockets[0]!);
        setTimeout(() => socket.write(dotTo(request)), 20);
      });
    });
    await connection.connect();
    await connection.disconnect();
    await connection.connect();
    expect(await connection.send(EXCHANGE)).toBe('.');
  });

  it('sends a body in pieces as one whole, from where they lie', async () => {
    const pieces = [4, 1, 300_000, 0, 70_000].map((size, index) => Buffer.alloc(size, index + 1));
    const received: Buffer[] = [];
    await open((socket) => {
      socket.on('data', (data) => {
        received.push(data);
        const whole = Buffer.concat(received);
        if (whole.length < 4 || whole.length < 4 + whole.readInt32BE(0)) return;
        const answer = Buffer.alloc(8);
        answer.writeInt32BE(4, 0);
        whole.copy(answer, 4, 8, 12);
        socket.write(answer);
      });
    });
    await connection.connect();
    const [buffer, ...more] = pieces;
    const encode = (): Promise<object> => Promise.resolve({ buffer, more });
    await connection.send({ ...EXCHANGE, request: { ...EXCHANGE.request, encode } });
    const whole = Buffer.concat(received);
    expect(whole.readInt32BE(0)).toBe(whole.length - 4);
    expect(whole.subarray(-370_005).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('opens one socket, however many ask for it at once', async () => {
    await open(() => undefined);
    await Promise.all([connection.connect(), connection.connect(), connection.connect()]);
    expect(opened).toBe(1);
  });

  it('leaves no listener on a socket that connects, however many of those that shared it close it', async () => {
    const socket = connect({ host: 'nowhere.invalid', port: 1, lookup: () => undefined });
    const connection = newConnection(1, () => socket);
    connection.connect().catch(() => undefined);
    const before = socket.listenerCount('connect');
    for (let caller = 0; caller < 12; caller += 1) await connection.disconnect();
    expect(socket.listenerCount('connect')).toBeLessThanOrEqual(before + 2);
    socket.destroy();
  });

  it('fails when it is closed before it is ready, as in a TLS handshake', async () => {
    await open((socket) => socket.end(), 'secureConnect');
    await expect(connection.connect()).rejects.toMatchObject({ name: 'KafkaJSConnectionError' });
  });
});

interface BrokerPool {
  createBroker: (options: { connectionPool: { host: string } }) => FakeBroker;
  brokers: Record<string, FakeBroker>;
  seedBroker: FakeBroker | undefined;
  connect(): Promise<void>;
  findBroker(node: { nodeId: string }): Promise<FakeBroker>;
  withBroker(callback: (brokers: { nodeId: string }) => Promise<string>): Promise<string | null>;
}

/** Behind a balancer or a proxy that takes the connection of a broker that is gone, and closes it. */
class FakeBroker {
  tries = 0;
  readonly connectionPool: { readonly host: string };

  constructor(connectionPool: { readonly host: string }) {
    this.connectionPool = connectionPool;
  }

  isConnected(): boolean {
    return false;
  }

  connect(): Promise<void> {
    this.tries += 1;
    const { host } = this.connectionPool;
    if (host !== 'gone') return Promise.resolve();
    return Promise.reject(new KafkaJSConnectionClosedError('Closed connection', { host, port: 9092 }));
  }

  disconnect(): Promise<void> {
    return Promise.resolve();
  }
}

const BrokerPoolClass = load('kafkajs/src/cluster/brokerPool') as new (options: object) => BrokerPool;
const { KafkaJSConnectionClosedError } = load('kafkajs/src/errors') as {
  KafkaJSConnectionClosedError: new (message: string, broker: { host: string; port: number }) => Error;
};

it('a broker may be named by its IPv6 address, in brackets', async () => {
  const build = load('kafkajs/src/cluster/connectionPoolBuilder') as (options: object) => {
    build: () => Promise<{ host: string; port: number }>;
  };
  const logger = createLogger({ level: 0, logCreator: () => () => undefined });
  const builder = build({ brokers: ['[fd00::2]:9092', 'kafka:9093'], logger });
  const built = [await builder.build(), await builder.build()].map(({ host, port }) => `${host} ${port}`);
  expect(built.sort()).toEqual(['fd00::2 9092', 'kafka 9093']);
});

describe('the brokers of a cluster, of which one closes every connection', () => {
  function pool(seeds: readonly string[]): BrokerPool {
    const left = [...seeds];
    const logger = { namespace: () => logger, error: () => undefined, debug: () => undefined };
    const brokers = new BrokerPoolClass({
      logger,
      retry: { initialRetryTime: 1, maxRetryTime: 2, retries: 2 },
      connectionPoolBuilder: { build: () => Promise.resolve({ host: left.shift() }) },
    });
    brokers.createBroker = ({ connectionPool }) => new FakeBroker(connectionPool);
    return brokers;
  }

  it('are reached by the next one of the list', async () => {
    const brokers = pool(['gone', 'there']);
    await brokers.connect();
    expect(brokers.seedBroker?.connectionPool.host).toBe('there');
  });

  it('are asked where the coordinator is, whichever of them is the first to be asked', async () => {
    const brokers = pool([]);
    brokers.brokers = { 1: new FakeBroker({ host: 'gone' }), 2: new FakeBroker({ host: 'there' }) };
    for (let time = 0; time < 20; time += 1)
      expect(await brokers.withBroker(({ nodeId }) => Promise.resolve(nodeId))).toBe('2');
  });

  it('have not answered when none of them does: whoever asks is told why, and reads no null', async () => {
    const brokers = pool([]);
    brokers.brokers = { 1: new FakeBroker({ host: 'gone' }) };
    await expect(brokers.withBroker(({ nodeId }) => Promise.resolve(nodeId))).rejects.toThrow('Closed connection');
  });

  it('are not connected to again and again: whoever asks finds out who has taken over', async () => {
    const brokers = pool([]);
    brokers.brokers = { 1: new FakeBroker({ host: 'gone' }) };
    await expect(brokers.findBroker({ nodeId: '1' })).rejects.toThrow('Closed connection');
    expect(brokers.brokers['1']!.tries).toBe(1);
  });
});
