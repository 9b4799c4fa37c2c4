/** Makes certificates for tests: X.509 by hand, since Node only reads them, and tools that make them are not everywhere. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** In PEM. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateSpec {
  /** The common name. */
  readonly name: string;
  /** Undefined: it signs itself. */
  readonly issuer?: (Certified & { readonly name: string }) | undefined;
  readonly isAuthority?: boolean;
  /** Addresses that it is good for. */
  readonly addresses?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter: Date;
}

/** One with a key of its own, on P-256. */
export function makeCertificate(spec: CertificateSpec): Certified {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const issuer = spec.issuer ?? { name: spec.name, key };
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_SHA256,
    distinguishedName(issuer.name),
    sequence(time(spec.notBefore ?? new Date(Date.now() - 60_000)), time(spec.notAfter)),
    distinguishedName(spec.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(spec))),
  );
  const certificate = sequence(body, ECDSA_SHA256, bitString(sign('sha256', body, issuer.key)));
  return { cert: pem('CERTIFICATE', certificate), key };
}

function extensions({ isAuthority = false, addresses = [] }: CertificateSpec): Buffer[] {
  const constraints = extension(
    OID.basicConstraints,
    sequence(...(isAuthority ? [der(0x01, Buffer.from([0xff]))] : [])),
  );
  if (addresses.length === 0) return [constraints];
  const names = addresses.map((address) => der(0x87, Buffer.from(address.split('.').map(Number))));
  return [constraints, extension(OID.subjectAltName, sequence(...names))];
}

/** Already encoded. */
const OID = {
  basicConstraints: Buffer.from('0603551d13', 'hex'),
  subjectAltName: Buffer.from('0603551d11', 'hex'),
  commonName: Buffer.from('0603550403', 'hex'),
  ecdsaSha256: Buffer.from('06082a8648ce3d040302', 'hex'),
};
const ECDSA_SHA256 = sequence(OID.ecdsaSha256);

function extension(oid: Buffer, value: Buffer): Buffer {
  return sequence(oid, der(0x04, value));
}

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(OID.commonName, der(0x0c, Buffer.from(name)))));
}

/** UTCTime, which reaches to 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}

function explicit(tag: number, content: Buffer): Buffer {
  return der(0xa0 + tag, content);
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function bitString(bytes: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
