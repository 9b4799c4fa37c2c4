import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthenticationProviderArgs } from 'kafkajs';
import { afterAll, describe, expect, it } from 'vitest';
import { FatalError, OutageError } from '../../../../../common/errors.js';
import { LiveText } from '../../../../../common/live-text.js';
import { bearerSasl, passwordSasl } from '../../../../../topology/kafka/cluster/sasl.js';
import { Tokens } from '../../../../../topology/kafka/cluster/tokens.js';
import type { SaslSettings } from '../../../../../topology/kafka/protocol/internals.js';
import { isOutage } from '../../../../../topology/kafka/protocol/protocol-errors.js';

const folder = mkdtempSync(join(tmpdir(), 'notification-streams-sasl-'));
afterAll(() => rmSync(folder, { recursive: true }));

const refusal = Object.assign(new Error('Authentication failed: Invalid username or password'), {
  name: 'KafkaJSProtocolError',
  type: 'SASL_AUTHENTICATION_FAILED',
});
const lost = Object.assign(new Error('Connection closed by the server'), { name: 'KafkaJSConnectionError' });

/** A broker's side: what it was sent, and what it answers: text, or an error. */
class BrokerSide {
  readonly heard: string[] = [];
  readonly #answers: (string | Error)[];

  constructor(...answers: (string | Error)[]) {
    this.#answers = answers;
  }

  authenticate(sasl: SaslSettings): Promise<void> {
    const args = {
      host: 'broker',
      port: 9092,
      logger: { debug: () => undefined, error: () => undefined },
      saslAuthenticate: this.#exchange,
    };
    return sasl.authenticationProvider(args as unknown as AuthenticationProviderArgs).authenticate();
  }

  readonly #exchange: AuthenticationProviderArgs['saslAuthenticate'] = async ({ request, response }) => {
    this.heard.push((await request.encode()).subarray(4).toString());
    const answer = this.#answers.shift() ?? '';
    if (typeof answer !== 'string') throw answer;
    const length = Buffer.alloc(4);
    length.writeInt32BE(answer.length);
    return response && response.parse(await response.decode(Buffer.concat([length, Buffer.from(answer)])));
  };
}

const errorOf = (act: Promise<void>): Promise<Error> =>
  act.then(
    () => expect.fail('it was accepted'),
    (error: unknown) => error as Error,
  );

describe('a name and a password', () => {
  const inFile = (content: string): LiveText => {
    const path = join(folder, 'password');
    writeFileSync(path, content);
    return new LiveText('KAFKA_SASL_PASSWORD', content, { path, faultOf: () => undefined });
  };

  it('are those of the moment, for each connection', async () => {
    const sasl = passwordSasl('plain', 'app', inFile('hunter2'));
    const broker = new BrokerSide();
    await broker.authenticate(sasl);
    writeFileSync(join(folder, 'password'), 'hunter3\n');
    await broker.authenticate(sasl);
    expect(broker.heard).toEqual(['\0app\0hunter2', '\0app\0hunter3']);
  });

  it('that are refused at first end the worker; the error names mechanism and user, and no password', async () => {
    const error = await errorOf(new BrokerSide(refusal).authenticate(passwordSasl('plain', 'app', inFile('hunter2'))));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain('the brokers refuse SASL PLAIN as "app": Authentication failed');
    expect(error.message).not.toContain('hunter2');
  });

  it('that are refused later are waited out: somebody is changing them', async () => {
    const sasl = passwordSasl('plain', 'app', inFile('hunter2'));
    await new BrokerSide().authenticate(sasl);
    const error = await errorOf(new BrokerSide(refusal).authenticate(sasl));
    expect(error).toMatchObject({ reason: { code: 'broker-credentials' } });
    expect(isOutage(error)).toBe(true);
  });

  it('that a broker does not answer, because it goes, are an outage and no refusal', async () => {
    const error = await errorOf(new BrokerSide(lost).authenticate(passwordSasl('plain', 'app', inFile('hunter2'))));
    expect(isOutage(error)).toBe(true);
  });
});

describe('a token', () => {
  const tokens = (): Tokens => {
    let [given, now] = [0, 0];
    const later = (): number => (now += 11_000);
    return new Tokens(() => Promise.resolve({ value: `token-${(given += 1)}`, endsAt: undefined }), later);
  };

  it('is sent as RFC 7628 has it, with what else the broker wants to know', async () => {
    const broker = new BrokerSide();
    await broker.authenticate(bearerSasl(tokens(), { logicalCluster: 'lkc-1' }));
    expect(broker.heard).toEqual(['n,,\u0001auth=Bearer token-1\u0001logicalCluster=lkc-1\u0001\u0001']);
  });

  it.each([
    ['in a challenge, which is acknowledged', ['{"status":"invalid_token"}', refusal], ['\u0001']],
    ['at once', [refusal], []],
  ])('that is refused %s is waited out, and another is asked for', async (_, answers, more) => {
    const sasl = bearerSasl(tokens());
    const broker = new BrokerSide(...answers);
    const error = await errorOf(broker.authenticate(sasl));
    expect(error).toBeInstanceOf(OutageError);
    expect(error).toMatchObject({ reason: { code: 'broker-credentials' } });
    expect(error.message).not.toContain('token-1');
    expect(broker.heard.slice(1)).toEqual(more);
    const next = new BrokerSide();
    await next.authenticate(sasl);
    expect(next.heard[0]).toContain('token-2');
  });
});
