/** The rights that a worker needs, as docs/operations.md grants them, and as a cluster is asked for them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from './kafkajs-constants.js';
import { projectRoot } from '../../../common/project-root.js';
import { LIMITED_USER } from '../../../dev/stack/secured.js';
import type { TestEnvironment } from './environment.js';

export type Kind = 'topic' | 'group' | 'transactional id';

export interface Right {
  readonly kind: Kind;
  /** The resource's name, or what it begins with. */
  readonly name: string;
  readonly operations: readonly (keyof typeof AclOperationTypes)[];
  readonly isPrefix?: boolean;
}

const RESOURCES: Readonly<Record<Kind, AclResourceTypes>> = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  'transactional id': AclResourceTypes.TRANSACTIONAL_ID,
};

/** What docs/operations.md says that a worker needs, as its own commands grant it. */
export function rightsOf({ prefix }: TestEnvironment): Right[] {
  const page = readFileSync(join(projectRoot(), 'docs', 'operations.md'), 'utf8');
  const [, commands] = /## Rights\n[^]*?```sh\n([^]*?)```/.exec(page)!;
  const physical = (name: string): string => prefix + name.replace(/^notification-streams/, 'app');
  let loop: readonly string[] = [];
  return commands!.split('\n').flatMap((line): Right[] => {
    const topics = /^for topic in (.*); do$/.exec(line)?.[1];
    if (topics) loop = topics.split(' ');
    const [, kind, name] = /^ *acl --(topic|group|transactional-id) (\S+)/.exec(line) ?? [];
    if (kind === undefined) return [];
    const operations = [...line.matchAll(/--operation (\w+)/g)].map(([, operation]) => OPERATIONS[operation!]!);
    const names = name === '"$topic"' ? loop : [name!];
    return names.map((topic) => ({
      ...{ kind: kind.replace('-', ' ') as Kind, name: physical(topic), operations },
      isPrefix: line.includes('prefixed'),
    }));
  });
}

const OPERATIONS: Readonly<Record<string, keyof typeof AclOperationTypes>> = {
  ...{ Read: 'READ', Write: 'WRITE', Create: 'CREATE', Describe: 'DESCRIBE', DescribeConfigs: 'DESCRIBE_CONFIGS' },
};

export const aclsOf = (right: Right) =>
  right.operations.map((operation) => ({
    resourceType: RESOURCES[right.kind],
    resourceName: right.name,
    resourcePatternType: right.isPrefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: `User:${LIMITED_USER.username}`,
    host: '*',
    operation: AclOperationTypes[operation],
    permissionType: AclPermissionTypes.ALLOW,
  }));
