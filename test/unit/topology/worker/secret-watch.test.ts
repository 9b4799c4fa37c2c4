import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, describe, expect, it } from 'vitest';
import { LiveText, LiveTexts } from '../../../../common/live-text.js';
import { createMetrics } from '../../../../common/metrics.js';
import { makeCertificate } from '../../../../dev/stack/certificate.js';
import { SecretWatch } from '../../../../topology/worker/secret-watch.js';
import { Tls } from '../../../../topology/kafka/index.js';
import { RecordedLog } from '../../recorded-log.js';

const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'notification-streams-watch-'));
afterAll(() => rmSync(folder, { recursive: true }));

const START = Date.parse('2030-01-01T00:00:00Z');

function certificate(days: number): string {
  return makeCertificate({ name: 'authority', notAfter: new Date(START + days * DAY_MS) }).cert;
}

describe('certificates in use', () => {
  it('have their ends in a metric, and a warning a day in the last thirty', async () => {
    const log = new RecordedLog();
    const metrics = createMetrics(new Registry());
    const bundle = certificate(400) + certificate(31);
    const texts = new LiveTexts([new LiveText('SCHEMA_REGISTRY_CA', certificate(1000))]);
    const tls = new Tls({
      ca: new LiveText('KAFKA_SSL_CA', bundle),
      cert: undefined,
      key: undefined,
      keyPassword: undefined,
    });
    let now = START;
    const watch = new SecretWatch({
      live: { texts, tls, tokens: undefined },
      metrics,
      log: log.logger,
      now: () => now,
    });
    const { values } = await metrics.certificate_expiry_timestamp_seconds.get();
    expect(values.map(({ labels, value }) => [labels['certificate'], value * 1000 - START])).toEqual([
      ['ca', 31 * DAY_MS],
      ['registry-ca', 1000 * DAY_MS],
    ]);
    const warned: number[] = [];
    for (const hours of [0, 24, 30, 48, 72]) {
      now = START + hours * 3_600_000;
      await watch.look();
      warned.push(log.records.length);
    }
    expect(warned).toEqual([0, 1, 1, 2, 3]);
    expect(log.records[0]).toMatchObject({
      level: 'warn',
      certificate: 'ca',
      days: 30,
      endsAt: '2030-02-01T00:00:00.000Z',
    });
  });

  it('that do not fit their key are said, once, and when they do', async () => {
    const log = new RecordedLog();
    const one = makeCertificate({ name: 'one', notAfter: new Date(START + 400 * DAY_MS) });
    const two = makeCertificate({ name: 'two', notAfter: new Date(START + 400 * DAY_MS) });
    const path = join(folder, 'key');
    const key = new LiveText('KAFKA_SSL_KEY', one.key, { path, faultOf: () => undefined });
    const tls = new Tls({ ca: undefined, cert: new LiveText('KAFKA_SSL_CERT', one.cert), key, keyPassword: undefined });
    const live = { texts: new LiveTexts([key]), tls, tokens: undefined };
    const watch = new SecretWatch({ live, metrics: createMetrics(new Registry()), log: log.logger, now: () => START });
    writeFileSync(path, two.key);
    await watch.look();
    await watch.look();
    writeFileSync(path, one.key);
    await watch.look();
    expect(log.records.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      'info a secret has changed: the new one is used from now on',
      'warn a changed certificate or key cannot be used: the last ones stay',
      'info a secret has changed: the new one is used from now on',
      'info what could not be used or had is mended',
    ]);
    expect(JSON.stringify(log.records)).not.toContain('BEGIN');
  });
});
