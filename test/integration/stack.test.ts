import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { commandLineOf } from '../../dev/stack/command-line.js';
import { applicableEnvironment } from '../../dev/stack/environment.js';
import { pidOf } from '../../dev/stack/member.js';
import {
  down,
  formatExports,
  reset,
  startBroker,
  startRegistry,
  status,
  stopBroker,
  stopRegistry,
  up,
  type StackInfo,
} from '../../dev/stack/stack.js';
import { readCommitted } from '../../dev/oracle/read-committed.js';
import { guardStack } from './harness/guard.js';
import { produce } from './harness/produce.js';
import { testKafka } from './harness/topics.js';

let root: string;
let first: StackInfo;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'notification-streams-stack-'));
  guardStack(root);
  first = await up({ root });
});
afterAll(() => reset({ root }));

describe('a stack that is up', () => {
  it('serves Kafka and the registry where it says', async () => {
    const all = (await status({ root }))!;
    expect(all.map(({ name, answers }) => [name, answers])).toEqual([
      ['broker-1', true],
      ['registry', true],
    ]);
    expect(formatExports(first)).toBe(
      `export KAFKA_BROKERS=${first.kafkaBrokers}\nexport SCHEMA_REGISTRY_URL=${first.schemaRegistryUrl}\n`,
    );
    expect(await (await fetch(`${first.schemaRegistryUrl}/subjects`)).json()).toEqual([]);
  });

  it('is found by a second up, which starts nothing', async () => {
    const second = await up({ root });
    expect(second).toEqual({ ...first, started: [] });
  });

  it('is started once when two commands start it at the same time', async () => {
    await down({ root });
    const both = await Promise.all([up({ root }), up({ root })]);
    expect(both[0].members).toEqual(both[1].members);
    expect(both.map((info) => info.started.length).sort()).toEqual([0, 2]);
    first = both[0];
  });

  it('refuses another number of brokers than its data have', async () => {
    await expect(up({ root, brokers: 3 })).rejects.toThrow(/has 1 broker\(s\); asked for: 3\. Reset it/);
  });
});

describe('an outage', () => {
  it('of the broker, by SIGKILL, leaves what was committed, at the same address', async () => {
    const topic = 'outage';
    const admin = testKafka(first.kafkaBrokers).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    await admin.disconnect();
    await produce(first.kafkaBrokers, topic, [{ key: 'a', value: 'kept' }]);

    expect(await stopBroker({ root }, 1, 0)).toBe(true);
    expect((await status({ root }))![0]).toMatchObject({ name: 'broker-1', pid: undefined, answers: false });
    const again = await startBroker({ root });

    expect(again.kafkaBrokers).toBe(first.kafkaBrokers);
    const records = await readCommitted({ brokers: again.kafkaBrokers, topics: [topic] });
    expect(records.map(({ value }) => String(value))).toEqual(['kept']);
  });

  it('of the registry, by SIGKILL, keeps every schema under its id, at the same address', async () => {
    const subject = `${first.schemaRegistryUrl}/subjects/outage-value/versions`;
    const body = JSON.stringify({ schema: '{"type":"record","name":"Kept","fields":[]}' });
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const { id } = (await (await fetch(subject, { method: 'POST', headers, body })).json()) as { id: number };

    expect(await stopRegistry({ root }, 0)).toBe(true);
    const again = await startRegistry({ root });

    expect(again.schemaRegistryUrl).toBe(first.schemaRegistryUrl);
    const found = (await (await fetch(`${again.schemaRegistryUrl}/schemas/ids/${id}`)).json()) as { schema: string };
    expect(JSON.parse(found.schema)).toMatchObject({ name: 'Kept' });
  });
});

describe('a stack that goes down', () => {
  it('leaves no process behind, and comes up again with its data on its ports', async () => {
    const { members } = await up({ root });
    expect([...(await down({ root }))].sort()).toEqual(['broker-1', 'registry']);
    expect(members.map(({ pid }) => commandLineOf(pid))).toEqual(['', '']);
    expect(await down({ root })).toEqual([]);

    const again = await up({ root });
    expect(again.kafkaBrokers).toBe(first.kafkaBrokers);
    const records = await readCommitted({ brokers: again.kafkaBrokers, topics: ['outage'] });
    expect(records).toHaveLength(1);
  });

  it('takes its data with it on reset', async () => {
    const other = join(root, 'nested');
    await mkdir(other);
    await writeFile(join(other, 'layout.json'), '{"clusterId":"x","brokers":[],"registryPort":1}');
    await reset({ root: other });
    await expect(readFile(join(other, 'layout.json'))).rejects.toThrow(/ENOENT/);
  });
});

describe('a pid file', () => {
  it('whose pid belongs to a process of another is removed, and that process is left alone', async () => {
    const stale = join(root, 'stale');
    await mkdir(join(stale, 'run'), { recursive: true });
    await writeFile(join(stale, 'run', 'broker-1.pid'), String(process.pid));
    expect(await pidOf(stale, 'broker-1')).toBeUndefined();
    await expect(readFile(join(stale, 'run', 'broker-1.pid'))).rejects.toThrow(/ENOENT/);
    await rm(stale, { recursive: true });
  });
});

describe('which stack applies', () => {
  it('is the one that the environment names, else our own', () => {
    const named = { KAFKA_BROKERS: 'k:9092', SCHEMA_REGISTRY_URL: 'http://r' };
    expect(applicableEnvironment(named)).toEqual({
      kind: 'configured',
      kafkaBrokers: 'k:9092',
      schemaRegistryUrl: 'http://r',
    });
    expect(applicableEnvironment({})).toEqual({ kind: 'own-stack' });
  });

  it('is not guessed when only half of it is named', () => {
    expect(() => applicableEnvironment({ KAFKA_BROKERS: 'k:9092' })).toThrow(/k:9092.*SCHEMA_REGISTRY_URL is not/);
  });
});

describe('without what it needs', () => {
  it('a stack says what to install when there is no Java', async () => {
    const env = { PATH: root };
    const empty = await mkdtemp(join(tmpdir(), 'notification-streams-stack-'));
    await expect(up({ root: empty, env })).rejects.toThrow(
      /no java was found.*apt-get install openjdk-17-jre-headless maven.*docker compose -f deploy\/compose.yml/,
    );
    await rm(empty, { recursive: true });
  });

  it('a stack says what it found when Java is too old', async () => {
    const old = await mkdtemp(join(tmpdir(), 'notification-streams-stack-'));
    await writeFile(join(old, 'java'), `#!/bin/sh\necho 'openjdk version "11.0.2" 2019-01-15' >&2\n`, { mode: 0o755 });
    await expect(up({ root: join(old, 'stack'), env: { PATH: old } })).rejects.toThrow(
      /needs Java 17 or newer and Maven; \S+java is version 11\. Install them/,
    );
    await rm(old, { recursive: true });
  });

  it('a stack shows the end of the log when a member ends while starting', async () => {
    await stopRegistry({ root });
    const database = join(root, 'registry', 'registry.mv.db');
    const kept = await readFile(database);
    await writeFile(database, 'not a database');
    await expect(up({ root })).rejects.toThrow(
      /registry \(http:.*\) ended while starting\.\n--- the end of .*output\.log/s,
    );
    await writeFile(database, kept);
    expect((await up({ root })).started).toEqual(['registry']);
  });
});
