/** kafkajs's constants: Node does not find them among its named exports. */
import kafkajs from 'kafkajs';
import type { AclOperationTypes as Operation, AclResourceTypes as Resource } from 'kafkajs';

export const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ConfigResourceTypes, ResourcePatternTypes } =
  kafkajs;
export type AclOperationTypes = Operation;
export type AclResourceTypes = Resource;
