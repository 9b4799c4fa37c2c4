/** A browser's side of the gateway: a WebSocket with a token of its own. */
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { onTestFinished } from 'vitest';

import { JWT_SECRET } from './jwt-secret.js';
import { until } from './until.js';

export interface SocketMessage {
  readonly type: string;
  readonly id?: string;
  readonly cursor?: string;
  readonly recovered?: boolean;
  readonly traceparent?: string;
  readonly notification?: {
    readonly notificationId: string;
    readonly eventId: string;
    readonly userId: string;
    readonly tenantId: string;
  };
}

/** A token as the ERP's login would issue it, for ten minutes. */
export function tokenFor(tenantId: bigint, userId: bigint): Promise<string> {
  return new SignJWT({ tenant: String(tenantId) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(String(userId))
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(JWT_SECRET));
}

/** An open socket and what came over it. Closed when the test ends. */
export class TestSocket {
  readonly messages: SocketMessage[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.messages.push(JSON.parse(data.toString()) as SocketMessage));
  }

  /** Resolves once the gateway has welcomed us; where the cursor says, if one is given. */
  static async open(port: number, tenantId: bigint, userId: bigint, cursor?: string): Promise<TestSocket> {
    const protocols = ['v1', `bearer.${await tokenFor(tenantId, userId)}`];
    const socket = new WebSocket(
      `ws://127.0.0.1:${port}/v1/ws${cursor === undefined ? '' : `?cursor=${cursor}`}`,
      protocols,
    );
    onTestFinished(() => socket.terminate());
    const test = new TestSocket(socket);
    let failure: Error | undefined;
    socket.on('error', (error) => (failure = error));
    await until(
      `the gateway welcomes user ${userId}`,
      () => {
        if (failure) throw failure;
        return test.messages.some(({ type }) => type === 'welcome');
      },
      10_000,
    );
    return test;
  }

  /** Ids of the events whose notifications came, in their order. */
  get eventIds(): string[] {
    return this.messages.flatMap(({ notification }) => (notification ? [notification.eventId] : []));
  }

  /** The newest cursor. */
  get cursor(): string {
    return this.messages.findLast(({ cursor }) => cursor !== undefined)!.cursor!;
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }
}
