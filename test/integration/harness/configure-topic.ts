/** Changes one setting of a topic, as its owner would. */
import { ConfigResourceTypes } from './kafkajs-constants.js';
import { testStack } from './test-stack.js';
import { testKafka } from './topics.js';

export async function configureTopic(topic: string, name: string, value: string): Promise<void> {
  const admin = testKafka(testStack().kafkaBrokers).admin();
  await admin.connect();
  try {
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] };
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
  } finally {
    await admin.disconnect();
  }
}
