/** Where the tokens of OAUTHBEARER come from: a token endpoint, a file, a command. */
import * as oauth from 'oauth4webapi';
import { BEARER_TOKEN } from '../../../common/bearer-token.js';
import { OutageError, messageOf } from '../../../common/errors.js';
import type { LiveText } from '../../../common/live-text.js';
import { masked, maskedAddress } from '../../../common/shown.js';
import { trustingFetch } from '../../../common/trusting-fetch.js';
import { printedBy } from './printed-by.js';

/** A bearer token, and when it ends, ms since the epoch, if that is known. */
export interface Token {
  readonly value: string;
  readonly endsAt: number | undefined;
}

/** Rejects with an OutageError that says why there is none: whoever needs one waits. */
export type TokenSource = () => Promise<Token>;

/** For one answer of the endpoint, or one run of the command: a connection to a broker waits for it. */
const MOST_MS = 10_000;

export interface TokenEndpoint {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: LiveText;
  readonly scope: string | undefined;
  /** Undefined: Node's own authorities. */
  readonly ca: LiveText | undefined;
}

/** OAuth's grant for programs (RFC 6749, 4.4), the client's secret by HTTP Basic. */
export function tokenEndpoint(endpoint: TokenEndpoint, now: () => number = Date.now): TokenSource {
  const server = { issuer: endpoint.url, token_endpoint: endpoint.url };
  const client = { client_id: endpoint.clientId };
  const where = `the token endpoint ${maskedAddress(endpoint.url)}`;
  return async () => {
    await endpoint.clientSecret.refresh();
    try {
      const answer = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.ClientSecretBasic(endpoint.clientSecret.current),
        endpoint.scope === undefined ? {} : { scope: endpoint.scope },
        {
          // An endpoint beside us, or behind a mesh that encrypts by itself, speaks plain HTTP.
          // eslint-disable-next-line @typescript-eslint/no-deprecated -- which is what the library says of it
          [oauth.allowInsecureRequests]: true,
          [oauth.customFetch]: (url, { method, headers, body }) =>
            trustingFetch(endpoint.ca?.current, url, {
              ...{ method, headers, redirect: 'manual', signal: AbortSignal.timeout(MOST_MS) },
              body: body.toString(),
            }),
        },
      );
      const { access_token: value, expires_in: seconds } = await oauth.processClientCredentialsResponse(
        server,
        client,
        answer,
      );
      return { value, endsAt: seconds === undefined ? endOf(value) : now() + seconds * 1000 };
    } catch (error) {
      throw endpointFault(error, where, endpoint.clientId);
    }
  };
}

/** The endpoint's own words are a code of OAuth's list and a sentence; never what we sent. */
function endpointFault(error: unknown, where: string, clientId: string): OutageError {
  if (error instanceof oauth.ResponseBodyError) {
    const said = [error.error, error.error_description].filter((text) => text !== undefined).join(': ');
    return new OutageError(
      `${where} refuses client "${clientId}" (${error.status}): ${said.slice(0, 300)}; see KAFKA_OAUTH_CLIENT_ID, KAFKA_OAUTH_CLIENT_SECRET and KAFKA_OAUTH_SCOPE`,
      undefined,
      { code: 'token-refused' },
    );
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return new OutageError(`${where} refuses client "${clientId}" (${error.status})`, undefined, {
      code: 'token-refused',
    });
  const { cause } = error as { cause?: unknown };
  const why =
    cause instanceof Response ? `it answers ${cause.status}` : messageOf(cause instanceof Error ? cause : error);
  // Node's fetch names the URL as it was given.
  return new OutageError(`${where} gives no token: ${masked(why)}`, undefined, { code: 'token-unreachable' });
}

/** A token that somebody else renews. */
export function tokenText(text: LiveText, now: () => number = Date.now): TokenSource {
  return async () => {
    await text.refresh();
    const value = text.current.trim();
    const endsAt = endOf(value);
    if (endsAt !== undefined && endsAt <= now())
      throw new OutageError(
        `the token of KAFKA_OAUTH_TOKEN ended at ${new Date(endsAt).toISOString()}: whoever writes its file has not renewed it`,
        undefined,
        { code: 'token-unreachable' },
      );
    return { value, endsAt };
  };
}

/**
 * A program that prints a token: alone, or as a token endpoint answers (`access_token`, `expires_in`). It is started without
 * a shell, and has as long as the endpoint. `environment`: what it is given of ours.
 */
export function tokenCommand(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  now: () => number = Date.now,
  mostMs = MOST_MS,
): TokenSource {
  const [program = ''] = words;
  return async () => {
    const printed = await printedBy(words, environment, mostMs).catch((error: unknown) => {
      throw commandFault(program, messageOf(error));
    });
    const token = tokenIn(printed, now());
    if (token === undefined) throw commandFault(program, 'what it printed is no token');
    return token;
  };
}

function commandFault(program: string, why: string): OutageError {
  return new OutageError(`${program} of KAFKA_OAUTH_TOKEN_COMMAND gives no token: ${why}`, undefined, {
    code: 'token-unreachable',
  });
}

function tokenIn(output: string, now: number): Token | undefined {
  const text = output.trim();
  if (BEARER_TOKEN.test(text)) return { value: text, endsAt: endOf(text) };
  try {
    const { access_token: value, expires_in: seconds } = JSON.parse(text) as Record<string, unknown>;
    if (typeof value !== 'string' || !BEARER_TOKEN.test(value)) return undefined;
    return { value, endsAt: typeof seconds === 'number' ? now + seconds * 1000 : endOf(value) };
  } catch {
    return undefined; // neither a token nor JSON: the caller says so
  }
}

/** When a token that is a JWT says it ends. It is the brokers' to check. */
function endOf(token: string): number | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    };
    return typeof claims.exp === 'number' && Number.isFinite(claims.exp) ? claims.exp * 1000 : undefined;
  } catch {
    return undefined; // opaque, as some are
  }
}
