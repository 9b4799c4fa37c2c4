/**
 * What a worker asks of the brokers, and so what its principal must be allowed: `doctor --acls` prints the commands of this table,
 * `doctor` looks whether they were given, docs/operations.md is printed from it, and a test on a broker with an authorizer holds a
 * worker to it. Read and Write bring Describe with them.
 */
import { OUTPUT_TOPICS } from '../../../common/record.js';
import type { TopicNames } from '../../../common/topic-names.js';
import type { SourceSpec } from '../../../schemas/source-spec.js';
import type { Operation } from '../../kafka/index.js';
import { contractTopicsOn } from '../../worker/contract-topics.js';

export type RightKind = 'topic' | 'group' | 'transactional id' | 'cluster';

export interface Right {
  /** Who needs it: a role of a worker, or whoever runs `topics create`. */
  readonly role: 'stream' | 'gateway' | 'topics create';
  readonly kind: RightKind;
  /** What it is to, in words. `<app>` is TOPIC_PREFIX and APP_ID. */
  readonly to: string;
  /** The resources' names on the brokers, or what they begin with. */
  readonly resources: (names: TopicNames, sources: readonly SourceSpec[]) => readonly string[];
  readonly isPrefix?: true;
  readonly operations: readonly Operation[];
  /** Those of them that a worker does without, with a warning. */
  readonly doneWithout?: readonly Operation[];
  /** Only brokers before this release ask for it. */
  readonly before?: string;
  /** What it is needed for. */
  readonly use: string;
}

const named =
  (...topics: readonly (typeof OUTPUT_TOPICS)[number][]) =>
  (names: TopicNames): readonly string[] =>
    topics.map((topic) => names.physical(topic));
const ours = (names: TopicNames): readonly string[] => [`${names.group}-`];

export const RIGHTS: readonly Right[] = [
  {
    role: 'stream',
    kind: 'topic',
    to: 'The source topics, five or those of the rules',
    resources: (names, sources) => sources.map(({ topic }) => names.physical(topic)),
    operations: ['Read', 'DescribeConfigs'],
    use: "reading, committing their offsets; `retention.ms`, by which the changelog's is set",
  },
  {
    role: 'stream',
    kind: 'topic',
    to: 'The five output topics',
    resources: named(...OUTPUT_TOPICS),
    operations: ['Write', 'DescribeConfigs'],
    doneWithout: ['DescribeConfigs'],
    use: 'writing; `cleanup.policy`, and `max.message.bytes` of the dead-letter topic',
  },
  {
    role: 'stream',
    kind: 'topic',
    to: 'Topics `<app>-` (prefixed)',
    resources: ours,
    isPrefix: true,
    operations: ['Create', 'Read', 'Write', 'DescribeConfigs'],
    doneWithout: ['DescribeConfigs'],
    use: 'changelog and user directory; Create at a first start only',
  },
  {
    role: 'stream',
    kind: 'group',
    to: 'Group `<app>`',
    resources: ({ group }) => [group],
    operations: ['Read'],
    use: 'membership and offsets',
  },
  {
    role: 'stream',
    kind: 'transactional id',
    to: 'Transactional ids `<app>-` (prefixed)',
    resources: ours,
    isPrefix: true,
    operations: ['Write'],
    use: 'one for each task',
  },
  {
    role: 'gateway',
    kind: 'topic',
    to: 'NOTIFICATION_INAPP_TOPIC',
    resources: named('NOTIFICATION_INAPP_TOPIC'),
    operations: ['Read', 'DescribeConfigs'],
    doneWithout: ['DescribeConfigs'],
    use: 'following it, and reading again for sockets that resume; `cleanup.policy`',
  },
  {
    role: 'gateway',
    kind: 'topic',
    to: 'NOTIFICATION_DELIVERED_TOPIC',
    resources: named('NOTIFICATION_DELIVERED_TOPIC'),
    operations: ['Write'],
    use: 'what clients confirm',
  },
  {
    role: 'gateway',
    kind: 'cluster',
    to: 'The cluster',
    resources: () => ['kafka-cluster'],
    operations: ['IdempotentWrite'],
    before: '3.0',
    use: 'its producer is idempotent',
  },
  {
    role: 'topics create',
    kind: 'topic',
    to: 'All of these topics except `<app>-`, for `topics create`',
    resources: contractTopicsOn,
    operations: ['Create', 'Describe'],
    use: 'whoever creates them',
  },
];

/** A right to resources of this configuration. */
export interface Grant extends Pick<Right, 'role' | 'kind' | 'operations'> {
  readonly before: string | undefined;
  readonly doneWithout: readonly Operation[];
  readonly names: readonly string[];
  readonly isPrefix: boolean;
}

/** The rights that these roles need, by the names of this configuration. */
export function grantsOf(
  roles: readonly Right['role'][],
  names: TopicNames,
  sources: readonly SourceSpec[],
): readonly Grant[] {
  return RIGHTS.filter(({ role }) => roles.includes(role)).map((right) => {
    const { role, kind, operations, before, doneWithout = [] } = right;
    return {
      ...{ role, kind, operations, before, doneWithout },
      names: right.resources(names, sources),
      isPrefix: right.isPrefix ?? false,
    };
  });
}
