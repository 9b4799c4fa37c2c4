/** Whether our principal has the rights of rights.ts. */
import { groupBy } from '../../../common/group-by.js';
import type { Operation, TopicView } from '../../kafka/index.js';
import { aclCommand } from './acl-command.js';
import { check, fault, ok, orOk, warning, type Check, type Finding } from './check.js';
import type { Examined } from './examined.js';
import { principalOf } from './principal.js';
import { grantsOf, type Grant, type RightKind } from './rights.js';

/** A right that is not there, by the operation. */
export interface Lack {
  readonly kind: RightKind;
  readonly name: string;
  readonly isPrefix: boolean;
  readonly operation: Operation;
  readonly isDoneWithout: boolean;
}

/** What we lack of this right: by what the brokers say that we may do with each topic. */
export function topicLacks(grant: Grant, topics: readonly TopicView[]): readonly Lack[] {
  const { kind, names, isPrefix, operations, doneWithout } = grant;
  return topics.flatMap((topic) => {
    const name = names.find((one) => (isPrefix ? topic.topic.startsWith(one) : topic.topic === one));
    if (name === undefined) return [];
    const lacking = operations.filter((operation) => isLacking(operation, topic));
    return lacking.map((operation) => {
      return { kind, name, isPrefix, operation, isDoneWithout: doneWithout.includes(operation) };
    });
  });
}

function isLacking(operation: Operation, { state, operations }: TopicView): boolean {
  // What is there already need not be created.
  if (operation === 'Create' && state === 'there') return false;
  // Whoever may read or write may see it; of the others nothing is known.
  if (state === 'hidden') return operation === 'Read' || operation === 'Write';
  return operations !== undefined && !operations.has(operation);
}

/** One finding a resource and consequence. */
export function judgeLacks(lacks: readonly Lack[], principal: string, brokers: string): readonly Finding[] {
  const byResource = groupBy(lacks, ({ kind, name, isDoneWithout }) => JSON.stringify([kind, name, isDoneWithout]));
  return [...byResource.values()].map((same) => {
    const { kind, name, isPrefix, isDoneWithout } = same[0]!;
    const operations = [...new Set(same.map(({ operation }) => operation))];
    const resource = `the ${kind === 'transactional id' ? 'transactional ids' : kind} ${name}${isPrefix ? '…' : ''}`;
    const command = aclCommand({ kind, names: [name], isPrefix, operations }, principal, brokers);
    const consequence = isDoneWithout ? ': workers do without, take the settings to be right, and warn' : '';
    return (isDoneWithout ? warning : fault)(
      `no right ${operations.join(', ')} to ${resource}${consequence}`,
      operations.join(', '),
      `as an administrator: ${command.map((line) => line.replace(/ \\$/, '').trim()).join(' ')}`,
    );
  });
}

function grantsOn(wanted: RightKind, { config, sources }: Examined): readonly Grant[] {
  return grantsOf(config.roles, config.names, sources).filter(({ kind }) => kind === wanted);
}

/** Asks whether we may, with the first name of each right of that kind. */
async function lacksOf(
  kind: 'group' | 'transactional id',
  examined: Examined,
  may: (name: string) => Promise<boolean>,
): Promise<readonly Lack[]> {
  const asked = grantsOn(kind, examined).map(async ({ names, isPrefix, operations }): Promise<readonly Lack[]> => {
    const [name] = names;
    if (await may(name!)) return [];
    return operations.map((operation) => ({ kind, name: name!, isPrefix, operation, isDoneWithout: false }));
  });
  return (await Promise.all(asked)).flat();
}

const judge = (lacks: readonly Lack[], { config }: Examined, found: string): readonly Finding[] =>
  orOk(judgeLacks(lacks, principalOf(config) ?? 'User:<principal>', config.kafkaBrokers.join(',')), found);

export const RIGHT_CHECKS: readonly Check[] = [
  check(
    { name: 'topics', asks: 'asks what we may do with each topic (Metadata with authorized operations, KIP-430)' },
    async (examined) => {
      const { topics } = await examined.cluster();
      return grantsOn('topic', examined).flatMap((grant) => topicLacks(grant, topics));
    },
    (lacks, examined) => judge(lacks, examined, 'all that a worker of these ROLES needs'),
  ),
  check(
    { name: 'group', asks: 'sends the heartbeat of a member that there is none of: whoever may join is told so' },
    (examined) => lacksOf('group', examined, (name) => examined.mayJoin(name)),
    (lacks, examined) =>
      examined.isStream
        ? judge(lacks, examined, `Read of ${examined.config.names.group}`)
        : [ok('a gateway needs none')],
  ),
  check(
    {
      name: 'transactional ids',
      asks: 'ends a transaction of a producer that there is none of: whoever may write is told so',
    },
    (examined) =>
      lacksOf('transactional id', examined, () =>
        examined.mayWriteTransactions(examined.config.names.transactionalId(0)),
      ),
    (lacks, examined) =>
      examined.isStream
        ? judge(lacks, examined, `Write of ${examined.config.names.group}-…`)
        : [ok('a gateway needs none')],
  ),
];
