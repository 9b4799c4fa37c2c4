/**
 * Why the gateway refuses a token, in words for whoever made it: the gateway itself says no more than a stranger may know.
 * Whether it is refused is the verifier's to say; here its claims are read unverified. No part of the signature is shown.
 */
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { messageOf } from '../common/errors.js';
import { isPositiveInt64 } from '../common/int64.js';
import type { Refusal } from './refusals.js';
import { JWKS_ALGORITHMS, NOT_ACCEPTED, type TokenOptions } from './token.js';

/** What is wrong with a token that the verifier refused so. */
export function tokenFaults(token: string, refusal: Refusal, options: TokenOptions, now: number): readonly string[] {
  if (token === '') return ['there is no token: it is empty'];
  const parts = token.split('.');
  if (parts.length !== 3)
    return [`it is no JWT: it has ${parts.length} parts with dots between, expected 3 (header.claims.signature)`];
  try {
    const header = decodeProtectedHeader(token);
    const algorithm = algorithmFaults(header.alg, options);
    const isForged = refusal === NOT_ACCEPTED && algorithm.length === 0;
    const faults = [
      ...algorithm,
      ...(isForged ? [signatureFault(header.kid, options)] : []),
      ...claimFaults(decodeJwt(token), options, now),
    ];
    return faults.length > 0 ? faults : [refusal.message];
  } catch (error) {
    return [`it is no JWT: ${messageOf(error)}`];
  }
}

function algorithmFaults(algorithm: unknown, { jwtSecret }: TokenOptions): string[] {
  const taken = jwtSecret === undefined ? JWKS_ALGORITHMS : ['HS256'];
  if (taken.includes(String(algorithm))) return [];
  const setting = jwtSecret === undefined ? 'JWKS_URL' : 'JWT_SECRET';
  return [`its algorithm is ${shownClaim(algorithm)}: with ${setting} the gateway takes ${taken.join(', ')}`];
}

function signatureFault(kid: string | undefined, { jwtSecret }: TokenOptions): string {
  if (jwtSecret !== undefined) return 'its signature is wrong: it was not made with JWT_SECRET, or was changed since';
  const key = kid === undefined ? 'it names no key (kid)' : `it names the key (kid) ${shownClaim(kid)}`;
  return `its signature is wrong: no key of JWKS_URL made it; ${key}`;
}

function claimFaults(payload: JWTPayload, options: TokenOptions, now: number): string[] {
  const { sub, tenant, exp, iss, aud } = payload;
  const { issuer, audience } = options;
  return [
    ...idFaults('sub', 'the user', sub),
    ...idFaults('tenant', 'the tenant', tenant),
    ...expiryFaults(exp, now),
    ...ageFaults(payload, options, now),
    ...notBeforeFaults(payload, options, now),
    ...(issuer === undefined || iss === issuer ? [] : [`iss ${is(iss)}: expected JWT_ISSUER, ${shownClaim(issuer)}`]),
    ...(audience === undefined || [aud].flat().includes(audience)
      ? []
      : [`aud ${is(aud)}: expected JWT_AUDIENCE among it, ${shownClaim(audience)}`]),
  ];
}

function idFaults(claim: string, whose: string, value: unknown): string[] {
  if (isPositiveInt64(value)) return [];
  return [`${claim}, ${whose}, ${is(value)}: expected the digits of a positive 64-bit integer, as text ("42")`];
}

function expiryFaults(exp: unknown, now: number): string[] {
  if (!Number.isFinite(exp)) return [`exp ${is(exp)}: expected when the token ends, in seconds since 1970`];
  const ago = Math.round(now / 1000 - (exp as number));
  return ago < 0 ? [] : [`exp is ${timeOf(exp as number)}: it has expired, ${ago} s ago`];
}

function ageFaults({ iat }: JWTPayload, { maxAgeMs, clockSkewS = 5 }: TokenOptions, now: number): string[] {
  if (maxAgeMs === undefined) return [];
  if (!Number.isFinite(iat)) return [`iat ${is(iat)}: with JWT_MAX_AGE a token must say when it was made, in seconds`];
  const ageS = Math.round(now / 1000 - iat!);
  if (ageS < -clockSkewS) return [`iat is ${timeOf(iat!)}: in the future, by ${-ageS} s`];
  return ageS * 1000 < maxAgeMs ? [] : [`iat is ${timeOf(iat!)}: older than JWT_MAX_AGE, ${maxAgeMs / 1000} s, allows`];
}

function notBeforeFaults({ nbf }: JWTPayload, { clockSkewS = 5 }: TokenOptions, now: number): string[] {
  if (nbf === undefined) return [];
  if (!Number.isFinite(nbf)) return [`nbf ${is(nbf)}: expected from when it is good, in seconds since 1970`];
  const ahead = Math.round(nbf - now / 1000);
  return ahead <= clockSkewS ? [] : [`nbf is ${timeOf(nbf)}: it is not good yet, in ${ahead} s`];
}

function is(claim: unknown): string {
  return claim === undefined ? 'is missing' : `is ${shownClaim(claim)}`;
}

/** Short, and without what would break the line. */
function shownClaim(claim: unknown): string {
  const text = claim === undefined ? 'missing' : JSON.stringify(claim);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}
