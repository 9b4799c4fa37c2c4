/** Our tables of the protocol's numbers, held against those of Kafka's own client for Java. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileJava } from '../../dev/oracle/compile.js';
import { ApiKey } from '../../topology/kafka/protocol/api-keys.js';
import { ErrorCode } from '../../topology/kafka/protocol/error-codes.js';

/** Names that Kafka has changed since, and kafkajs has not: those of error-codes.ts. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  UNKNOWN_SERVER_ERROR: 'UNKNOWN',
  NOT_LEADER_OR_FOLLOWER: 'NOT_LEADER_FOR_PARTITION',
  COORDINATOR_LOAD_IN_PROGRESS: 'GROUP_LOAD_IN_PROGRESS',
  COORDINATOR_NOT_AVAILABLE: 'GROUP_COORDINATOR_NOT_AVAILABLE',
  NOT_COORDINATOR: 'NOT_COORDINATOR_FOR_GROUP',
};

describe("the protocol's numbers, as Kafka's own client has them", () => {
  const kafka: Record<string, Record<string, number>> = { error: {}, api: {} };

  beforeAll(async () => {
    const source = join(import.meta.dirname, 'harness', 'ProtocolNumbers.java');
    const { java, classPath } = await compileJava('protocol-numbers', [source], {});
    const { stdout } = await promisify(execFile)(java, ['-cp', classPath, 'ProtocolNumbers']);
    for (const line of stdout.trim().split('\n')) {
      const [kind, name, number] = line.split(' ');
      kafka[kind!]![OLDER_NAMES[name!] ?? name!] = Number(number);
    }
  });

  it('are all of its error codes, by name', () => {
    expect(kafka['error']).toEqual(ErrorCode);
  });

  it('are the keys of the requests that we send', () => {
    expect(kafka['api']).toMatchObject(ApiKey);
  });
});
