import { brokerFault } from '../../../../topology/kafka/cluster/broker-fault.js';
import { Connections } from '../../../../topology/kafka/connections.js';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { parseConfig } from '../../../../topology/worker/config.js';
import { OutageError } from '../../../../common/errors.js';
import { BrokerError } from '../../../../topology/kafka/protocol/protocol-errors.js';
import { Outages } from '../../../../common/outages.js';

it('says that nobody waits any more when a broker has answered, also when it answered that it will not do it', async () => {
  const log = pino({ level: 'silent' });
  const config = parseConfig({ KAFKA_BROKERS: '127.0.0.1:1' });
  const outages = new Outages(brokerFault, log);
  const connections = new Connections(config.kafka, config.maxRecordBytes, outages, log);
  const answers: Error[] = [new OutageError('away'), new BrokerError(29, 'DescribeConfigs')];
  const asked = connections.patiently(
    () => Promise.reject(answers.shift()!),
    'start',
    (error) => error instanceof OutageError,
  );
  await new Promise(setImmediate);
  expect(outages.reason()?.waiter).toBe('start');
  await expect(asked).rejects.toBeInstanceOf(BrokerError);
  expect(outages.reason()).toBeUndefined();
  await connections.close();
});

it('any number of tasks wait for the brokers without Node taking them for a leak', async () => {
  const warnings: Error[] = [];
  process.on('warning', (warning) => warnings.push(warning));
  const log = pino({ level: 'silent' });
  const config = parseConfig({ KAFKA_BROKERS: '127.0.0.1:1' });
  const connections = new Connections(config.kafka, config.maxRecordBytes, new Outages(brokerFault, log), log);
  const waiting = Array.from({ length: 20 }, (_, task) =>
    connections.patiently(() => Promise.reject(new OutageError('away')), `task ${task}`),
  );
  const ends = Promise.allSettled(waiting);
  await new Promise(setImmediate);
  await connections.close();
  expect((await ends).map(({ status }) => status)).toEqual(waiting.map(() => 'rejected'));
  await new Promise(setImmediate);
  expect(warnings).toEqual([]);
});
