/**
 * Why a part of the worker is not ready, from a closed list: anybody may ask /readyz, so it says which topic, partition
 * and right, and never where a broker is or what it answered. That is in the log.
 */
import { groupBy } from './group-by.js';
import { ascending, runText } from './runs.js';

/** What each code says. What it is about (topic, partition, right) is put behind it. */
export const REASONS = {
  stopping: 'it is stopping',
  'no-broker': 'no broker answers',
  'untrusted-broker': "the broker's certificate is not trusted: see KAFKA_SSL_CA",
  'client-certificate': 'the brokers want a client certificate, or refuse ours: see KAFKA_SSL_CERT and KAFKA_SSL_KEY',
  'broker-credentials': 'the brokers refuse our credentials: see the options KAFKA_SASL_... and KAFKA_OAUTH_...',
  'token-unreachable': 'no token for the brokers can be had: see the options KAFKA_OAUTH_...',
  'token-refused': 'the token endpoint refuses our client id, secret or scope: see the options KAFKA_OAUTH_...',
  'not-kafka': 'what answers is no Kafka broker, or speaks TLS where we do not: see KAFKA_BROKERS and KAFKA_SSL',
  'no-leader': 'no broker leads it now',
  'no-coordinator': 'the group or the transaction has no coordinator now',
  'unknown-topic': 'the brokers do not know it',
  'too-few-replicas': 'too few replicas are in sync',
  'group-moves': 'the group is moving',
  refused: 'the brokers refuse what we send',
  'unsettled-transaction': 'an earlier transaction is not settled yet',
  'missing-right': 'we lack the right to it',
  throttled: 'a quota holds us back',
  'commit-waits': 'a commit is on its way for long',
  'no-descriptors': 'this process has no file descriptor left',
  'broker-error': 'a broker answers with an error',
  'registry-unreachable': 'the schema registry does not answer',
  'registry-credentials': 'the schema registry refuses us: see SCHEMA_REGISTRY_URL and the options SCHEMA_REGISTRY_...',
  'registry-path': 'what answers is not the schema registry: is the path in SCHEMA_REGISTRY_URL right?',
  'registry-busy': 'the schema registry is busy',
  'registry-failing': 'the schema registry fails',
  'registry-refusing': 'the schema registry refuses what we ask',
  'registry-unusable': 'the schema registry gives answers that cannot be used',
  'disk-full': 'the disk of STATE_DIR takes no more: free some space, the worker then goes on by itself',
  'not-opened': 'not opened yet',
  'not-joined': 'not joined yet',
  rejoining: 'the group gave our tasks away, joining it again',
  'no-task': 'no task yet',
  'task-waits': 'not every task runs',
  'newer-rules': 'partitions wait for a worker with newer rules',
  'dead-letter-budget':
    'partitions are paused, as their dead-letter budget is spent: see the log, then run `notification-streams dlq resume`',
  'not-read': 'not read yet',
  'not-followed': 'the in-app topic is not read yet',
  'feed-waits': 'the in-app topic cannot be read on without the schema registry',
} as const;
export type ReasonCode = keyof typeof REASONS;

/** Who waits for the brokers. */
export type Waiter = 'start' | 'fetch' | 'topics' | 'group' | 'accounts' | 'directory' | 'gateway' | `task ${number}`;

export interface Reason {
  readonly code: ReasonCode;
  readonly waiter?: Waiter;
  /** Kafka's name of the error, such as NOT_ENOUGH_REPLICAS: a closed list as well. */
  readonly error?: string | undefined;
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  /** What the right is to: the topic that is named, the group, our transactional ids, the cluster. */
  readonly right?: 'topic' | 'group' | 'transactional id' | 'cluster' | undefined;
  /** Which of several addresses of the registry, from 1: where it is, is in the log. */
  readonly address?: number | undefined;
  /** For `task-waits`: tasks that do not run, with their states. */
  readonly tasks?: readonly { readonly number: number; readonly state: string }[];
  /** For `task-waits`: source partitions that cannot be read on. */
  readonly damaged?: readonly string[];
  /** For `newer-rules`: how many event types wait. Which, is the producers' word, and in no answer. */
  readonly types?: number;
}

/** As one sentence, for the answer. */
export function sayReason(reason: Reason): string {
  const { code, waiter, error, tasks = [], damaged = [], types } = reason;
  const waits = sayStates(tasks);
  if (damaged.length > 0)
    waits.push(`${damaged.join(', ')} ${damaged.length === 1 ? 'is' : 'are'} damaged on the brokers' disks`);
  if (waits.length > 0) return waits.join('; ');
  const subject =
    subjectOf(reason) + (types === undefined ? '' : ` (${types} event ${types === 1 ? 'type' : 'types'})`);
  const said = `${REASONS[code]}${error === undefined ? '' : ` (${error})`}${subject === '' ? '' : `: ${subject}`}`;
  return waiter === undefined ? said : `${waiter} waits: ${said}`;
}

/** `task 3 is restoring`, `tasks 0-2,5 are suspended`: a worker may have hundreds. */
function sayStates(tasks: NonNullable<Reason['tasks']>): string[] {
  return [...groupBy(tasks, ({ state }) => state)].map(([state, some]) => {
    const numbers = ascending(some.map(({ number }) => number));
    return numbers.length === 1 ? `task ${numbers[0]!} is ${state}` : `tasks ${runText(numbers)} are ${state}`;
  });
}

function subjectOf({ topic, partition, right, address }: Reason): string {
  if (address !== undefined) return `address ${address} of SCHEMA_REGISTRY_URL`;
  const subject = topic === undefined ? '' : partition === undefined ? topic : `${topic}-${partition}`;
  if (right === undefined || right === 'topic') return subject;
  return subject === '' ? right : `${right}, ${subject}`;
}
