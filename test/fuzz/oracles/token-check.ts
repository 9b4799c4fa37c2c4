/** Whether a token may be honoured: RFC 7515 and 7519 with node:crypto alone, and the two claims of ours. */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface TokenRules {
  readonly secret: string;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  readonly skewS: number;
}

export interface Person {
  readonly tenantId: string;
  readonly userId: string;
  readonly expiresAt: number;
}

/** Who the token speaks for; undefined when it is not to be honoured. */
export function checkToken(token: string, now: number, rules: TokenRules): Person | undefined {
  const parts = token.split('.');
  // Padding and the like is let pass: what is signed is the text itself, so that it says nothing else by it.
  if (token.length > 4096 || parts.length !== 3) return undefined;
  const [head, body, signature] = parts as [string, string, string];
  const header = objectIn(head);
  const claims = objectIn(body);
  if (header?.['alg'] !== 'HS256' || claims === undefined) return undefined;
  // An extension that must be understood (RFC 7515, 4.1.11): of these, what RFC 7797 calls the ordinary case.
  const { crit, b64 } = header;
  if (
    'crit' in header &&
    !(Array.isArray(crit) && crit.length > 0 && crit.every((name) => name === 'b64') && b64 === true)
  )
    return undefined;
  const expected = createHmac('sha256', rules.secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const seconds = Math.floor(now / 1000);
  const { exp, nbf, iat, iss, aud, sub, tenant } = claims;
  if (typeof exp !== 'number' || !Number.isFinite(exp) || exp * 1000 <= now) return undefined;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= seconds + rules.skewS)) return undefined;
  if (iat !== undefined && typeof iat !== 'number') return undefined;
  if (rules.issuer !== undefined && iss !== rules.issuer) return undefined;
  if (rules.audience !== undefined && !(Array.isArray(aud) ? aud.includes(rules.audience) : aud === rules.audience))
    return undefined;
  if (!isId(sub) || !isId(tenant)) return undefined;
  return { tenantId: tenant, userId: sub, expiresAt: exp * 1000 };
}

function objectIn(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // no JSON, or no UTF-8
  }
}

/** A positive int64 in decimal digits. */
function isId(claim: unknown): claim is string {
  return typeof claim === 'string' && /^[1-9]\d*$/.test(claim) && BigInt(claim) < 2n ** 63n;
}
