/**
 * How each connection says to a broker who we are. The mechanisms are kafkajs's, except OAUTHBEARER, whose refusal it takes
 * for a yes. Credentials are those of the moment; an answer that did not come is an outage, and a refusal says of whom.
 */
import type { AuthenticationProviderArgs, Authenticator, SaslAuthenticateArgs } from 'kafkajs';
import { FatalError, messageOf, OutageError } from '../../../common/errors.js';
import type { LiveText } from '../../../common/live-text.js';
import { passwordAuthenticator, type SaslSettings } from '../protocol/internals.js';
import { errorType } from '../protocol/protocol-errors.js';
import type { Tokens } from './tokens.js';

export type PasswordMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

/** A name and a password that may change. A first refusal ends the worker; a later one is waited out: a rotation is under way. */
export function passwordSasl(mechanism: PasswordMechanism, username: string, password: LiveText): SaslSettings {
  const principal = `${mechanism.toUpperCase()} as "${username}"`;
  let wasAccepted = false;
  return {
    mechanism,
    authenticationProvider: (args): Authenticator => ({
      async authenticate() {
        await password.refresh();
        const exchange = new Exchange(args);
        try {
          await passwordAuthenticator(mechanism, { username, password: password.current })(
            exchange.args,
          ).authenticate();
          wasAccepted = true;
        } catch (error) {
          const cause = exchange.fault ?? error;
          if (!isRefusal(cause)) throw cause;
          const message = `the brokers refuse SASL ${principal}: ${messageOf(cause)}; see KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD`;
          if (!wasAccepted) throw new FatalError(message);
          throw new OutageError(message, undefined, { code: 'broker-credentials' });
        }
      },
    }),
  };
}

/** `extensions`: what some brokers want to know beside the token. A refusal is waited out: brokers may not know its key yet. */
export function bearerSasl(tokens: Tokens, extensions: Readonly<Record<string, string>> = {}): SaslSettings {
  return {
    mechanism: 'oauthbearer',
    async prepare() {
      await tokens.current();
    },
    authenticationProvider: ({ saslAuthenticate }): Authenticator => ({
      async authenticate() {
        const token = await tokens.current();
        try {
          const refusal = await saslAuthenticate(exchanged(initialResponse(token, extensions)));
          // As the RFC wants it: the refusal is acknowledged, and then answered by the error itself.
          if (refusal) await saslAuthenticate(exchanged(Buffer.from([1])));
          if (refusal) throw refused(refusal);
        } catch (error) {
          if (!isRefusal(error)) throw error;
          tokens.forget();
          throw refused(messageOf(error));
        }
      },
    }),
  };
}

function refused(why: string): OutageError {
  const message = `the brokers refuse the token (SASL OAUTHBEARER): ${why.slice(0, 300)}; see the options KAFKA_OAUTH_...`;
  return new OutageError(message, undefined, { code: 'broker-credentials' });
}

/** RFC 7628, 3.1. */
function initialResponse(token: string, extensions: Readonly<Record<string, string>>): Buffer {
  const pairs = [`auth=Bearer ${token}`, ...Object.entries(extensions).map(([name, value]) => `${name}=${value}`)];
  return Buffer.from(`n,,\u0001${pairs.join('\u0001')}\u0001\u0001`, 'utf8');
}

/** kafkajs wants the bytes behind their length, and gives the answer so. */
function exchanged(bytes: Buffer): SaslAuthenticateArgs<string> {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return {
    request: { encode: () => Buffer.concat([length, bytes]) },
    response: { decode: (raw: Buffer) => raw, parse: (raw: Buffer) => raw.subarray(4).toString('utf8') },
  };
}

/** Remembers what a mechanism of kafkajs met: it wraps whatever that is into one error that says little. */
class Exchange {
  readonly args: AuthenticationProviderArgs;
  fault: unknown;

  constructor(args: AuthenticationProviderArgs) {
    this.args = {
      ...args,
      saslAuthenticate: async (request) => {
        try {
          return await args.saslAuthenticate(request);
        } catch (error) {
          this.fault = error;
          throw error;
        }
      },
    };
  }
}

function isRefusal(error: unknown): boolean {
  return errorType(error) === 'SASL_AUTHENTICATION_FAILED';
}
