/** Changes one setting of a topic, as its owner would. */
import { ConfigResourceTypes } from './kafkajs-constants.js';
import { testStack } from './test-stack.js';
import { testKafka } from './topics.js';
import { until } from './until.js';

export async function configureTopic(topic: string, name: string, value: string): Promise<void> {
  const admin = testKafka(testStack().kafkaBrokers).admin();
  await admin.connect();
  try {
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] };
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
    // The controller has it; the broker hears of it a moment later.
    await until(`${topic} has ${name}=${value}`, async () => {
      const asked = { type: ConfigResourceTypes.TOPIC, name: topic, configNames: [name] };
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [asked] });
      return resources[0]?.configEntries.some(({ configValue }) => configValue === value);
    });
  } finally {
    await admin.disconnect();
  }
}
