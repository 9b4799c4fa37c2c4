/** What the built product shows, keeps and reads of those around it: secrets, folders, keys, descriptors. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

import { until } from '../../integration/harness/until.js';
import type { WorkerProcess } from '../../integration/harness/worker.js';
import { claimsOf, jwt } from '../gateway-scene.js';
import { memoryOf } from '../watched-worker.js';
import type { ProductScene } from '../product-scene.js';
import type { Try, TryGroup } from '../try.js';
import { handshakeOf, RawSocket } from '../wire/raw-socket.js';

interface ProductTry extends Omit<Try<ProductScene>, 'run'> {
  readonly act: (scene: ProductScene) => Promise<void>;
}

function productTry(options: ProductTry): Try<ProductScene> {
  return {
    ...options,
    run: async (scene) => {
      try {
        await options.act(scene);
      } finally {
        await scene.tidy();
      }
    },
  };
}

/** Every file and folder under it, with its rights. */
function rightsUnder(folder: string): [path: string, isFolder: boolean, mode: number][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path, entry.isDirectory(), lstatSync(path).mode & 0o7777];
  });
}

/** Others may read none of it, whoever they are. */
function openTo(rights: ReturnType<typeof rightsUnder>): string[] {
  return rights.filter(([, , mode]) => (mode & 0o077) !== 0).map(([path, , mode]) => `${path} ${mode.toString(8)}`);
}

async function withUmask<T>(mask: number, act: () => T | Promise<T>): Promise<T> {
  const before = process.umask(mask);
  try {
    return await act();
  } finally {
    process.umask(before);
  }
}

async function statusOf(worker: WorkerProcess, token: string): Promise<number | undefined> {
  const { gateway } = await worker.ports();
  const socket = await RawSocket.open(gateway!);
  socket.write(handshakeOf('', ['Host: 127.0.0.1', `Authorization: Bearer ${token}`]));
  const { status } = await socket.answer();
  socket.end();
  return status;
}

async function endpoint(worker: WorkerProcess, path: string): Promise<{ status: number; text: string }> {
  const { http } = await worker.ports();
  const reply = await fetch(`http://127.0.0.1:${http}${path}`, { signal: AbortSignal.timeout(10_000) });
  return { status: reply.status, text: await reply.text() };
}

const SECRETS: readonly (readonly [what: string, over: Record<string, string | undefined>, secret: string])[] = [
  ['a password with / in a URL', { SCHEMA_REGISTRY_URL: 'ftp://user:pa/ss-word@registry' }, 'ss-word'],
  ['a password with @ in a URL', { SCHEMA_REGISTRY_URL: 'ftp://user:p@ss-word@registry' }, 'ss-word'],
  ['a password with # and ? in a URL', { SCHEMA_REGISTRY_URL: 'ftp://user:a#b?ss-word@registry' }, 'ss-word'],
  ['credentials of the key set', { JWT_SECRET: undefined, JWKS_URL: 'ftp://user:pa/ss-word@issuer/keys' }, 'ss-word'],
  ['a secret that is too short', { JWT_SECRET: 'ss-word' }, 'ss-word'],
  ['a secret beside a key set', { JWKS_URL: 'http://user:pa/ss-word@issuer/keys' }, 'ss-word'],
  ['a SASL password alone', { KAFKA_SASL_PASSWORD: 'ss-word' }, 'ss-word'],
  ['a password among the brokers', { KAFKA_BROKERS: 'user:pa/ss-word@broker:9092' }, 'ss-word'],
];

export const PRODUCT: TryGroup<ProductScene> = {
  title: 'the built product',
  against: 'workers started for it',
  tries: [
    productTry({
      name: `${SECRETS.length} faults of configuration with a secret in them`,
      holds: 'the worker ends with 2 and names the option; the secret is not shown',
      before: 'passwords were shown: with `/` or `@` in them, in JWKS_URL, among the brokers',
      isShort: true,
      act: async (scene) => {
        const shown = await Promise.all(
          SECRETS.map(async ([what, over, secret]) => {
            const worker = scene.start(over);
            const { code } = await worker.exited;
            const text = worker.lines.join('\n');
            return { what, code, isShown: text.includes(secret) };
          }),
        );
        expect(shown).toEqual(SECRETS.map(([what]) => ({ what, code: 2, isShown: false })));
      },
    }),
    productTry({
      name: 'STATE_DIR under a umask of 0',
      holds: 'folders are 0700, files 0600, whatever they are',
      before: '0755 and 0644, with every address and device token in them',
      isShort: true,
      act: async (scene) => {
        const folder = scene.nextFolder();
        const worker = await withUmask(0, () => scene.start({ STATE_DIR: folder, ROLES: 'stream' }));
        await worker.ready();
        expect((await worker.stop()).code).toBe(0);
        expect(lstatSync(folder).mode & 0o777).toBe(0o700);
        const rights = rightsUnder(folder);
        expect(rights.length).toBeGreaterThan(1);
        expect(openTo(rights)).toEqual([]);
      },
    }),
    productTry({
      name: 'a STATE_DIR of a group (2775, as a Kubernetes volume is)',
      holds: 'the stores lie in a folder of 0700 in it',
      before: 'the stores lay open in it',
      act: async (scene) => {
        const folder = scene.nextFolder();
        mkdirSync(folder, { recursive: true });
        // Whose it is only root can change; of our own it is closed itself, which will do as well.
        if (process.getuid?.() === 0) chownSync(folder, 12_345, 12_345);
        chmodSync(folder, 0o2775);
        const worker = await withUmask(0, () => scene.start({ STATE_DIR: folder, ROLES: 'stream' }));
        await worker.ready();
        expect((await worker.stop()).code).toBe(0);
        const direct = readdirSync(folder).map((name) => [name, lstatSync(join(folder, name)).mode & 0o077]);
        expect(direct.length).toBeGreaterThan(0);
        expect(direct.filter(([, mode]) => mode !== 0)).toEqual([]);
      },
    }),
    productTry({
      name: 'a STATE_DIR that everybody may write (0777)',
      holds: 'it is refused, with the folder and its rights',
      before: 'it was taken',
      act: async (scene) => {
        const folder = scene.nextFolder();
        mkdirSync(folder, { recursive: true });
        chmodSync(folder, 0o777);
        const worker = scene.start({ STATE_DIR: folder, ROLES: 'stream' });
        const exit = await Promise.race([worker.exited, delay(30_000)]);
        expect(exit, 'its end').toMatchObject({ code: expect.any(Number) as number });
        expect(exit!.code).not.toBe(0);
        expect(worker.lines.join('\n')).toContain(folder);
      },
    }),
    productTry({
      name: 'a key set of 200 MB',
      holds: '503; a megabyte of it is read and no more',
      before: 'it was read whole',
      isShort: true,
      act: async (scene) => {
        let written = 0;
        const chunk = Buffer.alloc(64 * 1024, ' ');
        const issuer = await scene.serve((_, response) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          const write = (): void => {
            while (written < 200_000_000 && !response.destroyed) {
              written += chunk.length;
              if (!response.write(chunk)) {
                response.once('drain', write);
                return;
              }
            }
            response.end('{"keys":[]}');
          };
          write();
        });
        const worker = scene.start({ JWT_SECRET: undefined, JWKS_URL: `${issuer}/keys` });
        await worker.ready();
        const before = memoryOf(worker.pid, 'VmRSS');
        const token = jwt(claimsOf(7n), { alg: 'RS256', kid: 'one' });
        expect(await statusOf(worker, token)).toBe(503);
        // What lies in the kernel on both sides counts here too.
        expect(written, 'bytes that the issuer got rid of').toBeLessThan(20_000_000);
        expect(memoryOf(worker.pid, 'VmHWM') - before, 'memory, MB').toBeLessThan(100);
      },
    }),
    productTry({
      name: 'a key set that comes a byte a second',
      holds: '503 within 10 s, other users of the endpoint are answered',
      act: async (scene) => {
        const issuer = await scene.serve((_, response) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          const timer = setInterval(() => response.write(' '), 1000);
          response.once('close', () => clearInterval(timer));
        });
        const worker = scene.start({ JWT_SECRET: undefined, JWKS_URL: `${issuer}/keys` });
        await worker.ready();
        const answers = Array.from({ length: 20 }, () =>
          statusOf(worker, jwt(claimsOf(7n), { alg: 'RS256', kid: 'one' })),
        );
        expect(new Set(await Promise.all(answers))).toEqual(new Set([503]));
        expect((await endpoint(worker, '/livez')).status).toBe(200);
      },
    }),
    productTry({
      name: '/metrics, 400 times as fast as it goes',
      holds: 'at most one a second is rendered',
      before: 'each was',
      isShort: true,
      act: async (scene) => {
        const worker = scene.start();
        await worker.ready();
        const began = performance.now();
        const bodies: string[] = [];
        for (let round = 0; round < 20; round += 1) {
          const texts = await Promise.all(Array.from({ length: 20 }, () => endpoint(worker, '/metrics')));
          bodies.push(...texts.map(({ text }) => text));
        }
        const seconds = (performance.now() - began) / 1000;
        expect(new Set(bodies).size).toBeLessThanOrEqual(2 + seconds);
      },
    }),
    productTry({
      name: '/readyz of a worker whose registry and brokers are out of reach, asked by a stranger',
      holds: 'it gives reasons of a closed list: no address, no text of a peer',
      before: 'addresses and the peers’ texts were in it',
      isShort: true,
      act: async (scene) => {
        const registry = await scene.serve((_, response) => response.writeHead(500).end('peer-said-this'));
        const worker = scene.start({ SCHEMA_REGISTRY_URL: registry, ROLES: 'stream,gateway' });
        await worker.ports(60_000);
        const { text } = await until('it is not ready for its registry', async () => {
          const answer = await endpoint(worker, '/readyz');
          return answer.status === 503 && answer.text.includes('registry') && answer;
        });
        expect(text).not.toContain('peer-said-this');
        expect(text).not.toMatch(/127\.0\.0\.1|localhost|:\d{4,5}/);
      },
    }),
    productTry({
      name: 'strangers take the file descriptors of a worker that has 160',
      holds: 'it does not end, and serves when they are gone',
      before: 'EMFILE in a late require ended it',
      act: async (scene) => {
        const worker = scene.start();
        const { gateway, http } = await worker.ready();
        execFileSync('prlimit', [`--pid=${worker.pid}`, '--nofile=160:160']);
        const strangers: Socket[] = [];
        for (const port of [gateway!, http]) {
          for (let index = 0; index < 200; index += 1) {
            const socket = connect(port, '127.0.0.1');
            socket.on('error', () => undefined); // refused or cut: either will do
            strangers.push(socket);
          }
        }
        await delay(3000);
        for (const socket of strangers) socket.destroy();
        expect(worker.ended, worker.lines.slice(-3).join('\n')).toBeUndefined();
        await until('it serves', async () => (await statusOf(worker, jwt(claimsOf(7n)))) === 101);
        expect((await endpoint(worker, '/livez')).status).toBe(200);
      },
    }),
    productTry({
      name: 'tokens that are older than JWT_MAX_AGE, or do not say how old',
      holds: '401; a fresh one is taken',
      before: 'there was no such option',
      isShort: true,
      act: async (scene) => {
        const worker = scene.start({ JWT_MAX_AGE: '10m' });
        await worker.ready();
        const now = Math.floor(Date.now() / 1000);
        const issued = (iat: unknown): string => jwt({ ...claimsOf(7n), iat });
        const statuses = [];
        for (const token of [
          issued(now - 5),
          issued(now - 3600),
          issued(undefined),
          issued('now'),
          issued(now + 86_400),
        ]) {
          statuses.push(await statusOf(worker, token));
        }
        expect(statuses).toEqual([101, 401, 401, 401, 401]);
      },
    }),
  ],
};
