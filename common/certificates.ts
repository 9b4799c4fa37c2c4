/** Certificates and keys as PEM text: what is wrong with them, and when they end. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Each certificate of the text, in its order; undefined when there is none, or one that cannot be read. */
export function certificatesIn(pem: string): readonly [X509Certificate, ...X509Certificate[]] | undefined {
  try {
    const [first, ...more] = [...pem.matchAll(CERTIFICATE)].map(([text]) => new X509Certificate(text));
    return first && [first, ...more];
  } catch {
    return undefined; // no certificate: the caller says so
  }
}

/** When the first of them ends, ms since the epoch. */
export function endOfCertificates(pem: string): number | undefined {
  const ends = certificatesIn(pem)?.map(({ validTo }) => Date.parse(validTo));
  return ends && Math.min(...ends);
}

export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
  /** The key's, if that is encrypted. */
  readonly password: string | undefined;
}

/** The names of the options, for faults. */
export interface CertificateOptions {
  readonly cert: string;
  readonly key: string;
  readonly password: string;
}

/** What is wrong with a certificate and its key, in words that show nothing of them; undefined: they can be used. */
export function clientCertificateFault(
  given: ClientCertificate,
  now: number,
  names: CertificateOptions,
): string | undefined {
  const chain = certificatesIn(given.cert);
  if (chain === undefined) return `${names.cert} holds no certificate that can be read: expected PEM`;
  const key = keyOf(given, names);
  if (typeof key === 'string') return key;
  const [own] = chain;
  if (!own.checkPrivateKey(key))
    return `${names.key} does not fit ${names.cert} (${nameOf(own)}): expected the key of that certificate, which stands first in its file`;
  const ended = chain.find(({ validTo }) => Date.parse(validTo) <= now);
  if (ended) return `${names.cert} (${nameOf(ended)}) ended at ${isoTime(ended.validTo)}: renew it`;
  if (Date.parse(own.validFrom) > now)
    return `${names.cert} (${nameOf(own)}) begins at ${isoTime(own.validFrom)}: is the clock right?`;
  return undefined;
}

function keyOf({ key, password }: ClientCertificate, names: CertificateOptions): KeyObject | string {
  try {
    return createPrivateKey({ key, ...(password === undefined ? {} : { passphrase: password }) });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (password === undefined && key.includes('ENCRYPTED'))
      return `${names.key} is encrypted: expected its password in ${names.password}`;
    if (code.includes('BAD_DECRYPT')) return `${names.password} (not shown) does not open ${names.key}`;
    return `${names.key} (not shown) holds no private key that can be read: expected PEM${code === '' ? '' : ` (${code})`}`;
  }
}

/** On one line. */
function nameOf({ subject }: X509Certificate): string {
  return subject.split('\n').join(', ');
}

function isoTime(time: string): string {
  return new Date(time).toISOString();
}
