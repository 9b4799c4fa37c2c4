import { pino } from 'pino';
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../processors/fanout/limits.js';
import { encodeNotification } from '../../../processors/fanout/protocol.js';
import { Session, type Ack } from '../../../processors/fanout/session.js';
import { createMetrics } from '../../../topology/metrics.js';
import { notificationOf, type Message } from './harness.js';

/** A socket that notes what is done with it; `isFull` makes it drop. */
class FakeSocket {
  readonly sent: Message[] = [];
  readonly ends: (number | 'cut')[] = [];
  isFull = false;
  send(message: string | Buffer): boolean {
    if (this.isFull) return false;
    this.sent.push(JSON.parse(message.toString()) as Message);
    return true;
  }
  cork(run: () => void): void {
    run();
  }
  end(code: number): void {
    this.ends.push(code);
  }
  cut(): void {
    this.ends.push('cut');
  }
}

describe('a session', () => {
  let socket: FakeSocket;
  let acks: Ack[];
  let session: Session;
  beforeEach(() => {
    socket = new FakeSocket();
    acks = [];
    session = new Session({
      terms: { tenantId: 1n, userId: 7n, endsAt: Infinity, endReason: 'lifetime' },
      socket,
      onAck: (ack) => Promise.resolve(void acks.push(ack)),
      limits: { ...DEFAULT_LIMITS, rememberedNotifications: 2 },
      metrics: createMetrics(new Registry()),
      log: pino({ level: 'silent' }),
      now: () => 0,
    });
  });

  const deliver = (notificationId: bigint): boolean =>
    session.deliver(encodeNotification(notificationOf({ notificationId })));
  const receive = (message: unknown): void =>
    session.receive(new TextEncoder().encode(JSON.stringify(message)).buffer, false);

  it('remembers the last notifications only, however many it was sent', async () => {
    expect([1n, 2n, 3n].map(deliver)).toEqual([true, true, true]);
    for (const id of ['1', '2', '3']) receive({ type: 'ack', id });
    await session.drain();
    expect(acks.map((ack) => ack.notificationId)).toEqual([2n, 3n]);
    expect(socket.sent).toContainEqual(expect.objectContaining({ code: 'unknown-notification', id: '1' }));
  });

  it('is cut once when its reader is too slow, and touches the socket no more', () => {
    socket.isFull = true;
    expect(deliver(1n)).toBe(false);
    socket.isFull = false;
    expect(deliver(2n)).toBe(false);
    receive({ type: 'ack', id: '1' });
    session.close('flood');
    session.ended(false);
    expect(socket.ends).toEqual(['cut']);
    expect(socket.sent).toEqual([]);
    expect(session.state).toBe('closed');
  });

  it('that drains refuses new acks and notifications, and closes with 1001', async () => {
    deliver(1n);
    const drained = session.drain();
    expect(session.state).toBe('draining');
    expect(deliver(2n)).toBe(false);
    receive({ type: 'ack', id: '1' });
    await drained;
    expect(acks).toEqual([]);
    expect(socket.sent.at(-1)).toMatchObject({ type: 'error', code: 'closing', id: '1' });
    expect(socket.ends).toEqual([1001]);
  });

  it('whose client has gone answers no ack', async () => {
    deliver(1n);
    receive({ type: 'ack', id: '1' });
    session.ended(false);
    await session.drain();
    expect(acks).toHaveLength(1);
    expect(socket.sent.map(({ type }) => type)).toEqual(['notification']);
    expect(socket.ends).toEqual([]);
  });
});
