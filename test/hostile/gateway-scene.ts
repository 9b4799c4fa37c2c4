/** A worker of the built product with its gateway, and a user whom nobody attacks: what is sent to it must come. */
import { createHmac } from 'node:crypto';
import { expect } from 'vitest';

import { prepareEnvironment, type TestEnvironment } from '../integration/harness/environment.js';
import { JWT_SECRET } from '../integration/harness/jwt-secret.js';
import { messagesOf, type Messages } from '../integration/harness/messages.js';
import { produceAll, untilProcessed } from '../integration/harness/outcome.js';
import { readOutputs, type Outputs } from '../integration/harness/outputs.js';
import { scrape, byLabels } from '../integration/harness/scrape.js';
import { until } from '../integration/harness/until.js';
import type { Sent } from '../integration/harness/workload.js';
import type { Try } from './try.js';
import { WatchedWorker } from './watched-worker.js';
import { RawSocket } from './wire/raw-socket.js';

export const TENANT = 1n;

export interface GatewayTry extends Omit<Try<GatewayScene>, 'run'> {
  readonly act: (scene: GatewayScene, name: string) => Promise<void>;
  /** The most that the worker may grow by, MB. */
  readonly growMb?: number;
  /** The most CPU time between two turns of its loop, ms. */
  readonly holdMs?: number;
}

const HOLD_MS = 400;
const GROW_MB = 200;

/** What it does, and then whether the others are served as before. */
export function gatewayTry(options: GatewayTry): Try<GatewayScene> {
  return {
    ...options,
    run: async (scene) => {
      const name = scene.nextName();
      await scene.worker.begin();
      await options.act(scene, name);
      await scene.checkServes(name);
      const { longestMs } = await scene.worker.loop();
      expect(longestMs, 'CPU time between two turns of the loop, ms').toBeLessThan(options.holdMs ?? HOLD_MS);
      expect(scene.worker.grewBy, 'memory taken beside what it had, MB').toBeLessThan(options.growMb ?? GROW_MB);
    },
  };
}

export class GatewayScene {
  readonly messages: Messages;
  readonly worker: WatchedWorker;
  readonly #test: TestEnvironment;
  #port = 0;
  #witness: RawSocket | undefined;
  #user = 1000n;
  #count = 0;

  private constructor(test: TestEnvironment, nodeArgs: readonly string[]) {
    this.#test = test;
    this.messages = messagesOf(test);
    this.worker = new WatchedWorker(test.env('worker', { LOG_LEVEL: 'debug' }), nodeArgs);
  }

  static async open(nodeArgs: readonly string[] = []): Promise<GatewayScene> {
    const scene = new GatewayScene(await prepareEnvironment('hostile-gateway', 1), nodeArgs);
    scene.#port = (await scene.worker.process.ready()).gateway!;
    scene.#witness = await RawSocket.upgraded(scene.#port, jwt(claimsOf(scene.nextUser())));
    return scene;
  }

  get port(): number {
    return this.#port;
  }

  get prefix(): string {
    return this.#test.prefix;
  }

  nextName(): string {
    this.#count += 1;
    return `try-${this.#count}`;
  }

  /** A user of no other try: budgets are for each. */
  nextUser(): bigint {
    this.#user += 1n;
    return this.#user;
  }

  /** A socket of the user; where the cursor says, if one is given. */
  socketOf(user: bigint, cursor?: string): Promise<RawSocket> {
    return RawSocket.upgraded(this.#port, jwt(claimsOf(user)), cursor === undefined ? '' : `?cursor=${cursor}`);
  }

  /** The status with which a handshake is answered. */
  async statusOf(handshake: Buffer | string): Promise<number | undefined> {
    const socket = await RawSocket.open(this.#port);
    socket.write(handshake);
    const { status } = await socket.answer();
    socket.end();
    return status;
  }

  /** Appends, and waits until everything is committed. */
  async process(sent: readonly Sent[]): Promise<void> {
    await produceAll(this.prefix, sent);
    await untilProcessed(this.prefix, 60_000);
  }

  outputs(): Promise<Outputs> {
    return readOutputs(this.prefix);
  }

  async metric(name: string): Promise<Record<string, number>> {
    return byLabels(await scrape(this.worker.process), name);
  }

  /** Somebody who was there before is sent what is for it, and somebody new gets in. */
  async checkServes(name: string): Promise<void> {
    const first = 1001n; // the witness: the first user of all
    const eventId = `${name}-served`;
    await produceAll(this.prefix, [
      this.messages.task({ eventId, eventType: 'TASK_COMPLETED', tenantId: TENANT, assignedTo: first }),
    ]);
    const came = (): boolean => JSON.stringify(this.#witness!.messages).includes(eventId);
    await until('another user is sent its notification', () => this.worker.process.ended !== undefined || came());
    if (this.worker.process.ended) {
      const { lines, ended } = this.worker.process;
      throw new Error(`The worker ended with ${JSON.stringify(ended)}.\n${lines.slice(-5).join('\n')}`);
    }
    const somebody = await this.socketOf(this.nextUser());
    await until('somebody new is welcomed', () => somebody.messages.some(({ type }) => type === 'welcome'));
    somebody.end();
  }

  async close(): Promise<void> {
    this.#witness?.end();
    await this.worker.process.stop('SIGKILL');
  }
}

export type Claims = Readonly<Record<string, unknown>>;

/** As the ERP's login would state them, for ten minutes. */
export function claimsOf(user: bigint, tenant = TENANT): Claims {
  return { sub: String(user), tenant: String(tenant), exp: Math.floor(Date.now() / 1000) + 600 };
}

/** Any token at all: claims as an object, or as the text of one. */
export function jwt(
  claims: Claims | string,
  header: Claims | string = { alg: 'HS256' },
  secret: string | Buffer = JWT_SECRET,
): string {
  const encode = (part: Claims | string): string =>
    Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
