/** Who vouches for the clients of a secured broker: an authority for certificates, a key for tokens. Of a cluster that lives as long as a test: no secret. */
import { generateKeyPairSync } from 'node:crypto';
import { makeCertificate, type Certified } from './certificate.js';

export interface Vouchers {
  /** Signs the certificates of clients. */
  readonly authority: Certified & { readonly name: string };
  /** The private key that signs tokens, PEM. */
  readonly tokenKey: string;
  /** What the brokers know of it. */
  readonly keySet: string;
}

/** The name of that key in the set. */
export const TOKEN_KEY_ID = 'of-the-tests';
/** What a token must name. */
export const TOKEN_AUDIENCE = 'kafka';

export function makeVouchers(): Vouchers {
  const name = 'authority-of-the-clients';
  const notAfter = new Date(Date.now() + 10 * 365 * 86_400_000);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: TOKEN_KEY_ID, alg: 'RS256', use: 'sig' };
  return {
    authority: { name, ...makeCertificate({ name, isAuthority: true, notAfter }) },
    tokenKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    keySet: JSON.stringify({ keys: [jwk] }),
  };
}
