/** The in-memory cluster (test/model/memory-broker) as tests of the client use it, with a network that notes and meddles. */
import { MemoryBroker, type MemoryBrokerOptions } from '../../../model/memory-broker/memory-broker.js';
import { createMemoryCluster, type Api, type Sent } from '../../../model/memory-broker/memory-cluster.js';
import type { Scheduler } from '../../../model/memory-broker/scheduler.js';
import type { Cluster } from '../../../../topology/kafka/protocol/internals.js';
import { textsAt } from './records/log-segment.js';

/** What brokers do in a moment they do at once; what takes a while takes that long. */
const A_MOMENT_MS = 2;
const scheduler: Scheduler = {
  now: () => performance.now(),
  later: (_, run, afterMs = 0) => {
    if (afterMs <= A_MOMENT_MS) queueMicrotask(run);
    else setTimeout(run, afterMs).unref();
  },
};

interface Asked extends Sent {
  readonly api: Api;
}

export class MemoryKafka {
  readonly broker: MemoryBroker;
  readonly topics: readonly string[];
  /** In the order in which requests came to the network. */
  readonly asked: Asked[] = [];
  /** Before a request arrives: throws for a connection that is lost. */
  meddle: (asked: Asked) => Promise<void> | void = () => undefined;

  constructor(topics: Readonly<Record<string, number>>, options: MemoryBrokerOptions = {}) {
    this.broker = new MemoryBroker(scheduler, options);
    this.topics = Object.keys(topics);
    for (const [topic, partitions] of Object.entries(topics)) this.broker.createTopic(topic, partitions);
  }

  cluster(): Cluster {
    return createMemoryCluster(this.broker, {
      exchange: async (api, serve, sent = {}) => {
        const asked = { api, ...sent };
        this.asked.push(asked);
        await this.meddle(asked);
        const answer = await serve();
        // A turn of the event loop, as an answer over a socket takes.
        await new Promise(setImmediate);
        return answer;
      },
    });
  }

  count(api: Api): number {
    return this.asked.filter((one) => one.api === api).length;
  }

  /** Texts that a read_committed reader would be given. */
  committed(topic: string, partition: number): (string | undefined)[] {
    return this.broker
      .log(topic, partition)
      .records('committed')
      .map(({ value }) => value?.toString());
  }

  /** Appends records outside of any transaction, a batch each, until partition 0 has so many. */
  fill(topic: string, end: number): void {
    const log = this.broker.log(topic, 0);
    while (log.endOffset < end) this.broker.append(topic, 0, textsAt(0, [topic]), 'join');
  }
}

/** As kafkajs says that a connection was lost. */
export function connectionLost(what: string): Error {
  return Object.assign(new Error(what), { name: 'KafkaJSConnectionError' });
}
