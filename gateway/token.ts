/** Tokens: who a socket belongs to is what the JWT says, and nothing else. */
import { createSecretKey } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { ConfigError } from '../common/errors.js';
import { getOrMake } from '../common/get-or-make.js';
import { isPositiveInt64 } from '../common/int64.js';
import { KeysUnavailable, RemoteKeySet, type KeySource } from './key-set.js';
import { parseUrl } from '../common/parse-url.js';
import { shownAddress } from '../common/shown.js';
import { refuse, type Refusal } from './refusals.js';

/** Who the token speaks for, and until when (ms since the epoch). */
export interface Identity {
  readonly kind: 'identity';
  readonly tenantId: bigint;
  readonly userId: bigint;
  readonly expiresAt: number;
}

/** Never throws and never rejects: what is wrong with a token is a refusal. */
export type TokenVerifier = (token: string, now: number) => Promise<Identity | Refusal>;

export interface TokenOptions {
  /** Shared secret for HS256, or those of the moment, the newest first; use 32 bytes or more. Either this or `jwksUrl`. */
  readonly jwtSecret?: string | (() => readonly string[]) | undefined;
  /** Where the issuer publishes its public keys (http or https). */
  readonly jwksUrl?: string | undefined;
  /** Told how each try to read the key set ended. */
  readonly onKeysRead?: (fault: string | undefined) => void;
  /** `iss` must be this, when given. */
  readonly issuer?: string | undefined;
  /** `aud` must hold this, when given. */
  readonly audience?: string | undefined;
  /** How far in the future `nbf` may lie, for clocks that differ; 0 to 60, default 5. `exp` is taken to the second. */
  readonly clockSkewS?: number | undefined;
  /** The oldest that a token may be by its `iat`, which it must then have, ms; undefined = only `exp` counts. */
  readonly maxAgeMs?: number | undefined;
}

/** Longer than any real token, and what still passes the header limits of common proxies. */
const MAX_TOKEN_CHARS = 4096;
/** That a token without `kid` is tried with: each costs a check of its signature. */
const MOST_KEYS = 10;
const MAX_SKEW_S = 60;
/** Public-key algorithms only: a symmetric one here would let anyone sign with the public key. */
export const JWKS_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** What a token is told that is no token of the issuer's: no more than a stranger may know. */
export const NOT_ACCEPTED = refuse(
  'bad-token',
  'The token is malformed, or its signature or algorithm is not accepted.',
);

/** Checks tokens as the options say. Throws ConfigError unless exactly one of secret and key set is given. */
export function createTokenVerifier(options: TokenOptions): TokenVerifier {
  const faults = faultsOf(options);
  if (faults.length > 0) throw new ConfigError(faults);
  const keys = options.jwtSecret
    ? { sources: secretKeys(options.jwtSecret), algorithms: ['HS256'] }
    : { sources: remoteKeys(options), algorithms: JWKS_ALGORITHMS };
  const skewS = options.clockSkewS ?? 5;
  const checks = {
    algorithms: keys.algorithms,
    requiredClaims: ['exp', 'sub', 'tenant'],
    clockTolerance: skewS,
    ...(options.issuer === undefined ? {} : { issuer: options.issuer }),
    ...(options.audience === undefined ? {} : { audience: options.audience }),
  };
  return async (token, now) => {
    if (token.length > MAX_TOKEN_CHARS) {
      return refuse('bad-token', `The token has ${token.length} characters; at most ${MAX_TOKEN_CHARS} are allowed.`);
    }
    try {
      const payload = await verifyByAny(token, keys.sources(), { ...checks, currentDate: new Date(now) });
      return identityOf(payload, now, endOf(payload, now, skewS * 1000, options.maxAgeMs));
    } catch (error) {
      return refusalOf(error);
    }
  };
}

/** True for a secret that is shorter than HS256 asks for (RFC 7518, 3.2); worth a warning at start. */
export function isWeakSecret(secret: string): boolean {
  return Buffer.byteLength(secret) < 32;
}

function faultsOf(options: TokenOptions): string[] {
  const faults: string[] = [];
  if (options.jwtSecret && options.jwksUrl) faults.push('JWT_SECRET and JWKS_URL: both are set; set one of them');
  if (!options.jwtSecret && !options.jwksUrl)
    faults.push('JWT_SECRET or JWKS_URL: neither is set; the gateway needs one');
  if (options.jwksUrl && !(parseUrl(options.jwksUrl) !== undefined && /^https?:/.test(options.jwksUrl))) {
    faults.push(`JWKS_URL: ${shownAddress(options.jwksUrl)} is not an http or https address`);
  }
  const skew = options.clockSkewS ?? 0;
  if (!(skew >= 0 && skew <= MAX_SKEW_S)) faults.push(`clockSkewS: ${skew} is not between 0 and ${MAX_SKEW_S}`);
  return faults;
}

type KeySources = () => readonly KeySource[];

function remoteKeys({ jwksUrl, onKeysRead }: TokenOptions): KeySources {
  const sources = [new RemoteKeySet(jwksUrl!, onKeysRead ?? (() => undefined))];
  return () => sources;
}

function secretKeys(secrets: NonNullable<TokenOptions['jwtSecret']>): KeySources {
  const known = new Map<string, KeySource>();
  return () => {
    const current = typeof secrets === 'string' ? [secrets] : secrets();
    for (const secret of known.keys()) if (!current.includes(secret)) known.delete(secret);
    return current.map((secret) => getOrMake(known, secret, () => secretKey(secret)));
  };
}

function secretKey(secret: string): KeySource {
  const key = createSecretKey(Buffer.from(secret, 'utf8'));
  return { find: () => key, renew: () => Promise.resolve(false) };
}

/** While a secret is changed there are two: whoever was given a token by the old one is let in as well. */
async function verifyByAny(
  token: string,
  sources: readonly KeySource[],
  checks: JWTVerifyOptions,
): Promise<JWTPayload> {
  for (const keys of sources.slice(0, -1)) {
    try {
      return await verify(token, keys, checks);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  return verify(token, sources.at(-1)!, checks);
}

async function verify(token: string, keys: KeySource, checks: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return await verifyOnce(token, keys, checks);
  } catch (error) {
    // One that names no key may be signed with one that is newer than the set.
    const isUnnamed = error instanceof errors.JWSSignatureVerificationFailed && !decodeProtectedHeader(token).kid;
    if (isUnnamed && (await keys.renew())) return verifyOnce(token, keys, checks);
    throw error;
  }
}

/** A token that names no key is tried with each that fits its algorithm. */
async function verifyOnce(token: string, keys: KeySource, checks: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys.find, checks)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let left = MOST_KEYS;
    for await (const key of error) {
      if ((left -= 1) < 0) break;
      try {
        return (await jwtVerify(token, key, checks)).payload;
      } catch (problem) {
        if (!(problem instanceof errors.JWSSignatureVerificationFailed)) throw problem;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof KeysUnavailable) {
    return refuse('keys-unavailable', 'The keys that check the token cannot be fetched now; try again.');
  }
  if (error instanceof errors.JWTExpired) return refuse('expired-token', 'The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refuse('bad-token', `The token's claim "${error.claim}" is missing or not as expected.`);
  }
  return NOT_ACCEPTED;
}

/**
 * When the token ends, ms since the epoch, or the claim that does not say it: JSON has numbers such as 1e999, which is
 * infinite, and a token issued in the future would be young for longer than it may.
 */
function endOf(payload: JWTPayload, now: number, skewMs: number, maxAgeMs: number | undefined): number | Refusal {
  const expiresAt = (payload.exp ?? Number.NaN) * 1000;
  if (!Number.isFinite(expiresAt)) return refuse('bad-token', timeMessage('exp'));
  if (maxAgeMs === undefined) return expiresAt;
  const issuedAt = (payload.iat ?? Number.NaN) * 1000;
  if (!Number.isFinite(issuedAt) || issuedAt > now + skewMs) return refuse('bad-token', timeMessage('iat'));
  return Math.min(expiresAt, issuedAt + maxAgeMs);
}

function identityOf(payload: JWTPayload, now: number, expiresAt: number | Refusal): Identity | Refusal {
  if (typeof expiresAt !== 'number') return expiresAt;
  // The skew is for `nbf`: past its own end no token is honoured.
  if (expiresAt <= now) return refuse('expired-token', 'The token has expired.');
  const userId = positiveInt64(payload.sub);
  if (userId === undefined) return refuse('bad-token', claimMessage('sub'));
  const tenantId = positiveInt64(payload['tenant']);
  if (tenantId === undefined) return refuse('bad-token', claimMessage('tenant'));
  return { kind: 'identity', tenantId, userId, expiresAt };
}

function timeMessage(claim: string): string {
  return `The token's claim "${claim}" is missing, not a finite number of seconds, or (iat) in the future.`;
}

function claimMessage(claim: string): string {
  return `The token's claim "${claim}" is not a decimal string of a positive 64-bit integer.`;
}

function positiveInt64(claim: unknown): bigint | undefined {
  return isPositiveInt64(claim) ? BigInt(claim) : undefined;
}
