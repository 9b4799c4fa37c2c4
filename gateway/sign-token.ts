/** Makes a token such as the gateway takes, for whoever tries it: tokens of users are the issuer's to make. */
import { SignJWT } from 'jose';

export interface TokenClaims {
  readonly userId: string;
  readonly tenantId: string;
  /** When it is made, ms since the epoch. */
  readonly now: number;
  readonly lifeMs: number;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/** HS256, by JWT_SECRET. */
export function signToken(secret: string, claims: TokenClaims): Promise<string> {
  const { userId, tenantId, now, lifeMs, issuer, audience } = claims;
  const issuedAt = Math.floor(now / 1000);
  const token = new SignJWT({ tenant: tenantId })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.floor(lifeMs / 1000));
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(new TextEncoder().encode(secret));
}
