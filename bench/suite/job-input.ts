/** The job's input for one round: topics, schemas, and the records, appended by the Java client. */
import { SOURCES } from '../../dev/contract/sources.js';
import { registerSchemas } from '../../schemas/registry/register.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { groupOf } from './contenders.js';
import { runJava } from './java-program.js';
import type { Topics } from './topics.js';

/** An id that the registry does not know. */
const UNKNOWN_SCHEMA_ID = 999_999;
const PRELOAD_MS = 10 * 60_000;

export interface JobInput {
  readonly prefix: string;
  readonly seed: number;
  /** Records of TASK_EVENT_TOPIC: events, copies and malformed ones. */
  readonly records: number;
  /** How many events these are, copies not counted. */
  readonly events: number;
  readonly schemaIds: SchemaIds;
}

interface SchemaIds {
  readonly task: number;
  readonly unknown: number;
  readonly user: number;
  readonly inApp: number;
  readonly email: number;
  readonly push: number;
  readonly delivered: number;
}

export interface InputPlan {
  readonly brokers: string;
  readonly registryUrl: string;
  readonly topics: Topics;
  readonly prefix: string;
  readonly seed: number;
  readonly records: number;
  readonly signal: AbortSignal;
}

export async function makeInput(plan: InputPlan): Promise<JobInput> {
  const { brokers, prefix, seed, records, signal } = plan;
  await plan.topics.create(prefix);
  const schemaIds = await registerAll(plan);
  const { task, unknown, user } = schemaIds;
  const args = [brokers, prefix, seed, records, task, unknown, user];
  const { events } = await runJava<{ events: number }>({ name: 'Preload', args, deadlineMs: PRELOAD_MS, signal });
  return { prefix, seed, records, events, schemaIds };
}

async function registerAll({ registryUrl, prefix }: InputPlan): Promise<SchemaIds> {
  const registered = await registerSchemas(new RegistryClient({ url: registryUrl }), SOURCES, (topic) =>
    topic === 'USER_DIRECTORY' ? `${groupOf(prefix)}-user-directory` : prefix + topic,
  );
  const idOf = (topic: string): number => registered.find(({ subject }) => subject === `${prefix}${topic}-value`)!.id;
  return {
    task: idOf('TASK_EVENT_TOPIC'),
    unknown: UNKNOWN_SCHEMA_ID,
    user: idOf('USER_EVENT_TOPIC'),
    inApp: idOf('NOTIFICATION_INAPP_TOPIC'),
    email: idOf('EMAIL_REQUEST_TOPIC'),
    push: idOf('PUSH_REQUEST_TOPIC'),
    delivered: idOf('NOTIFICATION_DELIVERED_TOPIC'),
  };
}
