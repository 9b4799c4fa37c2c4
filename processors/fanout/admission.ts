/** Decides on a handshake: whose socket it becomes, or why it is refused. Knows no socket. */
import { userKey } from '../../state/directory-entry.js';
import { credentialsOf, type CredentialHeaders } from './credentials.js';
import type { OriginRule } from './origin.js';
import { refuse, type Refusal } from './refusals.js';
import type { Identity, TokenVerifier } from './token.js';

/** What a handshake says, copied out of the request: uWebSockets.js takes it away at the first await. */
export interface Handshake extends CredentialHeaders {
  readonly key: string;
  readonly version: string;
  readonly connection: string;
  readonly extensions: string;
  readonly origin: string;
  readonly host: string;
}

export interface Admitted {
  readonly kind: 'admitted';
  readonly identity: Identity;
  /** The subprotocol to echo, or an empty string. */
  readonly protocol: string;
}

/** Says why there is no room: for anyone, or for this user once it is known. */
export type RoomCheck = (key?: string) => keyof typeof NO_ROOM | undefined;

export interface AdmissionRules {
  readonly originRule: OriginRule;
  readonly tokens: TokenVerifier;
  readonly room: RoomCheck;
  readonly now: () => number;
}

const NO_ROOM = {
  full: 'The gateway has as many sockets as it may; try again later.',
  'user-full': 'This user has as many sockets as it may; close one first.',
  busy: 'The gateway takes on as many handshakes as it may; try again.',
  starting: 'The gateway does not follow the in-app topic yet; try again.',
  'shutting-down': 'The gateway is going away; try again.',
};

const WEBSOCKET_VERSION = '13';

/** The cheap checks first; the token last, since it may need the issuer's keys. Never rejects. */
export async function admit(handshake: Handshake, rules: AdmissionRules): Promise<Admitted | Refusal> {
  const early = rules.room();
  if (early !== undefined) return refuse(early, NO_ROOM[early]);
  // What uWebSockets.js takes for a wish to close: it would end the connection, and call `open` all the same.
  if (handshake.connection.length === 'close'.length) {
    return refuse('bad-handshake', 'The Connection header does not say upgrade.');
  }
  if (handshake.version !== WEBSOCKET_VERSION) {
    return refuse('bad-handshake', `Sec-WebSocket-Version is not ${WEBSOCKET_VERSION}.`);
  }
  if (!rules.originRule(handshake.origin, handshake.host)) {
    return refuse('bad-origin', 'Pages of this origin may not connect.');
  }
  const credentials = credentialsOf(handshake);
  if (credentials.kind === 'refused') return credentials;
  const identity = await rules.tokens(credentials.token, rules.now());
  if (identity.kind === 'refused') return identity;
  const late = rules.room(userKey(identity.tenantId, identity.userId));
  if (late !== undefined) return refuse(late, NO_ROOM[late]);
  return { kind: 'admitted', identity, protocol: credentials.protocol };
}
