import { brokerFault } from '../../../../topology/kafka/cluster/broker-fault.js';
import { Connections } from '../../../../topology/kafka/connections.js';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { parseConfig } from '../../../../topology/worker/config.js';
import { OutageError } from '../../../../common/errors.js';
import { Outages } from '../../../../common/outages.js';

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
