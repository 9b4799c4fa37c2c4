/** Frames and messages that no client should send. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

import { gatewayTry, type GatewayScene } from '../gateway-scene.js';
import type { TryGroup } from '../try.js';
import { frame, PING, PONG, TEXT, type RawSocket } from '../wire/raw-socket.js';

const FIN = 0x80;
const CONTINUATION = 0;
const BINARY = 2;
const FLOOD = 4003;

/** After each of these the socket must be closed. */
const MALFORMED: Readonly<Record<string, Buffer>> = {
  'a reserved bit': frame('hello', { first: FIN | 0x40 | TEXT }),
  'all reserved bits': frame('hello', { first: 0xf0 | TEXT }),
  'opcode 3': frame('hello', { first: FIN | 3 }),
  'opcode 15': frame('hello', { first: FIN | 15 }),
  'a ping of 126 bytes': frame(Buffer.alloc(126), { first: FIN | PING }),
  'a ping in pieces': frame('hello', { first: PING }),
  'a length of 2^63': frame('', { statedLength: 2n ** 63n }),
  'a length of -1': frame('', { statedLength: -1n }),
  'a length of 1 MB, and its bytes': frame(Buffer.alloc(1024 * 1024, 'x')),
  'a message of 5 KB': frame(Buffer.alloc(5 * 1024, 'x')),
  'a text of 1,000 pieces, together 1 MB': Buffer.concat([
    frame(Buffer.alloc(1024, 'x'), { first: TEXT }),
    ...Array.from({ length: 1000 }, () => frame(Buffer.alloc(1024, 'x'), { first: CONTINUATION })),
  ]),
  'no frame: an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  'a text within a text': Buffer.concat([frame('a', { first: TEXT }), frame('b')]),
  'a close with one byte': frame('x', { first: FIN | 8 }),
};

/** Each must be answered with an error, or not at all; the socket stays. */
const BAD_MESSAGES: Readonly<Record<string, Buffer>> = {
  'no JSON': frame('{'),
  'an empty text': frame(''),
  null: frame('null'),
  'an array': frame('[]'),
  'a text of 2,000 brackets': frame('['.repeat(2000)),
  'brackets that close': frame('['.repeat(2000) + ']'.repeat(2000)),
  'a number of 4,000 digits': frame(`{"type":"ack","id":${'9'.repeat(4000)}}`),
  'an id of 4,000 digits': frame(`{"type":"ack","id":"${'9'.repeat(4000)}"}`),
  'a negative id': frame('{"type":"ack","id":"-1"}'),
  'an id that is an object': frame('{"type":"ack","id":{"toString":"1"}}'),
  'an id of nobody': frame('{"type":"ack","id":"1234567890"}'),
  'a key __proto__': frame('{"__proto__":{"type":"ack"},"id":"1"}'),
  'another type': frame('{"type":"constructor","id":"1"}'),
  'type as an array': frame('{"type":["ack"],"id":"1"}'),
  'binary JSON': frame('{"type":"ack","id":"1"}', { first: FIN | BINARY }),
  'NUL and markup': frame('{"type":"\\u0000<script>","id":"1"}'),
};

/** Sends it again and again until the socket is closed; how often, and with which code. */
async function flood(
  socket: RawSocket,
  one: Buffer,
  most: number,
): Promise<{ sent: number; code: number | undefined }> {
  const packet = Buffer.concat(Array.from({ length: 50 }, () => one));
  let sent = 0;
  for (; sent < most && !socket.isClosed; sent += 50) {
    socket.write(packet);
    if (sent % 500 === 0) await delay(5);
  }
  const code = await socket.closeCode(5000);
  socket.end();
  return { sent, code };
}

const FLOODS: Readonly<Record<string, Buffer>> = {
  messages: frame('{"type":"ack","id":"1"}'),
  pings: frame('', { first: FIN | PING }),
  pongs: frame('', { first: FIN | PONG }),
};

const MOST = 20_000;

export const FRAMES: TryGroup<GatewayScene> = {
  title: 'frames and messages',
  against: 'an open socket of the gateway',
  tries: [
    gatewayTry({
      name: `${Object.keys(MALFORMED).length} kinds of malformed frame`,
      holds: 'each closes its own socket',
      isShort: true,
      act: async (scene) => {
        const open: string[] = [];
        await Promise.all(
          Object.entries(MALFORMED).map(async ([what, bytes]) => {
            const socket = await scene.socketOf(scene.nextUser());
            socket.write(bytes);
            if ((await socket.closeCode(10_000)) === undefined) open.push(what);
            socket.end();
          }),
        );
        expect(open).toEqual([]);
      },
    }),
    gatewayTry({
      name: `${Object.keys(BAD_MESSAGES).length} kinds of bad message`,
      holds: 'each is answered with an error, the socket stays open',
      isShort: true,
      act: async (scene) => {
        const socket = await scene.socketOf(scene.nextUser());
        for (const bytes of Object.values(BAD_MESSAGES)) socket.write(bytes);
        const errors = (): unknown[] => socket.messages.filter(({ type }) => type === 'error');
        await expect.poll(() => errors().length, { timeout: 10_000 }).toBe(Object.keys(BAD_MESSAGES).length);
        expect(socket.isClosed).toBe(false);
        socket.end();
      },
    }),
    gatewayTry({
      name: 'a text that is no UTF-8',
      holds: 'it closes its socket or is a bad message',
      act: async (scene) => {
        const socket = await scene.socketOf(scene.nextUser());
        socket.write(frame(Buffer.from([0xc3, 0x28, 0xff, 0xfe])));
        await expect
          .poll(() => socket.isClosed || socket.messages.some(({ type }) => type === 'error'), { timeout: 10_000 })
          .toBe(true);
        socket.end();
      },
    }),
    ...Object.entries(FLOODS).map(([what, one]) =>
      gatewayTry({
        name: `${MOST.toLocaleString('en')} ${what}, as fast as they go`,
        holds: 'the socket is closed with 4003',
        ...(what === 'messages' ? {} : { before: 'taken without end' }),
        isShort: true,
        act: async (scene) => {
          const socket = await scene.socketOf(scene.nextUser());
          const { code } = await flood(socket, one, MOST);
          expect(code, 'the close code').toBe(FLOOD);
        },
      }),
    ),
    gatewayTry({
      name: '200,000 empty fragments of a text that never ends',
      holds: 'others are served meanwhile; the library shows them to nobody, so their socket is cut only after 120 s',
      before: 'the same, and the socket was never cut',
      holdMs: 600,
      act: async (scene, name) => {
        const socket = await scene.socketOf(scene.nextUser());
        socket.write(frame('', { first: TEXT }));
        const piece = frame('', { first: CONTINUATION });
        const packet = Buffer.concat(Array.from({ length: 1000 }, () => piece));
        for (let sent = 0; sent < 200 && !socket.isClosed; sent += 1) {
          socket.write(packet);
          if (sent % 20 === 0) await delay(5);
        }
        await scene.checkServes(`${name}-meanwhile`);
        socket.end();
      },
    }),
  ],
};
