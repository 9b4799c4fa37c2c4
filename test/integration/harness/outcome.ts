/** What became of a workload, as a client sees it that is not ours. */
import { readCommitted, type OracleRecord } from '../../../dev/oracle/read-committed.js';
import { testStack } from './test-stack.js';
import { INPUT_TOPICS, testKafka } from './topics.js';
import { until } from './until.js';
import { decode } from './avro.js';
import type { RecordName } from '../../../schemas/types.js';
import { produce } from './produce.js';
import { groupBy } from '../../../common/group-by.js';
import { SINK_RECORDS } from '../../../schemas/topic-records.js';
import { EVENT_OUTPUTS } from '../../../dev/contract/expected-outputs.js';
import type { Sent, Workload } from './workload.js';

/** Appends what was made, in order within each topic: account events before the rest, whose routes depend on them. */
export async function produceAll(prefix: string, sent: readonly Sent[]): Promise<void> {
  const { kafkaBrokers } = testStack();
  const isAccount = ({ topic }: Sent): boolean => topic === 'USER_EVENT_TOPIC';
  for (const part of [sent.filter(isAccount), sent.filter((one) => !isAccount(one))])
    await Promise.all(
      [...groupBy(part, ({ topic }) => topic)].map(([topic, list]) =>
        produce(
          kafkaBrokers,
          prefix + topic,
          list.map(({ message }) => message),
        ),
      ),
    );
}

/** Source records that are not committed yet, over all partitions: up to the last stable offsets. */
export async function lag(prefix: string): Promise<number> {
  const [lagOf, close] = await openLag(prefix);
  try {
    return await lagOf();
  } finally {
    await close();
  }
}

/** Waits until the lag is 0; a broker that is starting, or electing, is asked again. */
export async function untilProcessed(prefix: string, deadlineMs = 45_000): Promise<void> {
  const [lagOf, close] = await openLag(prefix);
  let left = -1;
  const isDone = async (): Promise<boolean> => (left = await lagOf()) === 0;
  try {
    await until('every source record is committed', isDone, deadlineMs);
  } catch (error) {
    throw new Error(`${left} source records are left after ${deadlineMs} ms.`, { cause: error });
  } finally {
    await close();
  }
}

/** One connection for many questions. */
async function openLag(prefix: string): Promise<[lagOf: () => Promise<number>, close: () => Promise<void>]> {
  const admin = testKafka(testStack().kafkaBrokers).admin();
  await admin.connect();
  const lagOf = async (): Promise<number> => {
    const topics = INPUT_TOPICS.map((topic) => prefix + topic);
    // The ends first: what is committed meanwhile makes the lag smaller than it was, never negative for long.
    const ends = await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)));
    const committed = await admin.fetchOffsets({ groupId: `${prefix}app`, topics });
    let sum = 0;
    for (const [index, topic] of topics.entries()) {
      const at = new Map(
        committed.find((found) => found.topic === topic)?.partitions.map((one) => [one.partition, one.offset]),
      );
      for (const { partition, offset } of ends[index]!)
        sum += Math.max(0, Number(offset) - Math.max(0, Number(at.get(partition) ?? -1)));
    }
    return sum;
  };
  return [lagOf, () => admin.disconnect()];
}

/** Everything that is wrong, in words; empty when each expected output is there exactly once and nothing else. */
export async function differences(prefix: string, workload: Workload): Promise<string[]> {
  return differencesOf(prefix, workload, await outputRecords(prefix, testStack().kafkaBrokers));
}

/** What came of events, and their dead letters. */
export function outputRecords(prefix: string, brokers: string): Promise<OracleRecord[]> {
  const topics = [...EVENT_OUTPUTS.map(([, topic]) => topic), 'NOTIFICATION_DLQ'];
  return readCommitted({ brokers, topics: topics.map((topic) => prefix + topic) });
}

/** As `differences`, of records that were read. */
export function differencesOf(prefix: string, workload: Workload, records: readonly OracleRecord[]): string[] {
  const found: string[] = [];
  const byTopic = groupBy(records, ({ topic }) => topic);
  for (const [output, topic] of EVENT_OUTPUTS) {
    const record = SINK_RECORDS[topic].name as RecordName;
    const counts = new Map<string, number>();
    const pairs = new Set<string>();
    for (const { value } of byTopic.get(prefix + topic) ?? []) {
      const { eventId, notificationId } = decode(record, value!) as { eventId: string; notificationId: bigint };
      counts.set(eventId, (counts.get(eventId) ?? 0) + 1);
      const pair = `${eventId}/${notificationId}`;
      if (pairs.has(pair)) found.push(`${topic}: ${pair} is there twice`);
      pairs.add(pair);
    }
    for (const [eventId, expected] of workload.expected) {
      const count = counts.get(eventId) ?? 0;
      if (count !== expected[output])
        found.push(`${topic}: ${eventId} has ${count} records, expected ${expected[output]}`);
      counts.delete(eventId);
    }
    for (const [eventId, count] of counts) found.push(`${topic}: ${eventId} has ${count} records, expected none`);
  }
  found.push(...deadLetterDifferences(workload, byTopic.get(`${prefix}NOTIFICATION_DLQ`) ?? []));
  return found;
}

function deadLetterDifferences(workload: Workload, records: readonly OracleRecord[]): string[] {
  const found: string[] = [];
  const left = new Map(workload.poison.map(({ message }) => [String(message.key), message]));
  for (const { key, value, headers } of records) {
    const name = key?.toString() ?? '';
    const original = left.get(name);
    if (!original) {
      found.push(`dead letter ${name} is there without reason, or twice`);
      continue;
    }
    left.delete(name);
    if (!value?.equals(original.value as Buffer)) found.push(`dead letter ${name} has other bytes than the original`);
    const names = new Map(headers.map(([header, content]) => [header, content?.toString()]));
    if (names.get('trace-id') !== name) found.push(`dead letter ${name} lost its original header`);
    if (!names.get('dlq.reason')) found.push(`dead letter ${name} has no reason`);
  }
  for (const name of left.keys()) found.push(`dead letter ${name} is missing`);
  return found;
}
