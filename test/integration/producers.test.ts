/** Four clients send the same event, as the guide has them: all copies are on one partition, and its user is told once. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from '@node-rs/crc32';
import { afterAll, expect, it } from 'vitest';
import { readCommitted } from '../../dev/oracle/read-committed.js';
import { fetchArtifacts } from '../../dev/stack/artifacts.js';
import { findJava } from '../../dev/stack/java.js';
import { placeOf } from '../../dev/stack/place.js';
import { keyHash } from '../../topology/kafka/records/murmur2.js';
import { runGuide } from '../unit/docs/guide.js';
import { prepareEnvironment } from './harness/environment.js';
import { readOutputs } from './harness/outputs.js';
import { testStack } from './harness/test-stack.js';
import { until } from './harness/until.js';
import { byLabels, scrape, type Sample } from './harness/scrape.js';
import { startWorker } from './harness/worker.js';

const run = promisify(execFile);
/** As the guides have them. */
const KEY = 'leave-2026-0042';
const PARTITIONS = 4;

it('one event from Python, Java, Go and Node is on one partition, and is told once', { timeout: 240_000 }, async () => {
  const { kafkaBrokers: brokers, schemaRegistryUrl } = testStack();
  const test = await prepareEnvironment('producers', 1, { topics: true, schemas: true });
  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-producers-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const topic = `${test.prefix}HR_EVENT_TOPIC`;
  const at = { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: schemaRegistryUrl, APP_ID: 'app' };
  await runGuide('docs/guides/add-a-source-topic.md', { folder, broker: { ...at, TOPIC_PREFIX: test.prefix } });
  const worker = startWorker({ env: test.env('worker', { RULES_DIR: join(folder, 'my-rules') }) });
  await runGuide('docs/guides/producers.md', { folder, broker: { ...at, TOPIC: topic } });
  await runJava(folder, { ...at, TOPIC: topic });

  const copies = await readCommitted({ brokers, topics: [topic] });
  const placed = copies.map(({ key, partition }) => [String(key), partition]);
  expect(placed).toEqual(Array(4).fill([KEY, keyHash(Buffer.from(KEY)) % PARTITIONS]));
  // Where librdkafka would have sent it by default: the test would see that.
  expect(crc32(KEY) % PARTITIONS).not.toBe(copies[0]!.partition);
  expect(copies.filter(({ value }) => value![0] === 0)).toHaveLength(2);

  await worker.ready();
  await until('the copies are processed', async () => dropped(await scrape(worker)) === 3, 60_000);
  const { inApp, emails, deadLetters, delivered } = await readOutputs(test.prefix);
  expect(deadLetters).toEqual([]);
  expect(inApp.map(({ userId, title, message }) => [userId, title, message])).toEqual([
    [42n, 'Leave approved', 'Your leave is approved: 3 days from Jan 22, 2026'],
  ]);
  expect([emails.length, delivered.length]).toEqual([0, 1]);
  expect((await worker.stop()).code).toBe(0);
});

/** Copies that were known as such. */
function dropped(samples: readonly Sample[]): number {
  const counts = Object.entries(byLabels(samples, 'records_dropped_total'));
  return counts.reduce((sum, [labels, count]) => sum + (labels.includes('duplicate') ? count : 0), 0);
}

/** With the compiler and the libraries of the stack: a Java runtime alone suffices. */
async function runJava(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  const place = placeOf({});
  const { kafka, registry, compiler } = await fetchArtifacts(place);
  const [clients, avro] = [dirname(kafka), join(dirname(registry), 'lib')];
  const jars = [
    ...readdirSync(clients)
      .filter((name) => /^(kafka-clients|slf4j-api|lz4|snappy|zstd)/.test(name))
      .map((name) => join(clients, name)),
    ...readdirSync(avro)
      .filter((name) => /^(org\.apache\.avro\.avro|com\.fasterxml\.jackson\.core\.jackson-\w+)-/.test(name))
      .map((name) => join(avro, name)),
  ].join(':');
  const java = await findJava(place.env);
  await run(java, ['-jar', compiler, '-17', '-nowarn', '-cp', jars, '-d', 'classes', 'Send.java'], { cwd: folder });
  await run(java, ['-cp', `classes:${jars}`, 'Send'], { cwd: folder, env: { ...process.env, ...env } });
}
