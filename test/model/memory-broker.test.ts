/** The in-memory broker passes the contract that a real one passes in test/integration/broker-contract.test.ts. */
import { brokerContract } from './broker-contract.js';
import { createMemoryCluster, type Network } from './memory-broker/memory-cluster.js';
import { MemoryBroker } from './memory-broker/memory-broker.js';
import type { Scheduler } from './memory-broker/scheduler.js';

/** In real time, as brokers do it. */
const scheduler: Scheduler = {
  now: () => Date.now(),
  later: (_, run, afterMs = 0) => void setTimeout(run, afterMs).unref(),
};

/** Everything arrives. */
const network: Network = {
  async exchange(_, serve) {
    await new Promise((resolve) => setImmediate(resolve));
    return serve();
  },
};

brokerContract(() => {
  const broker = new MemoryBroker(scheduler);
  return {
    prefix: '',
    timeoutSlackMs: 1_000,
    createCluster: () => createMemoryCluster(broker, network),
    createTopic: (topic, partitions) => {
      broker.createTopic(topic, partitions);
      return Promise.resolve();
    },
    recreateTopic: (topic, partitions) => {
      broker.deleteTopic(topic);
      broker.createTopic(topic, partitions);
      return Promise.resolve();
    },
    deleteRecords: (topic, before) => {
      broker.log(topic, 0).deleteBefore(before);
      return Promise.resolve();
    },
  };
});
