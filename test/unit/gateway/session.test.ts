import type { Ack } from '../../../gateway/delivery-records.js';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../gateway/limits.js';
import { SentMemory } from '../../../gateway/sent-notifications.js';
import { userBudgets } from '../../../gateway/user-budgets.js';
import { encodeNotification } from '../../../gateway/protocol.js';
import { Session } from '../../../gateway/session.js';
import { createMetrics } from '../../../common/metrics.js';
import { SampledLog } from '../../../common/sampled-log.js';
import { EMPTY_LOG, notificationOf, type Message } from './harness.js';

const SILENT = pino({ level: 'silent' });

/** A socket that notes what is done with it; `isFull` makes it drop. */
class FakeSocket {
  readonly sent: Message[] = [];
  readonly ends: (number | 'cut')[] = [];
  isFull = false;
  unread = 0;
  send(message: string | Buffer): boolean {
    if (this.isFull) return false;
    this.sent.push(JSON.parse(message.toString()) as Message);
    return true;
  }
  backlog(): number {
    return this.unread;
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
    const limits = { ...DEFAULT_LIMITS, rememberedNotifications: 2 };
    session = new Session({
      terms: { tenantId: 1n, userId: 7n, endsAt: Infinity, endReason: 'lifetime' },
      socket,
      memory: new SentMemory(limits, () => 1),
      budgets: userBudgets(limits, () => 0),
      history: EMPTY_LOG,
      recorder: { record: (ack) => Promise.resolve(void acks.push(ack)) },
      limits,
      metrics: createMetrics(new Registry()),
      log: SILENT,
      sampledLog: new SampledLog(SILENT),
      now: () => 0,
    });
    session.begin(undefined);
    socket.sent.length = 0;
  });

  const deliver = (notificationId: bigint): boolean =>
    session.deliver(encodeNotification(notificationOf({ notificationId }), '1.0.1.topic'));
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

describe('a session that comes with a cursor', () => {
  let socket: FakeSocket;
  let session: Session;
  let resumed: number;
  let left: number;
  let now: number;
  beforeEach(() => {
    socket = new FakeSocket();
    resumed = 0;
    left = 0;
    now = 0;
    const limits = { ...DEFAULT_LIMITS, maxReplayBacklogBytes: 100, cursorIntervalMs: 1000 };
    session = new Session({
      terms: { tenantId: 1n, userId: 7n, endsAt: Infinity, endReason: 'lifetime' },
      socket,
      memory: new SentMemory(limits, () => 1),
      budgets: userBudgets(limits, () => now),
      history: {
        position: () => ({ epoch: '0.6.topic', offset: 40 }),
        resume: () => (resumed += 1),
        leave: () => (left += 1),
      },
      recorder: { record: () => Promise.resolve() },
      limits,
      metrics: createMetrics(new Registry()),
      log: SILENT,
      sampledLog: new SampledLog(SILENT),
      now: () => now,
    });
  });
  const outgoing = (notificationId: bigint): ReturnType<typeof encodeNotification> =>
    encodeNotification(notificationOf({ notificationId }), `${notificationId}.0.6.topic`);
  const sent = (): unknown[] => socket.sent.map(({ type, cursor, recovered }) => [type, cursor, recovered]);

  it('is sent what it missed and not what is published meanwhile, which is part of that; then what comes', () => {
    session.begin('10.0.6.topic');
    expect([resumed, session.next, session.state]).toEqual([1, 10, 'resuming']);
    session.recovering();
    expect(session.replay(outgoing(11n), 12)).toBe(true);
    expect(session.deliver(outgoing(40n))).toBe(false);
    expect(session.replay(undefined, 30)).toBe(true);
    expect(session.next).toBe(30);
    session.live();
    expect(session.deliver(outgoing(41n))).toBe(true);
    expect(sent()).toEqual([
      ['welcome', '10.0.6.topic', true],
      ['notification', '11.0.6.topic', undefined],
      ['notification', '41.0.6.topic', undefined],
    ]);
  });

  it('takes no more while much waits unread, and goes on from there once that is read', () => {
    session.begin('10.0.6.topic');
    session.recovering();
    session.drained();
    expect(resumed).toBe(1);
    socket.unread = 101;
    expect(session.replay(outgoing(11n), 12)).toBe(false);
    session.drained();
    expect(resumed).toBe(1);
    socket.unread = 50;
    session.drained();
    session.drained();
    expect([resumed, session.next]).toEqual([2, 12]);
    session.recovering();
    expect(socket.sent.filter(({ type }) => type === 'welcome')).toHaveLength(1);
  });

  it.each(['10.0.4.topic', '10.0.6.other', '10.1.6.topic', 'nonsense'])(
    'of another epoch or of none (%s) is told that it cannot be recovered, and is live',
    (cursor) => {
      session.begin(cursor);
      expect(resumed).toBe(0);
      expect(session.deliver(outgoing(40n))).toBe(true);
      expect(sent()).toEqual([
        ['welcome', '40.0.6.topic', false],
        ['notification', '40.0.6.topic', undefined],
      ]);
    },
  );

  it('is sent away when the gateway has not come so far, to try again', () => {
    session.begin('50.0.6.topic');
    session.behind();
    expect(socket.ends).toEqual([4004]);
  });

  it('that was promised everything is sent away when that turns out to be gone, not told that it has it', () => {
    session.begin('10.0.6.topic');
    session.recovering();
    session.lost();
    expect(sent()).toEqual([['welcome', '10.0.6.topic', true]]);
    expect(socket.ends).toEqual([4004]);
  });

  it('hears nothing more, and throws nothing, when it is closed in the middle of that', () => {
    session.begin('10.0.6.topic');
    socket.isFull = true;
    session.recovering();
    expect([socket.ends, left]).toEqual([['cut'], 1]);
    expect(session.replay(outgoing(11n), 12)).toBe(false);
    session.recovering();
    session.live();
    session.lost();
    session.behind();
    session.drained();
    expect([socket.sent, session.state, resumed]).toEqual([[], 'closed', 1]);
  });

  it('that resumes when the gateway goes away has its acks answered, and goes live no more', async () => {
    session.begin('10.0.6.topic');
    session.recovering();
    session.replay(outgoing(11n), 12);
    session.receive(new TextEncoder().encode('{"type":"ack","id":"11"}').buffer, false);
    const drained = session.drain();
    session.live();
    expect([session.state, left]).toEqual(['draining', 1]);
    await drained;
    expect(socket.sent.at(-1)).toEqual({ type: 'acked', id: '11' });
    expect(socket.ends).toEqual([1001]);
  });

  it('can confirm what it missed', async () => {
    session.begin('10.0.6.topic');
    session.recovering();
    session.replay(outgoing(11n), 12);
    session.receive(new TextEncoder().encode('{"type":"ack","id":"11"}').buffer, false);
    await session.drain();
    expect(socket.sent.at(-1)).toEqual({ type: 'acked', id: '11' });
  });

  it('is cut when nothing that can be seen came from it for two idle timeouts: the layer keeps it for what cannot', () => {
    session.begin('10.0.6.topic');
    session.recovering();
    session.live();
    now = 100_000;
    session.heard();
    now = 220_000;
    session.tend();
    expect(socket.ends).toEqual([]);
    now = 220_001;
    session.tend();
    expect(socket.ends).toEqual(['cut']);
  });

  it('is told its cursor when nothing came for it for long, and not while it resumes', () => {
    session.begin('10.0.6.topic');
    session.recovering();
    now = 5000;
    session.tellCursor();
    session.live();
    session.deliver(outgoing(41n));
    session.tellCursor();
    expect(sent()).toHaveLength(2);
    now = 6000;
    session.tellCursor();
    session.tellCursor();
    expect(sent().slice(2)).toEqual([['cursor', '40.0.6.topic', undefined]]);
  });
});
