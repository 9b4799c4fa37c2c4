import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../../../common/errors.js';
import { KAFKA_APIS, KAFKA_LONG_POLLS } from '../../../../../common/label-values.js';
import { createMetrics } from '../../../../../common/metrics.js';
import { meterRequests } from '../../../../../topology/kafka/cluster/request-meter.js';
import { ApiKey } from '../../../../../topology/kafka/protocol/api-keys.js';
import { ErrorCode } from '../../../../../topology/kafka/protocol/error-codes.js';
import type { Cluster, ConnectionPool, RawRequest } from '../../../../../topology/kafka/protocol/internals.js';
import { BrokerError } from '../../../../../topology/kafka/protocol/protocol-errors.js';
import { kafkaRequests } from '../../../../../topology/worker/process-metrics.js';

/** Requests to brokers that answer so. */
async function rig(answer: () => Promise<unknown>) {
  const metrics = createMetrics(new Registry());
  const pool = { send: answer } as unknown as ConnectionPool;
  const cluster = { connectionPoolBuilder: { build: () => Promise.resolve(pool) } } as unknown as Cluster;
  meterRequests(cluster, kafkaRequests(metrics));
  const connections = await cluster.connectionPoolBuilder.build();
  const ask = (apiKey: number): Promise<unknown> =>
    connections.send({ request: { apiKey } } as unknown as RawRequest<unknown>).catch(messageOf);
  const counts = async (name: 'kafka_request_seconds' | 'kafka_request_errors_total') => {
    const { values } = await metrics[name].get();
    const some = values.filter(({ value, labels }) => value > 0 && (!('le' in labels) || labels['le'] === '+Inf'));
    return Object.fromEntries(some.map(({ labels, value }) => [labels['api'], value])) as Record<string, number>;
  };
  return { ask, counts };
}

describe('the requests to the brokers', () => {
  it('are counted by their names, answered or not, but for those that wait there by design', async () => {
    const { ask, counts } = await rig(() => Promise.resolve('an answer'));
    expect(await ask(ApiKey.Produce)).toBe('an answer');
    for (const key of [ApiKey.Produce, ApiKey.Fetch, ApiKey.JoinGroup, 9999]) await ask(key);
    expect(await counts('kafka_request_seconds')).toEqual({ Produce: 2, other: 1 });
    expect(await counts('kafka_request_errors_total')).toEqual({});
  });

  it('that fail are errors, those that wait too, and what they fail of is thrown', async () => {
    const { ask, counts } = await rig(() => Promise.reject(new Error('no broker')));
    for (const key of [ApiKey.EndTxn, ApiKey.Fetch]) expect(await ask(key)).toBe('no broker');
    expect(await counts('kafka_request_errors_total')).toEqual({ EndTxn: 1, Fetch: 1 });
  });

  it('to which a heartbeat hears that the group moves have not failed', async () => {
    const { ask, counts } = await rig(() =>
      Promise.reject(new BrokerError(ErrorCode.REBALANCE_IN_PROGRESS, 'Heartbeat')),
    );
    await ask(ApiKey.Heartbeat);
    expect(await counts('kafka_request_errors_total')).toEqual({});
    expect(await counts('kafka_request_seconds')).toEqual({ Heartbeat: 1 });
  });

  it('have names that the protocol has', () => {
    const names = [...KAFKA_APIS, ...KAFKA_LONG_POLLS].filter((name) => name !== 'other');
    expect(names.sort()).toEqual(Object.keys(ApiKey).sort());
  });
});
