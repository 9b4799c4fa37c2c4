import { describe, expect, it } from 'vitest';

import type { Cluster } from '../../../../../topology/kafka/protocol/internals.js';
import { Leaders } from '../../../../../topology/kafka/cluster/leaders.js';
import { MemoryKafka } from '../memory-kafka.js';

/** Answers about the topics of the question that was on its way first, as kafkajs's shared refresh does. */
class SharedMetadata {
  readonly #targets = new Set<string>();
  #known: string[] = [];
  #asking: Promise<void> | undefined;
  answer: () => void = () => undefined;

  cluster(): Cluster {
    return {
      addMultipleTargetTopics: (topics: string[]) => {
        for (const topic of topics) this.#targets.add(topic);
        return this.#refresh();
      },
      refreshMetadata: () => this.#refresh(),
      findTopicPartitionMetadata: (topic: string) =>
        this.#known.includes(topic) ? [{ partitionId: 0, leader: 7 }] : [],
    } as unknown as Cluster;
  }

  #refresh(): Promise<void> {
    return (this.#asking ??= this.#ask([...this.#targets]));
  }

  async #ask(topics: string[]): Promise<void> {
    await new Promise<void>((resolve) => (this.answer = resolve));
    this.#known = topics.filter((topic) => topic !== 'missing');
    this.#asking = undefined;
  }
}

async function answering<T>(metadata: SharedMetadata, work: Promise<T>): Promise<T> {
  const answers = setInterval(() => metadata.answer(), 1);
  try {
    return await work;
  } finally {
    clearInterval(answers);
  }
}

it('knows a topic that was added while the brokers were asked about others', async () => {
  const metadata = new SharedMetadata();
  const leaders = new Leaders(metadata.cluster());
  await answering(metadata, Promise.all([leaders.track(['sources']), leaders.track(['in-app'])]));
  expect(leaders.partitionCount('in-app')).toBe(1);
  expect(leaders.leaderOf('sources', 0)).toBe(7);
});

describe('a topic that was deleted', () => {
  it('fails a question at first, when a broker may not have heard of it, then hides nothing of the others', async () => {
    let now = 0;
    const kafka = new MemoryKafka({ tasks: 1, crm: 1 });
    const leaders = new Leaders(kafka.cluster(), () => now);
    await leaders.track(['tasks', 'crm']);
    kafka.broker.deleteTopic('tasks');
    await expect(leaders.refresh()).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' });
    now = 2999;
    await expect(leaders.refresh()).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' });
    now = 3000;
    await leaders.refresh();
    expect([leaders.partitionCount('tasks'), leaders.partitionCount('crm')]).toEqual([0, 1]);
  });

  it('is known again when it is recreated', async () => {
    let now = 0;
    const kafka = new MemoryKafka({ tasks: 1, crm: 1 });
    const leaders = new Leaders(kafka.cluster(), () => now);
    await leaders.track(['tasks', 'crm']);
    kafka.broker.deleteTopic('tasks');
    await leaders.refresh().catch(() => undefined);
    now = 3000;
    await leaders.refresh();
    kafka.broker.createTopic('tasks', 1);
    await leaders.refresh();
    expect(leaders.partitionCount('tasks')).toBe(1);
    // Gone once more, it has its time again.
    kafka.broker.deleteTopic('tasks');
    await expect(leaders.refresh()).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' });
  });
});

it('says which topic the brokers do not mention, as something to be asked again', async () => {
  const metadata = new SharedMetadata();
  const leaders = new Leaders(metadata.cluster());
  await expect(answering(metadata, leaders.track(['missing']))).rejects.toMatchObject({
    type: 'UNKNOWN_TOPIC_OR_PARTITION',
    message: expect.stringContaining('missing') as string,
  });
});
