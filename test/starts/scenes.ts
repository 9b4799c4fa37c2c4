/** What a start of `npm run starts` finds: something for which the worker refuses, or everything that it needs. */
import { SOURCES } from '../../dev/contract/sources.js';
import { ConfigResourceTypes } from '../integration/harness/kafkajs-constants.js';
import { registerSchemas } from '../../schemas/registry/register.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { createTopics, testKafka } from '../integration/harness/topics.js';

export interface Stack {
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
}

export interface Scene {
  readonly name: string;
  /** What the start is to end with by itself. */
  readonly code: number;
  readonly prepare: (stack: Stack, prefix: string) => Promise<void>;
  readonly env?: Readonly<Record<string, string>>;
}

const PARTITIONS = 4;

/** Refusals at each stage of a start: before anything, beside the opening of the store, in the midst of takeovers. */
export const REFUSED: readonly Scene[] = [
  { name: 'topics are missing', code: 1, prepare: () => Promise.resolve() },
  {
    name: 'schemas are missing',
    code: 1,
    prepare: ({ kafkaBrokers }, prefix) => createTopics(kafkaBrokers, prefix, PARTITIONS),
  },
  {
    name: 'the in-app topic is compacted',
    code: 1,
    prepare: async (stack, prefix) => {
      await ready(stack, prefix);
      await configure(stack, `${prefix}NOTIFICATION_INAPP_TOPIC`, 'cleanup.policy', 'compact');
    },
  },
  {
    name: 'START_FROM is needed',
    code: 2,
    prepare: async (stack, prefix) => {
      await ready(stack, prefix);
      await produce(stack, `${prefix}TASK_EVENT_TOPIC`, 0);
    },
    env: { START_FROM: '' },
  },
  {
    name: 'the changelog is of another format',
    code: 1,
    prepare: async (stack, prefix) => {
      await ready(stack, prefix);
      await create(stack, `${prefix}app-dedup-changelog`);
      await produce(stack, `${prefix}app-dedup-changelog`, PARTITIONS - 1);
    },
    env: { MAX_TASKS: String(PARTITIONS) },
  },
];

/** Everything is there, and records wait. */
export const SOUND: Scene = {
  name: 'terminated',
  code: 0,
  prepare: async (stack, prefix) => {
    await ready(stack, prefix);
    for (let partition = 0; partition < PARTITIONS; partition += 1)
      await produce(stack, `${prefix}TASK_EVENT_TOPIC`, partition);
  },
};

async function ready({ kafkaBrokers, schemaRegistryUrl }: Stack, prefix: string): Promise<void> {
  await createTopics(kafkaBrokers, prefix, PARTITIONS);
  await registerSchemas(new RegistryClient({ url: schemaRegistryUrl }), SOURCES, (topic) =>
    topic === 'USER_DIRECTORY' ? `${prefix}app-user-directory` : prefix + topic,
  );
}

async function create({ kafkaBrokers }: Stack, topic: string): Promise<void> {
  const admin = testKafka(kafkaBrokers).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: PARTITIONS }] });
  await admin.disconnect();
}

async function configure({ kafkaBrokers }: Stack, topic: string, name: string, value: string): Promise<void> {
  const admin = testKafka(kafkaBrokers).admin();
  await admin.connect();
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] }],
  });
  await admin.disconnect();
}

/** Records that are dead letters as a source, and no entries as a changelog. */
async function produce({ kafkaBrokers }: Stack, topic: string, partition: number): Promise<void> {
  const producer = testKafka(kafkaBrokers).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const messages = Array.from({ length: 200 }, (_, at) => ({
    key: `${at}`,
    value: Buffer.from([255, 1, 2]),
    partition,
  }));
  await producer.send({ topic, messages });
  await producer.disconnect();
}
