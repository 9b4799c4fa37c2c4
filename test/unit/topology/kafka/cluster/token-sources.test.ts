import childProcess, { ChildProcess, spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:https';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutageError } from '../../../../../common/errors.js';
import { LiveText } from '../../../../../common/live-text.js';
import { makeCertificate } from '../../../../../dev/stack/certificate.js';
import { TokenEndpoint } from '../../../../../dev/stack/token-endpoint.js';
import { makeVouchers } from '../../../../../dev/stack/vouchers.js';
import {
  tokenCommand,
  tokenEndpoint,
  tokenText,
  type TokenSource,
} from '../../../../../topology/kafka/cluster/token-sources.js';

const NOW = 1_000_000;
const folder = mkdtempSync(join(tmpdir(), 'notification-streams-tokens-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A JWT that ends then, ms. */
function jwt(endsAt: number): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(endsAt / 1000)
    .sign(Buffer.alloc(32));
}

async function faultOf(source: TokenSource): Promise<OutageError> {
  const error = await source().catch((fault: unknown) => fault);
  if (!(error instanceof OutageError)) throw new Error('expected an outage');
  return error;
}

describe('a token endpoint', () => {
  const vouchers = makeVouchers();
  let endpoint: TokenEndpoint;
  let source: TokenSource;
  const secret = new LiveText('KAFKA_OAUTH_CLIENT_SECRET', 'hunter2:&');

  beforeEach(async () => {
    endpoint = new TokenEndpoint(vouchers.tokenKey, 60);
    const url = await endpoint.listen();
    source = tokenEndpoint(
      { url, clientId: 'streams', clientSecret: secret, scope: 'kafka', ca: undefined },
      () => NOW,
    );
  });
  afterEach(() => endpoint.close());

  it('is asked by client credentials, for the scope, and says how long its token lives', async () => {
    expect(await source()).toMatchObject({ endsAt: NOW + 60_000 });
    const [{ authorization = '', body } = { body: '' }] = endpoint.asked;
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
      grant_type: 'client_credentials',
      scope: 'kafka',
    });
    const [id, password] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':');
    expect([id, decodeURIComponent(password ?? '')]).toEqual(['streams', 'hunter2:&']);
  });

  it.each([
    [
      401,
      { error: 'invalid_client', error_description: 'no such client' },
      'token-refused',
      'refuses client "streams" (401): invalid_client: no such client',
    ],
    [400, { error: 'invalid_scope' }, 'token-refused', 'invalid_scope'],
    [503, {}, 'token-unreachable', 'it answers 503'],
    [200, { nothing: true }, 'token-unreachable', 'gives no token'],
    [302, {}, 'token-unreachable', 'it answers 302'],
  ])('that answers %i is an outage with its reason, and without the secret', async (status, body, code, message) => {
    endpoint.refusal = { status, body };
    const fault = await faultOf(source);
    expect(fault.reason).toEqual({ code });
    expect(fault.message).toContain(message);
    expect(fault.message).not.toContain('hunter2');
  });

  it('that is away is an outage', async () => {
    const url = 'http://127.0.0.1:1/token';
    const away = tokenEndpoint({ url, clientId: 'streams', clientSecret: secret, scope: undefined, ca: undefined });
    expect((await faultOf(away)).message).toContain(`${url} gives no token: `);
  });

  it('that has a password in its URL does not show it', async () => {
    const url = 'http://client:hunter2@127.0.0.1:1/token';
    const given = tokenEndpoint({ url, clientId: 'streams', clientSecret: secret, scope: undefined, ca: undefined });
    const { message } = await faultOf(given);
    expect(message).toContain('http://***@127.0.0.1:1/token gives no token: ');
    expect(message).not.toContain('hunter2');
  });

  it('is trusted by an authority of its own', async () => {
    const own = makeCertificate({ name: 'own', addresses: ['127.0.0.1'], notAfter: new Date('2040-01-01') });
    const answer = JSON.stringify({ access_token: 'abc', token_type: 'Bearer', expires_in: 5 });
    const server: Server = createServer(own, (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = (ca: LiveText | undefined): TokenSource => {
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      return tokenEndpoint({ url, clientId: 'a', clientSecret: secret, scope: undefined, ca }, () => NOW);
    };
    try {
      expect(await at(new LiveText('KAFKA_OAUTH_CA', own.cert))()).toEqual({ value: 'abc', endsAt: NOW + 5000 });
      expect((await faultOf(at(undefined))).message).toContain('self-signed certificate');
    } finally {
      server.close();
    }
  });
});

describe("a token's file", () => {
  const path = join(folder, 'token');
  const text = (content: string): LiveText =>
    new LiveText('KAFKA_OAUTH_TOKEN', content, { path, faultOf: () => undefined });

  it('is read again for each authentication', async () => {
    const [one, other] = [await jwt(NOW + 1000), await jwt(NOW + 9000)];
    writeFileSync(path, other);
    expect(await tokenText(text(one), () => NOW)()).toEqual({ value: other, endsAt: NOW + 9000 });
  });

  it('that nobody has renewed is an outage', async () => {
    writeFileSync(path, await jwt(NOW));
    expect((await faultOf(tokenText(text('x'), () => NOW))).message).toContain('ended at 1970-01-01T00:16:40.000Z');
  });
});

/** One that has ended, and that nobody has asked how, is there still. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

describe("a token's command", () => {
  const command = (script: string, env: NodeJS.ProcessEnv = {}): TokenSource => {
    const path = join(folder, 'command.mjs');
    writeFileSync(path, script);
    return tokenCommand([process.execPath, path, '--for', 'kafka'], env, () => NOW);
  };

  it.each([
    ['alone', "'abc.def'", { value: 'abc.def', endsAt: undefined }],
    ['as a token endpoint answers', `'{"access_token":"abc","expires_in":9}'`, { value: 'abc', endsAt: NOW + 9000 }],
  ])('prints it %s', async (_, printed, token) => {
    expect(await command(`console.log(${printed})`)()).toEqual(token);
  });

  it('is given its arguments and the environment that is meant for it', async () => {
    const print = command(
      "console.log(process.argv.slice(2).join('.') + '.' + process.env.REGION + Object.keys(process.env).includes('HOME'))",
      { REGION: 'eu' },
    );
    expect((await print()).value).toBe('--for.kafka.eufalse');
  });

  it.each([
    [
      'fails',
      "console.error('no role for ' + 'x'.repeat(60)); process.exit(3)",
      'it ended with code 3: no role for ***',
    ],
    ['prints what is no token', "console.log('two words')", 'what it printed is no token'],
    ['prints nothing', '', 'what it printed is no token'],
    [
      'prints without end',
      "setInterval(() => process.stdout.write('x'.repeat(10000)), 1)",
      'it printed more than 65536 characters',
    ],
  ])('that %s is an outage, which says so without a token', async (_, script, message) => {
    const fault = await faultOf(command(script));
    expect(fault.reason).toEqual({ code: 'token-unreachable' });
    expect(fault.message).toContain(message);
    expect(fault.message).not.toContain('xxxx');
  });

  it('that cannot be started is an outage', async () => {
    expect((await faultOf(tokenCommand(['/nowhere/token'], {}))).message).toContain(
      '/nowhere/token of KAFKA_OAUTH_TOKEN_COMMAND',
    );
  });

  it('that cannot be started now is an outage: the environment does not fit', async () => {
    const fault = await faultOf(tokenCommand(['/bin/echo', 'abc'], { HUGE: 'x'.repeat(4_000_000) }));
    expect(fault.message).toContain('/bin/echo of KAFKA_OAUTH_TOKEN_COMMAND gives no token: spawn E2BIG');
  });

  it('that cannot be started now is an outage: no descriptor is left', async () => {
    // As Node has it: a child without streams, whose error comes later.
    const spawning = vi.spyOn(childProcess, 'spawn').mockImplementationOnce(() => {
      const child = new ChildProcess();
      process.nextTick(() => child.emit('error', new Error('spawn EMFILE')));
      return child;
    });
    syncBuiltinESMExports();
    const fault = await faultOf(tokenCommand(['/bin/echo', 'abc'], {}));
    spawning.mockRestore();
    syncBuiltinESMExports();
    expect(fault.reason).toEqual({ code: 'token-unreachable' });
    expect(fault.message).toContain('spawn EMFILE');
  });

  describe('that is a script', () => {
    const script = (lines: string, mostMs?: number): TokenSource => {
      const path = join(folder, 'script.sh');
      writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
      return tokenCommand(['/bin/sh', path], { PATH: process.env['PATH'] }, () => NOW, mostMs);
    };

    it('and waits for a program that hangs is ended together with it when its time is over', async () => {
      const began = performance.now();
      const pids = join(folder, 'pids');
      const fault = await faultOf(script(`sleep 60 & echo $! > ${pids}\nwait\necho abc`, 300));
      expect(fault.message).toContain('it was ended after 300 ms');
      expect(performance.now() - began).toBeLessThan(5000);
      const pid = Number(readFileSync(pids, 'utf8'));
      await expect.poll(() => isRunning(pid)).toBe(false);
    });

    it('and leaves a program in the background, which holds its output open, gives its token at once', async () => {
      const began = performance.now();
      expect(await script('sleep 8 &\necho abc')()).toMatchObject({ value: 'abc' });
      expect(performance.now() - began).toBeLessThan(5000);
    });
  });
});
