/** Faults of the gateway and of its clients. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { until } from '../../integration/harness/until.js';
import type { ChaosCase } from '../case.js';
import { GatewayClient, token } from '../gateway-client.js';
import { GreedyUser } from '../greedy-user.js';
import { sendLarge } from '../large-requests.js';
import { checkMemory } from '../memory.js';
import type { Round } from '../round.js';
import { checkShown } from '../shown-check.js';

/** Notifications of 200 KB, which are frames of 64: more than the kernel holds for a socket that nobody reads. */
const LARGE = 80;
const GREED_MS = 20_000;

const GATEWAY = { ROLES: 'stream,gateway' };

type User = Round['workload']['recipients'][number];

/** Sockets closed as slow, by all gateways. */
function slowCloses(round: Round): Promise<number> {
  return round.sumOf('socket_closes_total', { reason: 'slow' });
}

/** Handshakes of other users, one after another, until told to stop: how many were refused, and the longest, ms. */
async function watchHandshakes(
  port: number,
  users: readonly User[],
  isOver: () => boolean,
): Promise<{ count: number; refused: number; longestMs: number }> {
  const seen = { count: 0, refused: 0, longestMs: 0 };
  for (; !isOver(); seen.count += 1) {
    const { tenantId, userId } = users[seen.count % users.length]!;
    const jwt = await token(tenantId, userId);
    const began = performance.now();
    if ((await handshake(port, { protocols: ['v1', `bearer.${jwt}`] })) !== 101) seen.refused += 1;
    seen.longestMs = Math.max(seen.longestMs, Math.round(performance.now() - began));
    await delay(50);
  }
  return seen;
}

async function gatewayPorts(round: Round): Promise<number[]> {
  const ports = await Promise.all(round.members.map(({ process }) => process.ports()));
  return ports.map(({ gateway }) => gateway!);
}

async function openClients(
  round: Round,
  users: readonly User[],
  count: number,
  ports: () => readonly number[],
): Promise<GatewayClient[]> {
  const clients = Array.from(
    { length: count },
    (_, index) => new GatewayClient(users[index % users.length]!, ports, () => round.random.next()),
  );
  for (let at = 0; at < count; at += 100) {
    await Promise.all(clients.slice(at, at + 100).map((client) => client.connect()));
    await delay(50);
  }
  await until('every client is welcomed', () => clients.every(({ welcomes }) => welcomes > 0), 90_000);
  return clients;
}

/** How a handshake ends: the status, or 101. */
async function handshake(
  port: number,
  options: { protocols?: string[]; headers?: Record<string, string>; query?: string },
): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws${options.query ?? ''}`, options.protocols ?? [], {
    headers: options.headers ?? {},
  });
  socket.on('error', () => undefined); // told by the status
  const status = await Promise.race([
    once(socket, 'open').then(() => 101),
    once(socket, 'unexpected-response').then(([, response]) => (response as { statusCode: number }).statusCode),
  ]);
  socket.terminate();
  return status;
}

export const GATEWAY_CASES: readonly ChaosCase[] = [
  {
    id: '22',
    name: 'slow readers',
    fault: `a thousand sockets stop reading while ${LARGE} notifications of 200 KB come to each of their 40 users; 80 others read on; then the thousand read on and resume`,
    workers: 2,
    seconds: 60,
    env: GATEWAY,
    inject: async (round) => {
      const ports = await gatewayPorts(round);
      const users = round.workload.recipients.filter(({ tenantId }) => tenantId === 1n).slice(0, 40);
      const slow = await openClients(round, users, 1000, () => ports);
      const others = await openClients(round, users, 80, () => ports);
      for (const client of slow) client.stopReading();
      const sent = sendLarge(round, LARGE, 200_000, users);
      const hasAll = ({ shown }: GatewayClient): boolean =>
        shown.filter(({ eventId }) => sent.has(eventId)).length === LARGE;
      await until('those who read have theirs', () => others.every(hasAll), 60_000);
      await until('slow sockets are closed', async () => (await slowCloses(round)) >= slow.length, 60_000);
      const memory = checkMemory(round);
      round.effect(
        `${await slowCloses(round)} slow sockets closed, ${others.length} others had everything; the largest worker took ${memory} MB`,
      );
      for (const client of slow) client.readOn();
      await checkShown(round, [...slow, ...others]);
      for (const client of [...slow, ...others]) client.end();
    },
  },
  {
    id: '23',
    name: 'gateway crash, reconnect storm',
    fault:
      'a gateway with about half of 10,000 sockets is killed; its clients come back at once, with their cursors, to the other one',
    workers: 2,
    seconds: 90,
    env: GATEWAY,
    workload: { users: 600 },
    inject: async (round) => {
      const ports = new Map<string, number>();
      for (const [index, port] of (await gatewayPorts(round)).entries()) ports.set(round.members[index]!.name, port);
      const clients = await openClients(round, round.workload.recipients, 10_000, () => [...ports.values()]);
      await round.at(0.4);
      const member = round.pickMember();
      ports.delete(member.name);
      await round.kill(member);
      // Told by their sockets, which takes a moment.
      await delay(200);
      const lost = clients.filter(({ isOpen }) => !isOpen).length;
      const began = performance.now();
      await until('every client is back', () => clients.every(({ isOpen }) => isOpen), 60_000);
      if (lost > 0)
        round.effect(`${lost} sockets lost, all back after ${((performance.now() - began) / 1000).toFixed(1)} s`);
      round.restart(member);
      const { gateway } = await member.process.ready();
      ports.set(member.name, gateway!);
      await checkShown(round, clients);
      for (const client of clients) client.end();
    },
  },
  {
    id: '24',
    name: 'bad clients',
    fault:
      'wrong origin; token expired, unsigned, of another key, in the address; a frame of 1 MB; a flood; handshakes broken off',
    workers: 2,
    env: { ...GATEWAY, GATEWAY_ALLOWED_ORIGINS: 'https://erp.example.com' },
    inject: async (round) => {
      const [port] = await gatewayPorts(round);
      const good = await token(1n, 1001n);
      const bearer = (jwt: string): { protocols: string[] } => ({ protocols: ['v1', `bearer.${jwt}`] });
      const [, body] = good.split('.');
      const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
      const expected: readonly (readonly [what: string, status: number, Parameters<typeof handshake>[1]])[] = [
        ['a good one', 101, { ...bearer(good), headers: { origin: 'https://erp.example.com' } }],
        ['another origin', 403, { ...bearer(good), headers: { origin: 'https://evil.example.com' } }],
        ['no token', 401, { protocols: ['v1'] }],
        ['an expired token', 401, bearer(await token(1n, 1001n, -5))],
        ['an unsigned token', 401, bearer(unsigned)],
        ['a token of another key', 401, bearer(await token(1n, 1001n, 600, 'another-secret-of-more-than-32-bytes!!'))],
        ['a token in the address', 401, { ...bearer(good), query: `?token=${good}` }],
      ];
      for (const [what, status, options] of expected) {
        const got = await handshake(port!, options);
        if (got !== status) round.unexpected.push(`${what}: answered ${got}, expected ${status}`);
      }
      for (let time = 0; time < 50; time += 1) {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws`, bearer(good).protocols);
        socket.on('error', () => undefined); // broken off by ourselves
        setTimeout(() => socket.terminate(), round.random.below(5));
      }
      for (const [what, abuse] of [
        ['a frame of 1 MB', (socket: WebSocket) => socket.send('x'.repeat(1024 * 1024))],
        [
          'a flood',
          (socket: WebSocket) => Array.from({ length: 20_000 }, () => socket.send('{"type":"ack","id":"1"}')),
        ],
      ] as const) {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws`, bearer(await token(1n, 1002n)).protocols);
        socket.on('error', () => undefined); // followed by close
        await once(socket, 'open');
        abuse(socket);
        const closed = await Promise.race([once(socket, 'close').then(() => true), delay(10_000).then(() => false)]);
        socket.terminate();
        if (!closed) round.unexpected.push(`${what} did not close the socket within 10 s`);
      }
      if ((await handshake(port!, bearer(good))) === 101)
        round.effect('every refusal as expected, and the gateway serves on');
    },
  },
  {
    id: '25',
    name: 'tokens run out',
    fault: 'a hundred sockets whose tokens expire after 4 s',
    workers: 2,
    env: GATEWAY,
    inject: async (round) => {
      const [port] = await gatewayPorts(round);
      const closes: number[] = [];
      for (let index = 0; index < 100; index += 1) {
        const { tenantId, userId } = round.workload.recipients[index]!;
        const expires = Date.now() + 4000;
        const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws`, [
          'v1',
          `bearer.${await token(tenantId, userId, 4)}`,
        ]);
        socket.on('error', () => undefined); // followed by close
        socket.on('message', () => {
          if (Date.now() > expires + 1500) round.unexpected.push('a message came after the token had run out');
        });
        socket.on('close', (code) => closes.push(code));
      }
      await until('every socket is closed', () => closes.length === 100, 15_000);
      if (closes.every((code) => code === 4001)) round.effect('100 sockets closed with 4001');
      else round.unexpected.push(`sockets closed with ${[...new Set(closes)].join(', ')}, expected 4001`);
    },
  },
  {
    id: '33',
    name: "one user's greed",
    fault: `a user with a good token connects, resumes from an old cursor, confirms and pings as fast as it can for ${GREED_MS / 1000} s`,
    workers: 1,
    seconds: 60,
    env: GATEWAY,
    inject: async (round) => {
      const [port] = await gatewayPorts(round);
      const [greedy, ...others] = round.workload.recipients;
      const watchers = await openClients(round, others.slice(0, 40), 80, () => [port!]);
      await round.at(0.3);
      // All records of a user are in one partition, which a cursor names.
      const [client] = await openClients(round, [greedy!], 1, () => [port!]);
      const user = new GreedyUser(port!, greedy!, client!.cursor!.replace(/^\d+/, '0'));
      client!.end();
      const before = await round.sumOf('resume_bytes_total');
      let isOver = false;
      const watching = watchHandshakes(port!, others.slice(40, 240), () => isOver);
      await user.run(GREED_MS);
      isOver = true;
      const { count, refused, longestMs } = await watching;
      const read = (await round.sumOf('resume_bytes_total')) - before;

      // What one resume costs, once it may come again.
      await delay(6000);
      const beforeOne = await round.sumOf('resume_bytes_total');
      await user.resume();
      const one = (await round.sumOf('resume_bytes_total')) - beforeOne;
      const { handshakes, resumes, acked } = user.got;
      const seconds = GREED_MS / 1000;
      const passes = seconds / 2 + 2;
      if (refused > 0) round.unexpected.push(`${refused} of ${count} handshakes of others were refused`);
      if (longestMs > 3000) round.unexpected.push(`a handshake of another user took ${longestMs} ms`);
      if (one === 0) round.unexpected.push('a resume read nothing: the bytes say nothing either');
      if (read > passes * one) round.unexpected.push(`${read} bytes were read again, where one resume takes ${one}`);
      if (handshakes > 20 + seconds + 10) round.unexpected.push(`the greedy user was given ${handshakes} handshakes`);
      const lost = [...user.refused].map(([code, times]) => `${code}: ${times}`).join(', ');
      if (user.refused.size > 0)
        round.effect(
          `it was given ${handshakes} handshakes, ${resumes} resumes, ${acked} acks, and refused (${lost}); ${(read / 1e6).toFixed(1)} MB read again (one resume: ${(one / 1e6).toFixed(2)}); ${count} handshakes of others took ${longestMs} ms at most`,
        );
      await checkShown(round, watchers);
      for (const client of watchers) client.end();
    },
  },
];
