/** The outputs of a test, decoded, as the Java client sees them. */
import { readCommitted, type OracleRecord } from '../../../dev/oracle/read-committed.js';
import type {
  EmailRequestEvent,
  InAppNotification,
  NotificationDeliveredEvent,
  PushRequestEvent,
  RecordName,
} from '../../../schemas/types.js';
import { decode } from './avro.js';
import { testStack } from './test-stack.js';
import { OUTPUT_TOPICS } from './topics.js';

export interface Outputs {
  readonly inApp: readonly InAppNotification[];
  readonly emails: readonly EmailRequestEvent[];
  readonly pushes: readonly PushRequestEvent[];
  readonly delivered: readonly NotificationDeliveredEvent[];
  readonly deadLetters: readonly OracleRecord[];
}

/** Everything committed so far; in order within a partition. */
export async function readOutputs(prefix: string): Promise<Outputs> {
  const records = await readCommitted({
    brokers: testStack().kafkaBrokers,
    topics: OUTPUT_TOPICS.map((topic) => prefix + topic),
  });
  const recordsOf = (topic: string): OracleRecord[] => records.filter((record) => record.topic === prefix + topic);
  const decoded = (topic: string, record: RecordName): unknown[] =>
    recordsOf(topic).map(({ value }) => decode(record, value!));
  return {
    inApp: decoded('NOTIFICATION_INAPP_TOPIC', 'InAppNotification') as InAppNotification[],
    emails: decoded('EMAIL_REQUEST_TOPIC', 'EmailRequestEvent') as EmailRequestEvent[],
    pushes: decoded('PUSH_REQUEST_TOPIC', 'PushRequestEvent') as PushRequestEvent[],
    delivered: decoded('NOTIFICATION_DELIVERED_TOPIC', 'NotificationDeliveredEvent') as NotificationDeliveredEvent[],
    deadLetters: recordsOf('NOTIFICATION_DLQ'),
  };
}

/** Event ids in order of the alphabet: a repeat shows as a second one. */
export function eventIds(outputs: readonly { readonly eventId: string }[]): string[] {
  return outputs.map(({ eventId }) => eventId).sort();
}

/** Headers as text; one that comes twice fails the test. */
export function headersOf({ headers }: OracleRecord): Record<string, string> {
  const names = headers.map(([name]) => name);
  if (new Set(names).size !== names.length) throw new Error(`A header is there twice: ${names.join(', ')}`);
  return Object.fromEntries(headers.map(([name, value]) => [name, value?.toString() ?? '<null>']));
}

/** The one dead letter with this key; none or two fail the test. */
export function deadLetterOf({ deadLetters }: Pick<Outputs, 'deadLetters'>, key: string): OracleRecord {
  const found = deadLetters.filter((record) => record.key?.toString() === key);
  if (found.length !== 1) throw new Error(`There are ${found.length} dead letters with the key ${key}, expected one.`);
  return found[0]!;
}
