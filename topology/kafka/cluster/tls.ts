/** TLS to the brokers. Each connection is made with the certificates that are there by then. */
import { createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';
import { certificatesIn, clientCertificateFault } from '../../../common/certificates.js';
import type { LiveText } from '../../../common/live-text.js';

export interface TlsTexts {
  /** Undefined: Node's own authorities. */
  readonly ca: LiveText | undefined;
  /** With its key, or neither. */
  readonly cert: LiveText | undefined;
  readonly key: LiveText | undefined;
  readonly keyPassword: LiveText | undefined;
}

interface TlsValues {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly password: string | undefined;
}

/** The options, by what they hold. */
const NAMES = { cert: 'KAFKA_SSL_CERT', key: 'KAFKA_SSL_KEY', password: 'KAFKA_SSL_KEY_PASSWORD' };

/** What is wrong with what was given; undefined: it can be used. */
export function tlsFault({ ca, cert, key, password }: TlsValues, now: number): string | undefined {
  if (ca !== undefined && certificatesIn(ca) === undefined)
    return 'KAFKA_SSL_CA holds no certificate that can be read: expected PEM';
  const fault =
    cert === undefined || key === undefined ? undefined : clientCertificateFault({ cert, key, password }, now, NAMES);
  return fault ?? contextFault({ ca, cert, key, password });
}

/** What OpenSSL has against it still, such as a key that is too short. */
function contextFault(values: TlsValues): string | undefined {
  try {
    contextOf(values);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `KAFKA_SSL_CA, KAFKA_SSL_CERT and KAFKA_SSL_KEY cannot be used (${code ?? 'no code'})`;
  }
}

function contextOf({ password: passphrase, ...rest }: TlsValues): SecureContext {
  return createSecureContext({ ...rest, passphrase });
}

export class Tls {
  readonly #texts: TlsTexts;
  readonly #now: () => number;
  /** What connections are made with, and what it was made of. */
  #used: { readonly values: TlsValues; readonly context: SecureContext } | undefined;
  #fault: string | undefined;

  /** The texts were found sound. */
  constructor(texts: TlsTexts, now: () => number = Date.now) {
    this.#texts = texts;
    this.#now = now;
  }

  /** For `tls.connect`: its context is asked for by each connection. */
  get options(): ConnectionOptions {
    const context = (): SecureContext => this.#current();
    return {
      get secureContext() {
        return context();
      },
    };
  }

  /** Why texts that have changed are not used (certificate and key are two files, written one after the other); undefined: they are. */
  get fault(): string | undefined {
    this.#current();
    return this.#fault;
  }

  /** What connections are made with now. */
  get used(): Pick<TlsValues, 'ca' | 'cert'> {
    this.#current();
    return this.#used!.values;
  }

  #current(): SecureContext {
    const { ca, cert, key, keyPassword } = this.#texts;
    const values = { ca: ca?.current, cert: cert?.current, key: key?.current, password: keyPassword?.current };
    if (areSame(values, this.#used?.values)) this.#fault = undefined;
    else this.#take(values);
    return this.#used!.context;
  }

  #take(values: TlsValues): void {
    const fault = tlsFault(values, this.#now());
    this.#fault = this.#used && fault;
    if (this.#fault !== undefined) return;
    this.#used = { values, context: contextOf(values) };
  }
}

function areSame(one: TlsValues, other: TlsValues | undefined): boolean {
  return other !== undefined && (['ca', 'cert', 'key', 'password'] as const).every((name) => one[name] === other[name]);
}
