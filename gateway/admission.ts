/** Decides on a handshake: whose socket it becomes, or why it is refused. Knows no socket. */
import { userKey } from '../state/directory/directory-entry.js';
import { credentialsOf, type CredentialHeaders } from './credentials.js';
import type { OriginRule } from './origin.js';
import { refuse, type Refusal } from './refusals.js';
import type { Identity, TokenVerifier } from './token.js';

/** What a handshake says, copied out of the request: uWebSockets.js takes it away at the first await. */
export interface Handshake extends CredentialHeaders {
  readonly key: string;
  readonly version: string;
  /** Its lines. */
  readonly connection: readonly string[];
  readonly extensions: string;
  readonly origin: string;
  readonly host: string;
  /** A header that came more than once though it is one value. */
  readonly repeated: string | undefined;
}

export interface Admitted {
  readonly kind: 'admitted';
  readonly identity: Identity;
  /** The subprotocol to echo, or an empty string. */
  readonly protocol: string;
}

/** Why no socket more is let in. */
export type CapacityFault = keyof typeof NO_CAPACITY;

/** How many sockets there may be. */
export interface Capacity {
  /** Why nobody is let in, before the token is looked at; undefined when there may be one more. */
  check(): CapacityFault | undefined;
  /** The same for this user, once it is known: takes it out of the budgets. */
  take(key: string): CapacityFault | undefined;
}

export interface AdmissionRules {
  readonly originRule: OriginRule;
  readonly tokens: TokenVerifier;
  readonly capacity: Capacity;
  readonly now: () => number;
}

const NO_CAPACITY = {
  full: 'The gateway has as many sockets as it may; try again later.',
  'user-full': 'This user has as many sockets as it may; close one first.',
  'user-busy': 'This user connects more often than it may; try again later.',
  busy: 'The gateway takes on as many handshakes as it may; try again.',
  starting: 'The gateway does not follow the in-app topic yet; try again.',
  'shutting-down': 'The gateway is going away; try again.',
};

const WEBSOCKET_VERSION = '13';

/** The cheap checks first; the token last, since it may need the issuer's keys. Never rejects. */
export async function admit(handshake: Handshake, rules: AdmissionRules): Promise<Admitted | Refusal> {
  const early = rules.capacity.check();
  if (early !== undefined) return refuse(early, NO_CAPACITY[early]);
  if (handshake.repeated !== undefined) {
    return refuse('bad-handshake', `The header ${handshake.repeated} came more than once; expected one.`);
  }
  if (!asksForUpgrade(handshake.connection)) {
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
  return { kind: 'admitted', identity, protocol: credentials.protocol };
}

/**
 * The last word, at once before the upgrade, so that nobody comes in between. The user's own budget is asked before the
 * common one: whoever is over its own takes nothing from the others, and neither does a bad token, which never comes here.
 */
export function takeCapacity({ identity }: Admitted, rules: AdmissionRules): Refusal | undefined {
  const full = rules.capacity.take(userKey(identity.tenantId, identity.userId));
  return full === undefined ? undefined : refuse(full, NO_CAPACITY[full]);
}

/** A line of five letters is what uWebSockets.js takes for `close`: it would end the connection, and call `open` all the same. */
function asksForUpgrade(connection: readonly string[]): boolean {
  if (connection.some((line) => line.length === 'close'.length)) return false;
  return connection.some((line) => line.split(',').some((option) => option.trim().toLowerCase() === 'upgrade'));
}
