import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type ConnectionOptions, type TlsOptions, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { openSocket } from '../../../../../topology/kafka/cluster/connect.js';

/** TLS without certificates. */
const KEY = Buffer.from('a key that both of them know');
const CIPHERS = 'PSK';
const tlsServer: TlsOptions = { ciphers: CIPHERS, maxVersion: 'TLSv1.2', pskCallback: () => KEY };
const ssl = {
  ciphers: CIPHERS,
  maxVersion: 'TLSv1.2',
  pskCallback: () => ({ psk: KEY, identity: 'worker' }),
  checkServerIdentity: () => undefined,
} as const;

let server: Server;
afterEach(() => server.close());

async function listen(made: Server): Promise<number> {
  server = made;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What the socket hears, copied as it comes, until the other side ends. */
async function heard(port: number, over: typeof ssl | null): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let isConnected = false;
  const socket = openSocket({ host: '127.0.0.1', port, ssl: over, onConnect: () => (isConnected = true) });
  socket.on('data', (data: Buffer) => pieces.push(Buffer.from(data)));
  await once(socket, 'end');
  expect(isConnected).toBe(true);
  socket.destroy();
  return Buffer.concat(pieces);
}

function sends(content: (which: number) => Buffer): (socket: Socket) => void {
  let accepted = 0;
  return (socket) => socket.end(content((accepted += 1)));
}

describe('a connection to a broker', () => {
  const megabytes = (which: number): Buffer => Buffer.alloc(3_000_001, `of ${which}, `);

  it.each([
    ['plain', () => createServer(sends(megabytes)), null],
    ['TLS', () => createTlsServer(tlsServer, sends(megabytes)), ssl],
  ] as const)('hears all that is sent, beside others that read into the same memory: %s', async (_, create, over) => {
    const port = await listen(create());
    const all = await Promise.all([heard(port, over), heard(port, over), heard(port, over)]);
    const found = all.map((content) => content.subarray(0, 4).toString()).sort();
    expect(found).toEqual(['of 1', 'of 2', 'of 3']);
    for (const content of all) expect(content.equals(megabytes(Number(content.subarray(3, 4))))).toBe(true);
  });

  it.each<[string, string, ConnectionOptions, string | false]>([
    ['the name of the broker, by which a listener may be chosen', 'localhost', ssl, 'localhost'],
    [
      'the name that the settings give',
      'localhost',
      { ...ssl, servername: 'broker.example.com' },
      'broker.example.com',
    ],
    ['no name where the broker has an address alone', '127.0.0.1', ssl, false],
  ])('says %s (SNI)', async (_, host, over, name) => {
    const made = createTlsServer(tlsServer);
    const port = await listen(made);
    const accepted = once(made, 'secureConnection') as Promise<[TLSSocket & { servername: string | false }]>;
    const socket = openSocket({ host, port, ssl: over, onConnect: () => undefined });
    const [{ servername }] = await accepted;
    socket.destroy();
    expect(servername).toBe(name);
  });
});
