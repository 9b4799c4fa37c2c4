/** As most clusters in production are reached: over TLS, with a name and a password. */
import { describe, expect, inject, it } from 'vitest';

import { PATIENT, prepareEnvironment } from './harness/environment.js';
import { differences, produceAll, untilProcessed } from './harness/outcome.js';
import { byLabels, readinessOf, scrape } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'];
const EVENTS = 2_000;
/** One after another: connections are in use for longer than they may be without authenticating again. */
const SLICES = 3;

const secured = inject('STACK_SECURED');

function wayIn(mechanism: string): Record<string, string> {
  const { kafkaBrokers, ca, username, password } = secured!;
  return {
    KAFKA_BROKERS: kafkaBrokers,
    KAFKA_SSL_CA: ca,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  };
}

describe.skipIf(secured === null)('a broker that wants TLS and SASL', () => {
  it(
    'is worked with by every mechanism, while connections have to authenticate again',
    { timeout: 90_000 },
    async () => {
      const test = await prepareEnvironment('secured', MECHANISMS.length);
      const workload = makeWorkload({ seed: 11, events: EVENTS, ids: test.ids });
      await produceAll(test.prefix, workload.users);
      const workers = MECHANISMS.map((mechanism) =>
        startWorker({
          env: test.env(mechanism, {
            ...wayIn(mechanism),
            MAX_TASKS: String(MECHANISMS.length),
            RETRY_BACKOFF_MS: '20',
            ...PATIENT,
          }),
        }),
      );
      await Promise.all(workers.map((worker) => worker.ready()));
      for (let slice = 0; slice < SLICES; slice += 1) {
        const [from, to] = [slice, slice + 1].map((index) => Math.floor((index * workload.events.length) / SLICES));
        await produceAll(test.prefix, workload.events.slice(from, to));
        await untilProcessed(test.prefix);
      }
      expect(await differences(test.prefix, workload)).toEqual([]);
      for (const worker of workers) {
        const { committed } = byLabels(await scrape(worker), 'transactions_total');
        expect(committed).toBeGreaterThan(0);
      }
      for (const worker of workers) expect((await worker.stop()).code).toBe(0);
    },
  );

  it('ends a worker whose password is wrong, and says so; exit code 1', async () => {
    const test = await prepareEnvironment('password', 1);
    const worker = startWorker({ env: test.env('a', { ...wayIn('scram-sha-512'), KAFKA_SASL_PASSWORD: 'another' }) });
    expect((await worker.exited).code).toBe(1);
    expect(worker.lines.join('\n')).toContain('invalid credentials with SASL mechanism SCRAM-SHA-512');
  });

  it.each([
    [
      'whose certificate nobody vouches for',
      { KAFKA_SSL: 'true', KAFKA_SSL_CA: '' },
      'certificate is not trusted',
      'self-signed certificate',
    ],
    [
      'that is spoken to without TLS',
      { KAFKA_SSL_CA: '' },
      'what answers is no Kafka broker, or speaks TLS where we do not',
      'without TLS?',
    ],
  ])('is waited for when it is one %s, and readiness says why', async (_, over, reason, inLog) => {
    const test = await prepareEnvironment('refused', 1);
    const worker = startWorker({ env: test.env('a', { ...wayIn('plain'), ...over }) });
    await until(`/readyz says: ${reason}`, async () => (await readinessOf(worker)).reasons['broker']?.includes(reason));
    // What the broker said is in the log.
    expect(worker.logged('waiting for the brokers').map(({ error }) => error)).toContainEqual(
      expect.stringContaining(inLog) as string,
    );
  });
});
