/** Serves the page, and plays the login service that would hand out its token. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { FatalError, messageOf } from '../../topology/errors.js';
import type { Person } from '../simulators/staff.js';
import { projectRoot } from '../stack/place.js';

export interface PageOptions {
  readonly port: number;
  readonly gatewayPort: number;
  readonly jwtSecret: string;
  /** Whom the page may show; the first one when it asks for nobody. */
  readonly people: () => readonly Person[];
}

const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'demo.html', type: 'text/html; charset=utf-8' },
  '/demo.js': { file: 'demo.js', type: 'text/javascript; charset=utf-8' },
};
const TOKEN_LIFE = '1h';

export class Page {
  readonly #options: PageOptions;
  readonly #server: Server;

  constructor(options: PageOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => answer(response, 500, { error: messageOf(error) }));
    });
  }

  /** Resolves with its address. Rejects with FatalError when the port can not be had. */
  listen(): Promise<string> {
    const { port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(new FatalError(`--port ${port} can not be had: ${error.message}`, error)),
      );
      this.#server.listen(port, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = headers.host?.replace(/:\d+$/, '');
    // A page of another site whose name was made to point here must not get a token.
    if (host !== '127.0.0.1' && host !== 'localhost') return answer(response, 421, { error: 'this is 127.0.0.1' });
    if (method !== 'GET' && method !== 'HEAD') return answer(response, 405, { error: 'only GET is answered' });
    const { pathname, searchParams } = new URL(url ?? '/', 'http://127.0.0.1');
    if (pathname === '/session') return this.#session(host, searchParams.get('user'), response);
    if (pathname === '/users') return answer(response, 200, this.#options.people().map(publicly));
    const found = FILES[pathname];
    if (!found) return answer(response, 404, { error: 'not found: /, /session and /users are here' });
    const content = await readFile(join(projectRoot(), 'client', found.file));
    response.writeHead(200, { ...HEADERS, 'content-type': found.type }).end(content);
  }

  async #session(host: string, userId: string | null, response: ServerResponse): Promise<void> {
    const { people, gatewayPort, jwtSecret } = this.#options;
    const person = userId === null ? people()[0] : people().find((one) => String(one.userId) === userId);
    if (!person) return answer(response, 404, { error: `there is no user ${String(userId)}: see /users` });
    const token = await new SignJWT({ tenant: String(person.tenantId) })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(String(person.userId))
      .setExpirationTime(TOKEN_LIFE)
      .sign(new TextEncoder().encode(jwtSecret));
    answer(response, 200, { url: `ws://${host}:${gatewayPort}/v1/ws`, token, ...publicly(person) });
  }
}

const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function publicly({ tenantId, userId, fullName }: Person): Readonly<Record<string, string>> {
  return { tenantId: String(tenantId), userId: String(userId), name: fullName };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
