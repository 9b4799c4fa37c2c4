/** The rights that a worker needs, as the product's own table has them, and as a cluster is asked for them. */
import { TopicNames } from '../../../common/topic-names.js';
import { SOURCES } from '../../../dev/contract/sources.js';
import { LIMITED_USER } from '../../../dev/stack/secured.js';
import type { Operation } from '../../../topology/kafka/index.js';
import { grantsOf, type RightKind } from '../../../topology/operations/doctor/rights.js';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from './kafkajs-constants.js';
import type { TestEnvironment } from './environment.js';

export type Kind = Exclude<RightKind, 'cluster'>;

export interface Right {
  readonly kind: Kind;
  /** The resource's name, or what it begins with. */
  readonly name: string;
  readonly operations: readonly Operation[];
  /** Those that a worker does without. */
  readonly doneWithout: readonly Operation[];
  readonly isPrefix: boolean;
}

const RESOURCES: Readonly<Record<Kind, AclResourceTypes>> = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  'transactional id': AclResourceTypes.TRANSACTIONAL_ID,
};
const OPERATIONS: Readonly<Record<Operation, AclOperationTypes>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  IdempotentWrite: AclOperationTypes.IDEMPOTENT_WRITE,
};

/** What a worker of these roles needs of these brokers, one entry a resource. */
export function rightsOf({ prefix }: TestEnvironment, ...roles: ('stream' | 'gateway')[]): Right[] {
  const names = new TopicNames(prefix, 'app');
  return grantsOf(roles.length > 0 ? roles : ['stream', 'gateway'], names, SOURCES)
    .filter(({ before }) => before === undefined)
    .flatMap((grant) => grant.names.map((name) => ({ ...grant, kind: grant.kind as Kind, name })));
}

export const aclsOf = (right: Pick<Right, 'kind' | 'name' | 'operations' | 'isPrefix'>) =>
  right.operations.map((operation) => ({
    resourceType: RESOURCES[right.kind],
    resourceName: right.name,
    resourcePatternType: right.isPrefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: `User:${LIMITED_USER.username}`,
    host: '*',
    operation: OPERATIONS[operation],
    permissionType: AclPermissionTypes.ALLOW,
  }));
