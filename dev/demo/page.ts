/** Serves the page, and plays the login service that would hand out its token. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FatalError, messageOf } from '../../common/errors.js';
import { signToken } from '../../gateway/sign-token.js';
import type { Person } from '../simulators/staff.js';
import { projectRoot } from '../../common/project-root.js';

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
const TOKEN_LIFE_MS = 3_600_000;

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly content: string | Buffer;
}

export class Page {
  readonly #options: PageOptions;
  readonly #server: Server;

  constructor(options: PageOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      void this.#replyTo(request)
        .catch((error: unknown) => json(500, { error: messageOf(error) }))
        .then(({ status, type, content }) => {
          const headers = { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
          response.writeHead(status, headers).end(content);
        });
    });
  }

  /** Resolves with its address. Rejects with FatalError when the port cannot be had. */
  listen(): Promise<string> {
    const { port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(new FatalError(`--port ${port} cannot be had: ${error.message}`, error)),
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

  async #replyTo({ method, url, headers }: IncomingMessage): Promise<Reply> {
    const host = headers.host?.replace(/:\d+$/, '');
    // A page of another site whose name was made to point here must not get a token.
    if (host !== '127.0.0.1' && host !== 'localhost') return json(421, { error: 'this is 127.0.0.1' });
    if (method !== 'GET' && method !== 'HEAD') return json(405, { error: 'only GET is answered' });
    const { pathname, searchParams } = new URL(url ?? '/', 'http://127.0.0.1');
    if (pathname === '/session') return this.#session(host, searchParams.get('user'));
    if (pathname === '/users') return json(200, this.#options.people().map(publicly));
    const found = FILES[pathname];
    if (!found) return json(404, { error: 'not found: /, /session and /users are here' });
    return { status: 200, type: found.type, content: await readFile(join(projectRoot(), 'client', found.file)) };
  }

  async #session(host: string, userId: string | null): Promise<Reply> {
    const { people, gatewayPort, jwtSecret } = this.#options;
    const person = userId === null ? people()[0] : people().find((one) => String(one.userId) === userId);
    if (!person) return json(404, { error: `there is no user ${String(userId)}: see /users` });
    const claims = { userId: String(person.userId), tenantId: String(person.tenantId) };
    const token = await signToken(jwtSecret, { ...claims, now: Date.now(), lifeMs: TOKEN_LIFE_MS });
    return json(200, { url: `ws://${host}:${gatewayPort}/v1/ws`, token, ...publicly(person) });
  }
}

function publicly({ tenantId, userId, fullName }: Person): Readonly<Record<string, string>> {
  return { tenantId: String(tenantId), userId: String(userId), name: fullName };
}

function json(status: number, body: unknown): Reply {
  return { status, type: 'application/json', content: `${JSON.stringify(body)}\n` };
}
