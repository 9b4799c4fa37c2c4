/** Users with good tokens who take more than their share. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

import { until } from '../../integration/harness/until.js';
import { gatewayTry, TENANT, type GatewayScene } from '../gateway-scene.js';
import type { TryGroup } from '../try.js';
import { frame, TEXT, type RawSocket } from '../wire/raw-socket.js';

const FRAME_BYTES = 64 * 1024;
const HISTORY = 300;

interface Notified {
  readonly type: string;
  readonly cursor?: string;
  readonly truncated?: boolean;
  readonly recovered?: boolean;
  readonly notification?: { readonly notificationId: string; readonly eventId: string; readonly message: string };
}

function messagesOf(socket: RawSocket): Notified[] {
  return socket.messages as unknown as Notified[];
}

function notificationsOf(socket: RawSocket): NonNullable<Notified['notification']>[] {
  return messagesOf(socket).flatMap(({ notification }) => (notification ? [notification] : []));
}

/** So many notifications of a user, and the cursor from before the first. */
async function history(scene: GatewayScene, name: string, user: bigint, count: number): Promise<string> {
  const socket = await scene.socketOf(user);
  await until('it is welcomed', () => messagesOf(socket).length > 0);
  const cursor = messagesOf(socket)[0]!.cursor!;
  await scene.process(
    Array.from({ length: count }, (_, index) =>
      scene.messages.task({
        eventId: `${name}-${index}`,
        eventType: 'TASK_COMPLETED',
        tenantId: TENANT,
        assignedTo: user,
      }),
    ),
  );
  // Until the gateway has come that far the cursor is its own position, and a resume costs nothing.
  await until('the gateway has sent them', () => notificationsOf(socket).length >= count);
  socket.end();
  return cursor;
}

/** Comes back with the cursor; undefined when it is refused. */
async function resume(scene: GatewayScene, user: bigint, cursor: string): Promise<RawSocket | undefined> {
  return scene.socketOf(user, cursor).catch(() => undefined); // refused: that is one of two answers
}

/** Whether the gateway lets it have what it missed; false when it closes the socket. */
async function isResumed(socket: RawSocket): Promise<boolean> {
  await until('the gateway answers', () => socket.isClosed || messagesOf(socket).length > 0, 15_000);
  return messagesOf(socket).some(({ recovered }) => recovered === true);
}

/** Users with 20 sockets each. */
async function openMany(scene: GatewayScene, users: readonly bigint[]): Promise<RawSocket[]> {
  const sockets: RawSocket[] = [];
  for (const user of users) {
    sockets.push(...(await Promise.all(Array.from({ length: 20 }, () => scene.socketOf(user)))));
  }
  return sockets;
}

export const SOCKETS: TryGroup<GatewayScene> = {
  title: 'sockets',
  against: 'the gateway of a worker',
  tries: [
    gatewayTry({
      name: 'a text of 900 KB to 200 sockets that do not read',
      holds:
        'one that reads is sent a frame under 64 KB that says `truncated`; the record keeps the text; memory is bounded',
      before: 'the worker grew from 200 to 862 MB',
      isShort: true,
      growMb: 150,
      act: async (scene, name) => {
        const users = Array.from({ length: 10 }, () => scene.nextUser());
        const sockets = await openMany(scene, users);
        const [reader, ...others] = sockets as [RawSocket, ...RawSocket[]];
        for (const socket of others) socket.stopReading();
        await scene.process([
          scene.messages.request({
            eventId: name,
            tenantId: TENANT,
            userId: 0n,
            userIds: [...users],
            channels: ['IN_APP'],
            message: 'x'.repeat(60_000),
          }),
          ...users.map((user, index) =>
            scene.messages.request({
              eventId: `${name}-${index}`,
              tenantId: TENANT,
              userId: user,
              channels: ['IN_APP'],
              message: 'x'.repeat(900_000),
            }),
          ),
        ]);
        await until('the one that reads has its own', () => notificationsOf(reader).length >= 2);
        const texts = reader.frames.filter(({ opcode }) => opcode === TEXT);
        expect(Math.max(...texts.map(({ payload }) => payload.length)), 'the longest frame').toBeLessThanOrEqual(
          FRAME_BYTES,
        );
        const long = messagesOf(reader).find(({ notification }) => notification?.eventId === `${name}-0`)!;
        expect(JSON.stringify(long)).toContain('"truncated":true');
        const { inApp } = await scene.outputs();
        expect(inApp.find(({ eventId }) => eventId === `${name}-0`)!.message).toHaveLength(900_000);
        for (const socket of sockets) socket.end();
      },
    }),
    gatewayTry({
      name: 'an old cursor, 200 times, as fast as it goes',
      holds: 'some 10 are resumed, the others refused or closed; the brokers are read for those alone',
      before: '160 resumes a second, 278 MB/s read from Kafka',
      isShort: true,
      act: async (scene, name) => {
        const user = scene.nextUser();
        const cursor = await history(scene, name, user, HISTORY);
        let resumed = 0;
        const began = performance.now();
        for (let round = 0; round < 20; round += 1) {
          const sockets = await Promise.all(Array.from({ length: 10 }, () => resume(scene, user, cursor)));
          for (const socket of sockets) {
            if (socket && (await isResumed(socket))) resumed += 1;
            socket?.end();
          }
        }
        // 10 at once, then one in 5 s.
        expect(resumed).toBeLessThanOrEqual(11 + (performance.now() - began) / 5000);
        expect(resumed, 'a user that comes back is resumed').toBeGreaterThan(0);
      },
    }),
    gatewayTry({
      name: `resume, confirm all ${HISTORY}, and again, 50 times`,
      holds: 'delivery records are within the budget of resumes',
      before: '12,300 delivery records for 300 notifications',
      act: async (scene, name) => {
        const user = scene.nextUser();
        const cursor = await history(scene, name, user, HISTORY);
        let resumed = 0;
        const began = performance.now();
        for (let time = 0; time < 50; time += 1) {
          const socket = await resume(scene, user, cursor);
          if (!socket || !(await isResumed(socket))) continue;
          resumed += 1;
          await until('it has what it missed', () => notificationsOf(socket).length >= HISTORY);
          const ids = notificationsOf(socket).map(({ notificationId }) => notificationId);
          socket.write(Buffer.concat(ids.map((id) => frame(JSON.stringify({ type: 'ack', id })))));
          const answered = (): number => messagesOf(socket).filter(({ type }) => type !== 'notification').length - 1;
          await until('every one is answered', () => socket.isClosed || answered() >= HISTORY);
          socket.end();
        }
        const { delivered } = await scene.outputs();
        const confirmed = delivered.filter(
          ({ eventId, deliveries }) =>
            eventId.startsWith(`${name}-`) && deliveries.some(({ status }) => status === 'DELIVERED'),
        );
        const budget = 11 + (performance.now() - began) / 5000;
        expect(resumed).toBeLessThanOrEqual(budget);
        expect(confirmed.length).toBeLessThanOrEqual(budget * HISTORY);
        expect(confirmed.length, 'what is confirmed is recorded').toBeGreaterThanOrEqual(HISTORY);
      },
    }),
    gatewayTry({
      name: 'cursors that are not of this user, topic or form, 19 kinds',
      holds: 'a welcome with `recovered: false`, or a refusal, and nothing of anybody else',
      isShort: true,
      act: async (scene, name) => {
        const [user, other] = [scene.nextUser(), scene.nextUser()];
        const cursor = await history(scene, name, other, 5);
        const [offset, ...epoch] = cursor.split('.') as [string, ...string[]];
        const changed = (text: string): string => [text, ...epoch].join('.');
        const cursors = [
          cursor,
          ...['-1', '0x10', '1e3', '9223372036854775807', '99999999999999999999', ' 1', '', 'NaN', `${offset}.5`].map(
            changed,
          ),
          offset,
          '',
          '....',
          `${cursor}.x`,
          cursor.toUpperCase(),
          [offset, '9', ...epoch.slice(1)].join('.'),
          [offset, epoch[0], '2147483648', ...epoch.slice(2)].join('.'),
          encodeURIComponent('\0\r\n'),
          'x'.repeat(3000),
        ];
        expect(cursors).toHaveLength(19);
        for (const [index, one] of cursors.entries()) {
          // Its own budget for each: this is about cursors.
          const socket = await resume(scene, index === 0 ? user : scene.nextUser(), one);
          if (!socket) continue;
          await until('it is answered', () => messagesOf(socket).length > 0 || socket.isClosed);
          expect(notificationsOf(socket), `with cursor ${one}`).toEqual([]);
          socket.end();
        }
      },
    }),
    gatewayTry({
      name: 'a user of one tenant under the id of a user of another',
      holds: 'each is sent its own, whatever the other confirms',
      isShort: true,
      act: async (scene, name) => {
        const user = scene.nextUser();
        const socket = await scene.socketOf(user);
        await scene.process([
          scene.messages.task({
            eventId: `${name}-mine`,
            eventType: 'TASK_COMPLETED',
            tenantId: TENANT,
            assignedTo: user,
          }),
          scene.messages.task({
            eventId: `${name}-other`,
            eventType: 'TASK_COMPLETED',
            tenantId: 2n,
            assignedTo: user,
          }),
        ]);
        await until('it has its own', () => notificationsOf(socket).length > 0);
        await delay(200);
        expect(notificationsOf(socket).map(({ eventId }) => eventId)).toEqual([`${name}-mine`]);
        socket.end();
      },
    }),
    gatewayTry({
      name: 'a user opens 60 sockets',
      holds: 'it has 20 at most',
      isShort: true,
      act: async (scene) => {
        const user = scene.nextUser();
        const opened = await Promise.all(Array.from({ length: 60 }, () => scene.socketOf(user).catch(() => undefined)));
        const sockets = opened.filter((socket) => socket !== undefined);
        expect(sockets.length).toBeLessThanOrEqual(20);
        expect(sockets.length).toBeGreaterThan(0);
        for (const socket of sockets) socket.end();
      },
    }),
  ],
};

/** Sockets that were sent much, with a heap that would not hold what each would remember of it. */
export const BUSY_SOCKETS: TryGroup<GatewayScene> = {
  title: 'busy sockets',
  against: 'a worker with a heap of 96 MB',
  tries: [
    gatewayTry({
      name: '600 sockets that were each sent 1,000 notifications',
      holds: 'what they remember of it is bounded over all of them: the worker lives on',
      before: 'with 256 MB the gateway died at 88 remembered notifications a socket of 20,000',
      growMb: 250,
      holdMs: 2000,
      act: async (scene, name) => {
        const users = Array.from({ length: 30 }, () => scene.nextUser());
        const sockets = await openMany(scene, users);
        for (let batch = 0; batch < 10; batch += 1) {
          await scene.process(
            Array.from({ length: 100 }, (_, index) =>
              scene.messages.request({
                eventId: `${name}-${batch}-${index}`,
                tenantId: TENANT,
                userId: 0n,
                userIds: [...users],
                channels: ['IN_APP'],
                message: 'x',
              }),
            ),
          );
        }
        await until(
          'all have all',
          () => sockets.every(({ frames, isClosed }) => isClosed || frames.length > 1000),
          60_000,
        );
        expect(sockets.filter(({ isClosed }) => isClosed)).toEqual([]);
        for (const socket of sockets) socket.end();
      },
    }),
  ],
};
