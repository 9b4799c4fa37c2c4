import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FatalError } from '../../../topology/errors.js';
import { HttpEndpoint } from '../../../topology/http.js';
import { createMetrics, type Metrics } from '../../../topology/metrics.js';
import { Readiness } from '../../../topology/readiness.js';

describe('HttpEndpoint', () => {
  let endpoint: HttpEndpoint;
  let metrics: Metrics;
  let readiness: Readiness;
  let url: string;
  let port: number;
  let refresh = (): void => undefined;

  beforeEach(async () => {
    const registry = new Registry();
    metrics = createMetrics(registry);
    readiness = new Readiness(metrics);
    refresh = () => undefined;
    endpoint = new HttpEndpoint(registry, readiness, () => refresh());
    port = await endpoint.listen('127.0.0.1', 0);
    url = `http://127.0.0.1:${port}`;
  });
  afterEach(() => endpoint.close());

  it('is alive whatever waits', async () => {
    readiness.set('broker', 'nobody answers');
    const answer = await fetch(`${url}/livez`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'alive' }]);
  });

  it('is ready when nothing waits', async () => {
    readiness.set('tasks', 'no task yet');
    readiness.set('tasks', undefined);
    const answer = await fetch(`${url}/readyz?verbose`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ready' }]);
  });

  it('says for each part that waits why', async () => {
    let broker: string | undefined = 'fetch waits: connection refused';
    readiness.set('tasks', 'task 1 is restoring');
    readiness.probe('broker', () => broker);
    const waiting = await fetch(`${url}/readyz`);
    expect([waiting.status, await waiting.json()]).toEqual([
      503,
      { status: 'not ready', reasons: { tasks: 'task 1 is restoring', broker: 'fetch waits: connection refused' } },
    ]);
    broker = undefined;
    readiness.set('tasks', undefined);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('serves the metrics, brought up to date before', async () => {
    readiness.probe('registry', () => 'unreachable');
    refresh = () => metrics.buffered_records.set(42);
    const answer = await fetch(`${url}/metrics`);
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toContain('notification_streams_buffered_records 42');
    expect(text).toContain('notification_streams_ready{part="registry"} 0');
  });

  it('answers a HEAD without a body, and nothing but GET and HEAD', async () => {
    const head = await fetch(`${url}/readyz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(`${url}/readyz`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${url}/other`)).status).toBe(404);
  });

  it('names the port that can not be had', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const taken = (other.address() as AddressInfo).port;
    const second = new HttpEndpoint(new Registry(), readiness, () => undefined);
    const failed = second.listen('127.0.0.1', taken);
    await expect(failed).rejects.toThrow(`HTTP_PORT ${taken} on 127.0.0.1 can not be had`);
    await expect(failed).rejects.toBeInstanceOf(FatalError);
    other.close();
  });
});
