/** The benchmark's judge sees what is wrong: a round that it lets pass is exact. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { loadHotPath } from '../../bench/hot-path/path.js';
import { CONTENDERS, environmentOf, groupOf } from '../../bench/suite/contenders.js';
import { makeInput, type JobInput } from '../../bench/suite/job-input.js';
import { measureLatency } from '../../bench/suite/latency.js';
import { Topics } from '../../bench/suite/topics.js';
import { isExact, verify, type Verdict } from '../../bench/suite/verdict.js';
import { projectRoot } from '../../common/project-root.js';
import { readCommitted } from '../../dev/oracle/read-committed.js';
import { produce } from './harness/produce.js';
import { testStack } from './harness/test-stack.js';
import { uniquePrefix } from './harness/unique-prefix.js';
import { until } from './harness/until.js';
import { startWorker, stopWorkers } from './harness/worker.js';

const { signal } = new AbortController();
const RECORDS = 5_000;
const SEED = 3;

describe("the benchmark's judge", () => {
  const prefix = uniquePrefix('bench-judge');
  const stateDir = mkdtempSync(join(tmpdir(), 'notification-streams-bench-judge-'));
  let topics: Topics;
  let input: JobInput;
  const judge = (over: Partial<JobInput> = {}): Promise<Verdict> =>
    verify(testStack().kafkaBrokers, { ...input, ...over }, signal);

  beforeAll(async () => {
    const { kafkaBrokers: brokers, schemaRegistryUrl: registryUrl } = testStack();
    topics = await Topics.connect(brokers);
    input = await makeInput({ brokers, registryUrl, topics, prefix, seed: SEED, records: RECORDS, signal });
    startWorker({ env: environmentOf(CONTENDERS[0]!, { brokers, registryUrl, prefix, stateDir }) });
    await until(
      'the input is committed',
      async () => (await topics.committed(prefix, groupOf(prefix))) === RECORDS,
      90_000,
    );
  });
  afterAll(async () => {
    await stopWorkers();
    await topics.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it('is given the input that the job says: a tenth are copies, byte for byte on the same partition', async () => {
    const { kafkaBrokers: brokers } = testStack();
    const records = await readCommitted({ brokers, topics: [`${prefix}TASK_EVENT_TOPIC`] });
    const originals = new Map<string, (typeof records)[number]>();
    for (const record of records) {
      const original = originals.get(String(record.key));
      if (!original) originals.set(String(record.key), record);
      else expect([record.partition, record.value]).toEqual([original.partition, original.value]);
    }
    expect(records).toHaveLength(RECORDS);
    expect(originals.size).toBe(input.events);
    expect((RECORDS - input.events) / RECORDS).toBeCloseTo(0.1, 1);
    const types = ['TASK_ASSIGNED', 'TASK_OVERDUE', 'TASK_COMPLETED', 'TASK_COMMENTED', 'TASK_RENAMED'];
    const shares = types.map((type) => [...originals.values()].filter(({ value }) => value!.includes(type)).length);
    for (const share of shares.slice(0, 4)) expect(share / input.events).toBeCloseTo(0.247, 1);
    expect(shares[4]! / input.events).toBeCloseTo(0.01, 1);
  });

  it('lets pass what is as the contract says', async () => {
    const verdict = await judge();
    expect(verdict).toMatchObject({ missing: 0, repeated: 0, wrong: 0, faults: [] });
    expect(isExact(verdict)).toBe(true);
    expect(verdict.outputs).toBeGreaterThan(input.events * 2);
    expect(verdict.deadLetters).toBeGreaterThan(0);
  });

  it('misses what the input would have made beside it', async () => {
    const verdict = await judge({ records: RECORDS + 100 });
    expect(verdict.missing).toBeGreaterThan(100);
    expect(isExact(verdict)).toBe(false);
  });

  it('sees an output that is there twice, one with another text, and a dead letter with another byte', async () => {
    const { kafkaBrokers: brokers } = testStack();
    const names = ['EMAIL_REQUEST_TOPIC', 'NOTIFICATION_INAPP_TOPIC', 'NOTIFICATION_DLQ'].map((name) => prefix + name);
    const records = await readCommitted({ brokers, topics: names });
    const [email, inApp, dead] = names.map((name) => records.find(({ topic }) => topic === name)!);
    const altered = Buffer.from(inApp!.value!);
    altered[altered.indexOf("'")] = 0x22;
    await produce(brokers, email!.topic, [{ key: email!.key, value: email!.value }]);
    await produce(brokers, inApp!.topic, [{ key: inApp!.key, value: altered }]);
    await produce(brokers, dead!.topic, [{ key: dead!.key, value: Buffer.concat([dead!.value!, Buffer.from([0])]) }]);

    const verdict = await judge();
    expect(verdict).toMatchObject({ missing: 0, repeated: 1, wrong: 2 });
    expect(verdict.faults.join('\n')).toMatch(/is there again/);
    expect(isExact(verdict)).toBe(false);
  });

  it('measures the latency of new events, each of which comes', { timeout: 90_000 }, async () => {
    const latency = await measureLatency(testStack().kafkaBrokers, input, { rate: 200, seconds: 2 }, signal);
    expect(latency).toMatchObject({ sent: 400, seen: 400 });
    expect(latency.p50).toBeGreaterThan(0);
    expect(latency.p99).toBeGreaterThanOrEqual(latency.p50);
    expect(latency.max).toBeGreaterThanOrEqual(latency.p99);
  });
});

describe('the benchmark of the hot path', () => {
  it('has each event processed once by the build, though some come again', async () => {
    const path = await loadHotPath(projectRoot());
    try {
      // It looks by itself, and throws.
      for (let turn = 0; turn < 4; turn += 1) expect(await path.run()).toBeGreaterThan(0);
    } finally {
      await path.close();
    }
  });
});
