/** Finds the token of a handshake, in the two places where it may be and in no other. */
import { PROTOCOL } from './protocol.js';
import { refuse, type Refusal } from './refusals.js';

export interface Credentials {
  readonly kind: 'credentials';
  readonly token: string;
  /** The subprotocol to echo: never the one that carries the token. Empty when the client offered none. */
  readonly protocol: string;
}

/** The parts of a handshake that matter here; an absent header or query is an empty string. */
export interface CredentialHeaders {
  readonly protocols: string;
  readonly authorization: string;
  readonly query: string;
}

const BEARER_PROTOCOL = 'bearer.';
const TOKEN_PARAMETERS = new Set(['token', 'access_token', 'id_token', 'jwt', 'bearer', 'auth', 'authorization']);
const LOOKS_LIKE_JWT = /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/;

/** The token from `Sec-WebSocket-Protocol: v1, bearer.<jwt>` or `Authorization: Bearer <jwt>`. */
export function credentialsOf(headers: CredentialHeaders): Credentials | Refusal {
  if (hasTokenInQuery(headers.query)) {
    return refuse('token-in-query', 'A token in the address ends up in logs; send it in a header.');
  }
  const offered = headers.protocols.split(',').map((protocol) => protocol.trim());
  const isOffering = headers.protocols !== '';
  if (isOffering && !offered.includes(PROTOCOL)) {
    return refuse('bad-handshake', `Sec-WebSocket-Protocol does not offer "${PROTOCOL}".`);
  }
  const tokens = offered
    .filter((protocol) => protocol.startsWith(BEARER_PROTOCOL))
    .map((protocol) => protocol.slice(BEARER_PROTOCOL.length));
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization)?.[1];
  if (bearer !== undefined) tokens.push(bearer);
  const [token, ...others] = tokens;
  if (token === undefined || token === '') {
    return refuse(
      'no-token',
      'No token; expected Sec-WebSocket-Protocol "v1, bearer.<jwt>" or Authorization "Bearer <jwt>".',
    );
  }
  if (others.length > 0) return refuse('bad-handshake', 'More than one token was sent; expected one.');
  return { kind: 'credentials', token, protocol: isOffering ? PROTOCOL : '' };
}

function hasTokenInQuery(query: string): boolean {
  return [...new URLSearchParams(query)].some(
    ([name, value]) => TOKEN_PARAMETERS.has(name.toLowerCase()) || looksLikeToken(name) || looksLikeToken(value),
  );
}

function looksLikeToken(text: string): boolean {
  return LOOKS_LIKE_JWT.test(text.replace(/^Bearer /i, ''));
}
