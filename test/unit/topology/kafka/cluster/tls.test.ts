import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveText } from '../../../../../common/live-text.js';
import { makeCertificate, type Certified } from '../../../../../dev/stack/certificate.js';
import { brokerFault } from '../../../../../topology/kafka/cluster/broker-fault.js';
import { openSocket } from '../../../../../topology/kafka/cluster/connect.js';
import { Tls, tlsFault } from '../../../../../topology/kafka/cluster/tls.js';

const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);
const authority = {
  name: 'authority',
  ...makeCertificate({ name: 'authority', isAuthority: true, notAfter: inDays(9) }),
};
const broker = makeCertificate({ name: 'broker', addresses: ['127.0.0.1'], notAfter: inDays(9) });
const client = (name: string): Certified => makeCertificate({ name, issuer: authority, notAfter: inDays(9) });
const first = client('first');

const folder = mkdtempSync(join(tmpdir(), 'notification-streams-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileText(name: string, content: string): LiveText {
  const path = join(folder, name);
  writeFileSync(path, content);
  return new LiveText(name, content, { path, faultOf: () => undefined });
}

describe('a client certificate', () => {
  const encrypted = createPrivateKey(first.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' })
    .toString();
  const ended = makeCertificate({ name: 'late', issuer: authority, notBefore: inDays(-9), notAfter: inDays(-1) });

  it.each([
    ['with its key', first, undefined, undefined],
    ['with its key and the password of that', { ...first, key: encrypted }, 'hunter2', undefined],
    [
      'with another key',
      { ...first, key: client('second').key },
      undefined,
      'KAFKA_SSL_KEY does not fit KAFKA_SSL_CERT (CN=first)',
    ],
    [
      'without the password of its key',
      { ...first, key: encrypted },
      undefined,
      'KAFKA_SSL_KEY is encrypted: expected its password in KAFKA_SSL_KEY_PASSWORD',
    ],
    [
      'with another password',
      { ...first, key: encrypted },
      'hunter3',
      'KAFKA_SSL_KEY_PASSWORD (not shown) does not open KAFKA_SSL_KEY',
    ],
    ['that has ended', ended, undefined, `KAFKA_SSL_CERT (CN=late) ended at ${inDays(-1).toISOString().slice(0, 10)}`],
    ['that is none', { ...first, cert: first.key }, undefined, 'KAFKA_SSL_CERT holds no certificate that can be read'],
    ['whose key is none', { ...first, key: first.cert }, undefined, 'KAFKA_SSL_KEY (not shown) holds no private key'],
  ])('%s is told from others', (_, { cert, key }, password, fault) => {
    const found = tlsFault({ ca: undefined, cert, key, password }, Date.now());
    if (fault === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(fault);
    expect(found ?? '').not.toMatch(/hunter|BEGIN/);
  });
});

describe('connections to a broker that wants a certificate', () => {
  let server: Server;
  let port: number;
  const seen: string[] = [];

  beforeEach(async () => {
    seen.length = 0;
    const options = { ...broker, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    server = createServer(options, (socket: TLSSocket) => {
      seen.push(socket.getPeerCertificate().subject.CN as string);
      socket.end('x');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => server.close());

  /** How it ended: the error, if it had one. */
  async function connect(tls: Tls): Promise<unknown> {
    const socket = openSocket({ host: '127.0.0.1', port, ssl: tls.options, onConnect: () => undefined });
    socket.resume();
    const [error] = (await Promise.race([once(socket, 'end').then(() => []), once(socket, 'close')]).catch(
      (fault: unknown) => [fault],
    )) as unknown[];
    socket.destroy();
    return error instanceof Error ? error : undefined;
  }

  it('show the one that is in the files by then; one whose key has not come yet is waited for', async () => {
    const [ca, cert, key] = [fileText('ca', broker.cert), fileText('cert', first.cert), fileText('key', first.key)];
    const tls = new Tls({ ca, cert, key, keyPassword: undefined });
    await connect(tls);
    const second = client('second');
    writeFileSync(join(folder, 'cert'), second.cert);
    await cert.refresh();
    expect(tls.fault).toContain('KAFKA_SSL_KEY does not fit KAFKA_SSL_CERT (CN=second)');
    await connect(tls);
    writeFileSync(join(folder, 'key'), second.key);
    await key.refresh();
    expect(tls.fault).toBeUndefined();
    await connect(tls);
    expect(seen).toEqual(['first', 'first', 'second']);
    expect(tls.used.cert).toBe(cert.current);
  });

  it('are refused without one, and readiness says it', async () => {
    const tls = new Tls({
      ca: new LiveText('ca', broker.cert),
      cert: undefined,
      key: undefined,
      keyPassword: undefined,
    });
    const error = await connect(tls);
    expect(brokerFault(error)).toEqual({ code: 'client-certificate' });
    expect(String(error)).toContain('see KAFKA_SSL_CERT');
  });

  it.each([
    'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
    'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
  ])('are told from others by the alert: %s', (code) => {
    expect(brokerFault(Object.assign(new Error('alert'), { code }))).toEqual({ code: 'client-certificate' });
  });
});
