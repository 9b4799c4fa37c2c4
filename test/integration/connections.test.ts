/** The ways in to a broker by certificate and by token, and secrets that change under a running worker. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeCertificate, type Certified } from '../../dev/stack/certificate.js';
import { ROTATING_USER } from '../../dev/stack/secured.js';
import { TokenEndpoint } from '../../dev/stack/token-endpoint.js';
import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { runKafkaTool } from './harness/run-kafka-tool.js';
import { byLabels, readinessOf, scrape } from './harness/scrape.js';
import { testStack } from './harness/test-stack.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';

/** How long the first certificate lives, and a token. */
const LIFE_S = 20;
const TOKEN_LIFE_S = 12;
const PARTITIONS = 3;

const secured = inject('STACK_SECURED');
const folder = mkdtempSync(join(tmpdir(), 'notification-streams-secrets-'));

function secretFile(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A client's certificate, good for so long, s. */
function certificate(forS: number): Certified {
  const issuer = secured!.vouchers.authority;
  return makeCertificate({ name: 'app', issuer, notAfter: new Date(Date.now() + forS * 1000) });
}

function useCertificate({ cert, key }: Certified): Record<string, string> {
  return { KAFKA_SSL_CERT_FILE: secretFile('cert.pem', cert), KAFKA_SSL_KEY_FILE: secretFile('key.pem', key) };
}

async function reasonOf(worker: WorkerProcess, code: string): Promise<void> {
  await until(`the broker's part waits because of: ${code}`, async () =>
    (await readinessOf(worker)).reasons['broker']?.includes(code),
  );
}

describe.skipIf(secured === null)('workers that come in by certificate, by token and by password', () => {
  let test: TestEnvironment;
  let endpoint: TokenEndpoint;
  let workers: Record<'certificate' | 'token' | 'password', WorkerProcess>;
  let endedAt: number;
  /** How often the one with the token had to wait before it was ready. */
  let waited: number;
  const sent: string[] = [];

  /** One event for each partition, whoever has it. */
  async function produceSome(name: string): Promise<void> {
    const ids = Array.from({ length: 4 * PARTITIONS }, (_, index) => `${name}-${index}`);
    sent.push(...ids);
    await produceAll(
      test.prefix,
      ids.map((eventId) => messagesOf(test).task({ eventId })),
    );
    await untilProcessed(test.prefix);
  }

  beforeAll(async () => {
    test = await prepareEnvironment('connections', PARTITIONS);
    endpoint = new TokenEndpoint(secured!.vouchers.tokenKey, TOKEN_LIFE_S);
    endpoint.refusal = { status: 401, body: { error: 'invalid_client' } };
    const tokenUrl = await endpoint.listen();
    const common = {
      KAFKA_SSL_CA_FILE: secretFile('ca.pem', secured!.ca),
      ROLES: 'stream',
      MAX_TASKS: String(PARTITIONS),
    };
    const start = (state: string, over: Record<string, string>): WorkerProcess =>
      startWorker({ env: test.env(state, { ...common, ...over }) });
    const first = start('certificate', {
      KAFKA_BROKERS: secured!.byCertificate,
      ...useCertificate(certificate(LIFE_S)),
    });
    endedAt = Date.now() + LIFE_S * 1000;
    // Alone, and replaced first of all: whoever connects when the certificate has ended needs the next one.
    await first.ready();
    workers = {
      certificate: first,
      token: start('token', {
        ...{ KAFKA_BROKERS: secured!.byToken, KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_OAUTH_TOKEN_URL: tokenUrl },
        ...{ KAFKA_OAUTH_CLIENT_ID: 'streams', KAFKA_OAUTH_CLIENT_SECRET_FILE: secretFile('client', 'of-the-client') },
      }),
      password: start('password', {
        ...{ KAFKA_BROKERS: secured!.kafkaBrokers, KAFKA_SASL_MECHANISM: 'scram-sha-512' },
        ...{ KAFKA_SASL_USERNAME: ROTATING_USER.username },
        KAFKA_SASL_PASSWORD_FILE: secretFile('password', ROTATING_USER.password),
      }),
    };
  });
  afterAll(async () => {
    await endpoint.close();
    rmSync(folder, { recursive: true });
  });

  it('take a certificate that has changed, and say when it ends', async () => {
    const before = byLabels(await scrape(workers.certificate), 'certificate_expiry_timestamp_seconds')['client']!;
    expect(before * 1000).toBeLessThanOrEqual(endedAt);
    expect(workers.certificate.logged('a certificate ends soon: renew it')).toMatchObject([
      { certificate: 'client', days: 0 },
    ]);
    useCertificate(certificate(100 * 86_400));
    await until('the new one is said', async () => {
      const { client = 0 } = byLabels(await scrape(workers.certificate), 'certificate_expiry_timestamp_seconds');
      return client > before;
    });
  });

  it('wait where the token endpoint refuses the client or fails, and say which; then go on by themselves', async () => {
    await reasonOf(workers.token, 'the token endpoint refuses our client id');
    endpoint.refusal = { status: 503, body: {} };
    await reasonOf(workers.token, 'no token for the brokers can be had');
    endpoint.refusal = undefined;
    await Promise.all(Object.values(workers).map((worker) => worker.ready()));
    waited = workers.token.logged('waiting for the brokers').length;
    await produceSome('first');
    expect(workers.token.lines.join('\n')).not.toContain('of-the-client');
  });

  it('wait while the password is another, and go on with the one that its file then holds', async () => {
    const user = ['--entity-type', 'users', '--entity-name', ROTATING_USER.username];
    const change = ['--alter', ...user, '--add-config', 'SCRAM-SHA-512=[password=the-next-one]'];
    await runKafkaTool(testStack().kafkaBrokers, 'kafka.admin.ConfigCommand', change);
    await reasonOf(workers.password, 'the brokers refuse our credentials');
    secretFile('password', 'the-next-one');
    await until('it goes on', async () => (await readinessOf(workers.password)).status === 200);
    const said = workers.password.logged('waiting for the brokers').map(({ error }) => String(error));
    expect(said).toContainEqual(expect.stringContaining(`SASL SCRAM-SHA-512 as "${ROTATING_USER.username}"`));
  });

  it('outlive the token and the certificate that they began with', async () => {
    await until('both have ended', () => Date.now() > endedAt + 1000);
    await produceSome('later');
    expect(endpoint.asked.length).toBeGreaterThan(3);
    // For something else it may: a request may fall into an exchange, and is sent again (docs/kafkajs.md).
    const reasons = workers.token.logged('waiting for the brokers').map(({ reason }) => String(reason));
    expect(reasons.slice(waited).filter((reason) => /^token-|credentials/.test(reason))).toEqual([]);
    // Its task goes to the others, who connect for it.
    for (const how of ['token', 'password'] as const) expect((await workers[how].stop()).code).toBe(0);
    await produceSome('last');
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual([...sent].sort());
    expect((await workers.certificate.stop()).code).toBe(0);
  });

  it('wait, and say so, where a broker wants a certificate and they have none, or one that it does not trust', async () => {
    const common = { KAFKA_BROKERS: secured!.byCertificate, KAFKA_SSL_CA: secured!.ca, ROLES: 'stream' };
    const { cert, key } = makeCertificate({ name: 'app', notAfter: new Date(Date.now() + 86_400_000) });
    const without = startWorker({ env: test.env('without', common) });
    const untrusted = startWorker({
      env: test.env('untrusted', { ...common, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key }),
    });
    for (const worker of [without, untrusted]) await reasonOf(worker, 'the brokers want a client certificate');
  });
});
