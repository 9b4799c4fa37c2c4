/**
 * What the commit protocol rests on, asked of a broker through our own requests. The in-memory broker and a real one
 * answer alike: that is what makes the model's findings count.
 */
import { afterAll, beforeAll } from 'vitest';
import { VERSION_2 } from '../../topology/kafka/protocol/transaction-protocol.js';
import { BrokerClient } from './broker-client.js';
import { abortedRecords } from './broker-contract/aborted-records.js';
import { fencing } from './broker-contract/fencing.js';
import { groupOffsets, groups } from './broker-contract/groups.js';
import { logs } from './broker-contract/logs.js';
import { sequences } from './broker-contract/sequences.js';
import type { ContractBroker, Settings } from './broker-contract/setting.js';
import { topicIds } from './broker-contract/topic-ids.js';
import { transactions } from './broker-contract/transactions.js';
import { transactionsV2 } from './broker-contract/transactions-v2.js';

export function brokerContract(open: () => ContractBroker): void {
  let broker: ContractBroker;
  let client: BrokerClient;
  let other: BrokerClient;
  let second: BrokerClient;
  let named = 0;

  beforeAll(async () => {
    broker = open();
    client = new BrokerClient(broker.createCluster());
    other = new BrokerClient(broker.createCluster());
    second = new BrokerClient(broker.createCluster(), VERSION_2);
    await Promise.all([client.connect([]), other.connect([]), second.connect([])]);
  });
  afterAll(() => Promise.all([client.close(), other.close(), second.close()]));

  const setting: Settings = async () => {
    const topic = `${broker.prefix}contract-${(named += 1)}`;
    await broker.createTopic(topic, 2);
    await Promise.all([client.connect([topic]), second.connect([topic])]);
    return { client, other, second, broker, topic, group: `${topic}-group`, ids: [`${topic}-a`, `${topic}-b`] };
  };

  transactions(setting);
  transactionsV2(setting);
  fencing(setting);
  sequences(setting);
  abortedRecords(setting);
  groupOffsets(setting);
  groups(setting);
  logs(setting);
  topicIds(setting);
}
