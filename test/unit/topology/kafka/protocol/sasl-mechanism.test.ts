import { createRequire } from 'node:module';
import { beforeEach, describe, expect, it } from 'vitest';
import { FatalError, OutageError } from '../../../../../common/errors.js';
import '../../../../../topology/kafka/protocol/internals.js';
import { brokerFault } from '../../../../../topology/kafka/cluster/broker-fault.js';
import type { SaslSettings } from '../../../../../topology/kafka/protocol/internals.js';

interface Connection {
  readonly sasl: SaslSettings;
  readonly send: () => Promise<{ enabledMechanisms: readonly string[] }>;
}
type AuthenticatorClass = new (
  connection: Connection,
  logger: unknown,
  versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>>,
  supportsRequests: boolean,
) => { authenticate(): Promise<void> };
const Authenticator = createRequire(import.meta.url)('kafkajs/src/broker/saslAuthenticator') as AuthenticatorClass;

const SASL_HANDSHAKE = 17;
const unsupported = Object.assign(new Error('The broker does not support the requested SASL mechanism'), {
  name: 'KafkaJSProtocolError',
  type: 'UNSUPPORTED_SASL_MECHANISM',
});

describe('a mechanism that a broker does not take', () => {
  let sasl: SaslSettings;
  beforeEach(() => {
    sasl = {
      mechanism: 'scram-sha-512',
      authenticationProvider: () => ({ authenticate: () => Promise.resolve() }),
    };
  });

  /** At a broker that takes it, or does not. */
  const authenticate = (isTaken: boolean): Promise<void> => {
    const answer = { enabledMechanisms: ['SCRAM-SHA-512'] };
    const send = () => (isTaken ? Promise.resolve(answer) : Promise.reject(unsupported));
    const logger = { namespace: () => undefined };
    return new Authenticator(
      { sasl, send },
      logger,
      { [SASL_HANDSHAKE]: { minVersion: 0, maxVersion: 1 } },
      false,
    ).authenticate();
  };
  const faultAt = (): Promise<unknown> =>
    authenticate(false).then(
      () => undefined,
      (fault: unknown) => fault,
    );

  it('ends a worker that no broker has taken yet; the error names the option', async () => {
    const fault = await faultAt();
    expect(fault).toBeInstanceOf(FatalError);
    expect(fault).toMatchObject({ message: 'the brokers do not take SASL SCRAM-SHA-512: see KAFKA_SASL_MECHANISM' });
  });

  it('is waited out once a broker has taken it: one came back with other settings', async () => {
    await authenticate(true);
    const fault = await faultAt();
    expect(fault).toBeInstanceOf(OutageError);
    expect(brokerFault(fault)).toEqual({ code: 'broker-credentials' });
    expect(fault).toMatchObject({
      message: 'a broker does not take SASL SCRAM-SHA-512 any more: see its sasl.enabled.mechanisms',
    });
  });
});
