/**
 * A proxy before one broker that understands the protocol enough to tell requests apart: it can hold, delay or lose
 * them and their answers by API, cut connections, be slow, and be silent in one direction or both.
 *
 * Each connection keeps its order, as TCP does: what comes behind a held frame waits behind it. A request that is held
 * while its client gives up and goes away still reaches the broker in the end: the late packet of a zombie.
 */
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Frames } from './frames.js';
import { ownerOf } from './socket-owner.js';

/** Keys of the requests that the faults are about. */
export const API = {
  produce: 0,
  fetch: 1,
  heartbeat: 12,
  initProducerId: 22,
  endTxn: 26,
  txnOffsets: 28,
} as const;

export interface Rule {
  /** API keys; undefined: every one. */
  readonly apis?: readonly number[];
  readonly frame: 'request' | 'answer';
  /** Connections of this process alone. */
  readonly pid?: number;
  /** What happens to the frame: held for so many ms, lost, or its connection cut. */
  readonly does: { readonly hold: () => number } | 'lose' | 'cut' | 'tell';
  /** How many frames it takes at most. Default: no limit. */
  readonly times?: number;
  /** Told of each frame that it takes. */
  readonly onHit?: (pid: number | undefined) => void;
}

export interface ActiveRule {
  readonly hits: number;
  remove(): void;
}

export type Silence = 'both' | 'requests' | 'answers';

interface Entry {
  readonly rule: Rule;
  hits: number;
}

export class BrokerProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #connections = new Set<Connection>();
  readonly #rules: Entry[] = [];
  readonly #silences: { readonly pid: number | undefined; readonly silence: Silence }[] = [];
  /** Bytes that all connections together may send to the broker in a second; undefined: as many as they like. */
  #bytesASecond: number | undefined;
  #lineFreeAt = 0;
  /** ms added to each frame, each way. */
  #latency: (() => number) | undefined;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async listen(port: number, target: number): Promise<BrokerProxy> {
    const proxy = new BrokerProxy(target);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(port, '127.0.0.1', resolve);
    });
    return proxy;
  }

  add(rule: Rule): ActiveRule {
    const entry: Entry = { rule, hits: 0 };
    this.#rules.push(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => void this.#rules.splice(this.#rules.indexOf(entry) >>> 0, 1),
    };
  }

  slow(latency: (() => number) | undefined): void {
    this.#latency = latency;
  }

  /** Makes the line to the broker thin, for all connections together. */
  thin(bytesASecond: number | undefined): void {
    this.#bytesASecond = bytesASecond;
  }

  /** Lets nothing through, and says nothing of it, until the answer is called: then what waited arrives late. */
  silence(silence: Silence, pid?: number): () => void {
    const entry = { pid, silence };
    this.#silences.push(entry);
    return () => {
      this.#silences.splice(this.#silences.indexOf(entry) >>> 0, 1);
      for (const connection of this.#connections) connection.wake();
    };
  }

  cut(): number {
    const cut = this.#connections.size;
    for (const connection of this.#connections) connection.destroy();
    return cut;
  }

  /** No rule, no delay, no silence: what waits goes through. */
  heal(): void {
    this.#rules.length = 0;
    this.#silences.length = 0;
    this.#latency = undefined;
    this.#bytesASecond = undefined;
    for (const connection of this.#connections) connection.wake();
  }

  close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** The rule that takes this frame, counted. */
  take(frame: Rule['frame'], api: number, connection: Connection): Rule | undefined {
    const entry = this.#rules.find(
      ({ rule, hits }) =>
        rule.frame === frame &&
        hits < (rule.times ?? Infinity) &&
        (!rule.apis || rule.apis.includes(api)) &&
        (rule.pid === undefined || rule.pid === connection.pid),
    );
    if (!entry) return undefined;
    entry.hits += 1;
    entry.rule.onHit?.(entry.rule.pid ?? connection.pid);
    return entry.rule;
  }

  isSilent(way: 'requests' | 'answers', connection: Connection): boolean {
    return this.#silences.some(
      ({ pid, silence }) => (silence === 'both' || silence === way) && (pid === undefined || pid === connection.pid),
    );
  }

  /** How long a frame takes, ms. */
  latency(way: 'requests' | 'answers', bytes: number): number {
    const delayed = this.#latency?.() ?? 0;
    if (this.#bytesASecond === undefined || way === 'answers') return delayed;
    const now = performance.now();
    this.#lineFreeAt = Math.max(now, this.#lineFreeAt) + (bytes / this.#bytesASecond) * 1000;
    return delayed + this.#lineFreeAt - now;
  }

  #accept(client: Socket): void {
    const connection = new Connection(this, client, this.#target);
    this.#connections.add(connection);
    connection.closed.then(
      () => this.#connections.delete(connection),
      () => undefined,
    );
  }
}

class Connection {
  readonly closed: Promise<unknown>;
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #proxy: BrokerProxy;
  /** API of each request that has no answer yet, by correlation id. */
  readonly #asked = new Map<number, number>();
  #pid: number | undefined;
  #wake: (() => void)[] = [];

  constructor(proxy: BrokerProxy, client: Socket, target: number) {
    this.#proxy = proxy;
    this.#client = client.setNoDelay(true);
    this.#broker = createConnection({ port: target, host: '127.0.0.1', noDelay: true });
    // Errors are followed by close, which is what counts.
    client.on('error', () => undefined);
    this.#broker.on('error', () => undefined);
    const requests = this.#pump(client, this.#broker, 'requests', (frame) => this.#onRequest(frame));
    const answers = this.#pump(this.#broker, client, 'answers', (frame) => this.#onAnswer(frame));
    // What the client sent before it went away still arrives; an answer to nobody does not.
    void requests.then(() => this.#broker.end());
    void answers.then(() => client.destroy());
    this.closed = Promise.all([requests, answers]);
  }

  /** The process at the other end, as far as it can be told. */
  get pid(): number | undefined {
    return (this.#pid ??= ownerOf(this.#client.remotePort ?? 0));
  }

  wake(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const resume of waiting) resume();
  }

  destroy(): void {
    this.#client.destroy();
    this.#broker.destroy();
    this.wake();
  }

  /** Frames of one direction, one after another. Resolves when the side that sends is gone and everything was passed on. */
  #pump(
    from: Socket,
    to: Socket,
    way: 'requests' | 'answers',
    on: (frame: Buffer) => Rule['does'] | undefined,
  ): Promise<void> {
    const frames = new Frames();
    let line: Promise<void> = Promise.resolve();
    let waiting = 0;
    const pass = async (frame: Buffer, does: Rule['does'] | undefined, dueAt: number): Promise<void> => {
      if (typeof does === 'object') await delay(does.hold());
      if (dueAt > performance.now()) await delay(dueAt - performance.now());
      while (this.#proxy.isSilent(way, this)) await new Promise<void>((resolve) => this.#wake.push(resolve));
      if (does === 'cut') this.destroy();
      else if (does !== 'lose' && to.writable) to.write(frame);
    };
    return new Promise((resolve) => {
      from.on('data', (chunk) =>
        frames.push(chunk, (frame) => {
          const does = on(frame);
          const latency = this.#proxy.latency(way, frame.length);
          const isFree =
            waiting === 0 &&
            latency === 0 &&
            (does === undefined || does === 'tell') &&
            !this.#proxy.isSilent(way, this);
          if (isFree) {
            if (to.writable) to.write(frame);
            return;
          }
          waiting += 1;
          const copy = Buffer.from(frame);
          const dueAt = performance.now() + latency;
          line = line.then(() => pass(copy, does, dueAt)).then(() => void (waiting -= 1));
        }),
      );
      from.once('close', () => void line.then(resolve));
    });
  }

  #onRequest(frame: Buffer): Rule['does'] | undefined {
    const api = frame.readInt16BE(4);
    this.#asked.set(frame.readInt32BE(8), api);
    return this.#proxy.take('request', api, this)?.does;
  }

  #onAnswer(frame: Buffer): Rule['does'] | undefined {
    const correlation = frame.readInt32BE(4);
    const api = this.#asked.get(correlation) ?? -1;
    this.#asked.delete(correlation);
    return this.#proxy.take('answer', api, this)?.does;
  }
}
