import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readCommitted } from '../../dev/oracle/read-committed.js';
import { produce } from './harness/produce.js';
import { testStack } from './harness/test-stack.js';
import { createTopics, INPUT_TOPICS, OUTPUT_TOPICS, testKafka } from './harness/topics.js';
import { uniquePrefix } from './harness/unique-prefix.js';
import { startWorker, stopWorkers } from './harness/worker.js';

const { kafkaBrokers: brokers } = testStack();
let folder: string;

async function script(name: string, source: string): Promise<string> {
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, source);
  return file;
}

/** Listens, is ready at the third question, says its environment, and ends well on SIGTERM. */
const WELL_BEHAVED = `
  import { createServer } from 'node:http';
  let asked = 0;
  const server = createServer((_, reply) => { reply.statusCode = ++asked < 3 ? 503 : 200; reply.end('asked ' + asked); });
  server.listen(Number(process.env.HTTP_PORT), '127.0.0.1', () => {
    console.log('not JSON');
    console.log(JSON.stringify({ msg: 'environment', ...process.env, args: process.argv.slice(2) }));
    console.log(JSON.stringify({ msg: 'listening', http: server.address().port, gateway: 4242 }));
  });
  process.on('SIGTERM', () => process.exit(0));
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notification-streams-harness-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a worker under test', () => {
  it('is told the test stack and nothing else of the environment, and waited for until ready', async () => {
    const worker = startWorker({ env: { APP_ID: 'app' }, entry: await script('good', WELL_BEHAVED) });
    expect(await worker.ready()).toEqual({ http: expect.any(Number) as number, gateway: 4242 });
    const [said] = worker.logged('environment');
    expect(said).toMatchObject({ APP_ID: 'app', KAFKA_BROKERS: brokers, HTTP_PORT: '0', args: ['worker'] });
    expect(said).not.toHaveProperty('VITEST');
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
  });

  it('that ends too early fails the wait at once, with its exit and its last lines', async () => {
    const entry = await script('early', `console.error('no such topic'); process.exit(3);`);
    await expect(startWorker({ env: {}, entry }).ready()).rejects.toThrow(/ended \({"code":3,.*no such topic/s);
  });

  it('that never becomes ready fails the wait with its last answer', async () => {
    const entry = await script('never', WELL_BEHAVED.replace('++asked < 3', '++asked < 1e9'));
    const worker = startWorker({ env: {}, entry });
    await worker.ports();
    await expect(worker.ready(1_000)).rejects.toThrow(/last answer: 503 asked \d/);
  });

  it('is gone after the test file, whatever it does with signals', async () => {
    const entry = await script('stubborn', `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`);
    const worker = startWorker({ env: {}, entry });
    await stopWorkers();
    expect(await worker.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });
});

describe('topics and input for a test', () => {
  it('are those of the contract, under the prefix, with the partitions asked for', async () => {
    const prefix = uniquePrefix('harness');
    await createTopics(brokers, prefix, { TASK_EVENT_TOPIC: 4 });
    const admin = testKafka(brokers).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({
      topics: [...INPUT_TOPICS, ...OUTPUT_TOPICS].map((name) => prefix + name),
    });
    await admin.disconnect();
    expect(topics.map(({ partitions }) => partitions.length).sort()).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 4]);
  });

  it("go to the partitions that Java's default partitioner chooses", async () => {
    const prefix = uniquePrefix('harness');
    await createTopics(brokers, prefix, 16);
    const topic = `${prefix}TASK_EVENT_TOPIC`;
    // Computed with org.apache.kafka.common.utils.Utils.murmur2 of Kafka's Java client.
    const java = { 'evt-1': 10, 'evt-2': 8, '1|7': 13, '9223372036854775807|1': 1, ключ: 0, a: 12 };
    await produce(
      brokers,
      topic,
      Object.keys(java).map((key) => ({ key, value: key })),
    );
    const records = await readCommitted({ brokers, topics: [topic] });
    expect(Object.fromEntries(records.map(({ key, partition }) => [String(key), partition]))).toEqual(java);
  });
});
