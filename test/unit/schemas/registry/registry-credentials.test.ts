import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FatalError, OutageError } from '../../../../common/errors.js';
import { LiveText } from '../../../../common/live-text.js';
import { makeCertificate } from '../../../../dev/stack/certificate.js';
import { SOURCES } from '../../../../dev/contract/sources.js';
import { registerSchemas } from '../../../../schemas/registry/register.js';
import { RegistryClient } from '../../../../schemas/registry/registry-client.js';
import { MemoryRegistry } from './memory-registry.js';
import { json, StubRegistry } from './stub-registry.js';

const REQUEST = { method: 'GET', path: '/schemas/ids/1' } as const;
let stub: StubRegistry;
beforeEach(async () => (stub = await StubRegistry.start()));
afterEach(() => stub.close());

const sent = (): (string | undefined)[] => stub.asked.map(({ authorization }) => authorization);
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('the registry is asked', () => {
  it('with the token of the moment, in the place of what its URL holds', async () => {
    let token = 'one';
    const client = new RegistryClient({
      url: stub.url.replace('//', '//me:hunter2@'),
      token: () => Promise.resolve(token),
    });
    await client.ask(REQUEST);
    token = 'two';
    await client.ask(REQUEST);
    expect(sent()).toEqual(['Bearer one', 'Bearer two']);
  });

  it('with the password that its file holds by then', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'notification-streams-registry-'));
    const path = join(folder, 'password');
    const password = new LiveText('SCHEMA_REGISTRY_PASSWORD', 'one', { path, faultOf: () => undefined });
    const client = new RegistryClient({ url: stub.url, login: { username: 'me', password } });
    for (const content of ['one', 'two']) {
      writeFileSync(path, content);
      await client.ask(REQUEST);
    }
    rmSync(folder, { recursive: true });
    expect(sent()).toEqual([basic('me:one'), basic('me:two')]);
  });

  it('not at all while there is no token: an outage that says why', async () => {
    const client = new RegistryClient({
      url: stub.url,
      token: () => Promise.reject(new OutageError('the endpoint is away')),
    });
    await expect(client.ask(REQUEST)).rejects.toMatchObject({
      fault: 'credentials',
      message: 'no token for the schema registry: the endpoint is away',
    });
    expect(sent()).toEqual([]);
  });

  it('not by what is no header: an outage that does not show it', async () => {
    const client = new RegistryClient({ url: stub.url, token: () => Promise.resolve('hunter2\nhunter2') });
    const fault = await client.ask(REQUEST).catch((error: unknown) => error);
    expect(fault).toMatchObject({ fault: 'unreachable' });
    expect(inspect(fault, { depth: 9, showHidden: true })).not.toContain('hunter2');
    expect(sent()).toEqual([]);
  });

  it('over TLS that an authority of its own vouches for, and that nobody else does', async () => {
    const own = makeCertificate({ name: 'own', addresses: ['127.0.0.1'], notAfter: new Date('2040-01-01') });
    const secure = await StubRegistry.start(own);
    secure.answer = (_, response) => json(response, 200, { schema: 'x' });
    const { url } = secure;
    try {
      const trusting = new RegistryClient({ url, ca: new LiveText('SCHEMA_REGISTRY_CA', own.cert) });
      expect(await trusting.ask(REQUEST)).toMatchObject({ kind: 'ok' });
      await expect(new RegistryClient({ url }).ask(REQUEST)).rejects.toMatchObject({
        fault: 'unreachable',
        message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') as string,
      });
    } finally {
      await secure.close();
    }
  });

  it('over TLS, and an answer that is none (a status that HTTP does not know) is an outage', async () => {
    const own = makeCertificate({ name: 'own', addresses: ['127.0.0.1'], notAfter: new Date('2040-01-01') });
    const server = createServer(own, ({ socket }) => socket.end('HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new RegistryClient({ url, ca: new LiveText('SCHEMA_REGISTRY_CA', own.cert) });
    await expect(client.ask(REQUEST)).rejects.toMatchObject({ fault: 'unreachable' });
    server.close();
  });
});

describe('schemas are registered', () => {
  const register = (client: RegistryClient) => registerSchemas(client, SOURCES, (logical) => logical);
  const password = new LiveText('SCHEMA_REGISTRY_PASSWORD', 'hunter2');

  it.each<[string, () => Partial<ConstructorParameters<typeof RegistryClient>[0]>, string]>([
    ['name and password', () => ({ login: { username: 'me', password } }), basic('me:hunter2')],
    ['the token', () => ({ token: () => Promise.resolve('one') }), 'Bearer one'],
    ['what the URL holds', () => ({ url: stub.url.replace('//', '//me:hunter2@') }), basic('me:hunter2')],
  ])('by who we are in each request, those that make a subject too: %s', async (_, settings, authorization) => {
    stub.answer = new MemoryRegistry().answer;
    const done = await register(new RegistryClient({ url: stub.url, ...settings() }));
    expect(new Set(done.map(({ outcome }) => outcome))).toEqual(new Set(['registered']));
    expect(new Set(sent())).toEqual(new Set([authorization]));
  });

  it('over TLS that an authority of its own vouches for', async () => {
    const own = makeCertificate({ name: 'own', addresses: ['127.0.0.1'], notAfter: new Date('2040-01-01') });
    const secure = await StubRegistry.start(own);
    try {
      secure.answer = new MemoryRegistry().answer;
      const done = await register(
        new RegistryClient({ url: secure.url, ca: new LiveText('SCHEMA_REGISTRY_CA', own.cert) }),
      );
      expect(new Set(done.map(({ outcome }) => outcome))).toEqual(new Set(['registered']));
    } finally {
      await secure.close();
    }
  });

  it.each([
    ['fails', 500, 'the schema registry failed to take our schema under', OutageError],
    ['refuses it', 422, 'the schema registry refused our schema under', FatalError],
  ])('not where the registry %s, and the difference is said', async (_, status, said, kind) => {
    const { answer } = new MemoryRegistry();
    stub.answer = (asked, response) =>
      asked.method === 'POST' && asked.path.endsWith('/versions')
        ? json(response, status, { error_code: status * 100 + 2, message: 'Register operation timed out' })
        : answer(asked, response);
    const fault: unknown = await register(new RegistryClient({ url: stub.url })).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(kind);
    expect(String(fault)).toContain(said);
    expect(String(fault)).toContain('Register operation timed out');
  });
});
