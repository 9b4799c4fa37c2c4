/** A token endpoint of OAuth's client credentials, for tests: gives tokens that the secured brokers take. */
import { createPrivateKey } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { TOKEN_AUDIENCE, TOKEN_KEY_ID } from './vouchers.js';

export interface Asked {
  readonly authorization: string | undefined;
  readonly body: string;
}

/** Whom the tokens name. */
const SUBJECT = 'app';

export class TokenEndpoint {
  readonly asked: Asked[] = [];
  /** How long its tokens live. */
  lifeS: number;
  /** Answers in the place of a token, when set. */
  refusal: { readonly status: number; readonly body: unknown } | undefined;
  readonly #key: string;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  /** `key`: signs the tokens, PEM. */
  constructor(key: string, lifeS = 3600) {
    this.#key = key;
    this.lifeS = lifeS;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/token`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A token, as it gives them. */
  token(): Promise<string> {
    return new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', kid: TOKEN_KEY_ID })
      .setSubject(SUBJECT)
      .setAudience(TOKEN_AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + this.lifeS)
      .sign(createPrivateKey(this.#key));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    this.asked.push({ authorization: request.headers.authorization, body });
    const answer = this.refusal ?? {
      status: 200,
      body: { access_token: await this.token(), token_type: 'Bearer', expires_in: this.lifeS },
    };
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  }
}
