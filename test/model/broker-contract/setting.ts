/** What a test of the contract works with, and what it looks at. */
import { expect } from 'vitest';
import type { Cluster } from '../../../topology/kafka/protocol/internals.js';
import { readCommitted } from '../../../topology/kafka/fetch/fetched-records.js';
import type { ProducerIdentity } from '../../../topology/kafka/protocol/init-producer-id.js';
import { until } from '../../integration/harness/until.js';
import type { BrokerClient } from '../broker-client.js';

export interface ContractBroker {
  createCluster(): Cluster;
  createTopic(topic: string, partitions: number): Promise<void>;
  /** Deletes the topic and makes another under its name. */
  recreateTopic(topic: string, partitions: number): Promise<void>;
  deleteRecords(topic: string, before: number): Promise<void>;
  /** Goes before every name, so that runs do not meet. */
  readonly prefix: string;
  /** After how long at the latest a transaction whose time is up is aborted, ms. */
  readonly timeoutSlackMs: number;
}

/** Names of the test's own: a topic of two partitions, a group, transactional ids. */
export interface Setting {
  readonly client: BrokerClient;
  /** The same by another connection. */
  readonly other: BrokerClient;
  /** Speaks version 2 of transactions; the others version 1. */
  readonly second: BrokerClient;
  readonly topic: string;
  readonly group: string;
  readonly ids: readonly [string, string];
  readonly broker: ContractBroker;
}

export type Settings = () => Promise<Setting>;

/** A producer whose transaction is open on partition 0, with these texts in it. */
export async function opened(
  { client, topic }: Setting,
  id: string,
  texts: readonly string[],
  timeoutMs?: number,
): Promise<ProducerIdentity> {
  const owner = await client.init(id, timeoutMs);
  await client.add(owner, topic);
  expect(await client.send(owner, topic, { sequence: 0, texts })).toMatchObject({ answer: 'NONE' });
  return owner;
}

/** What a read_committed reader is given from the start to the last stable offset. */
export async function visible({ client, topic }: Setting): Promise<(string | undefined)[]> {
  const { data, aborted } = await client.fetch(topic, 0);
  return [...readCommitted(data, 0, aborted).records].map(({ value }) => value?.toString());
}

export async function stableEnd({ client, topic }: Setting): Promise<number> {
  return (await client.fetch(topic, 0)).lastStableOffset;
}

/** Markers come a moment after the answer. */
export const untilStable = (setup: Setting, offset: number): Promise<unknown> =>
  until(`everything before ${offset} is stable`, async () => (await stableEnd(setup)) === offset);
