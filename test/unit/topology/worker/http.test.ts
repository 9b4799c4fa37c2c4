import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FatalError } from '../../../../common/errors.js';
import { HttpEndpoint } from '../../../../topology/worker/http.js';
import { createMetrics, type Metrics } from '../../../../common/metrics.js';
import { Readiness } from '../../../../common/readiness.js';
import { FIRST_LINES } from '../../../../common/sampled-log.js';
import type { Reason } from '../../../../common/reasons.js';

const MAX = 4;

describe('HttpEndpoint', () => {
  let endpoint: HttpEndpoint;
  let metrics: Metrics;
  let readiness: Readiness;
  let url: string;
  let port: number;
  let refresh = (): Promise<void> => Promise.resolve();
  let now = 0;
  const logged: string[] = [];
  const sockets: Socket[] = [];

  const create = (roles: Readiness['roles'] = ['stream', 'gateway']): HttpEndpoint => {
    const registry = new Registry();
    metrics = createMetrics(registry);
    readiness = new Readiness(metrics, roles);
    const log = pino({ level: 'info' }, { write: (line: string) => logged.push(line) });
    return new HttpEndpoint({
      registry,
      metrics,
      readiness,
      measured: { measure: () => refresh() },
      maxConnections: MAX,
      now: () => now,
      log,
    });
  };

  beforeEach(async () => {
    refresh = () => Promise.resolve();
    now = 0;
    logged.splice(0);
    endpoint = create();
    port = await endpoint.listen('127.0.0.1', 0);
    url = `http://127.0.0.1:${port}`;
  });
  afterEach(() => {
    endpoint.close();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  it('is alive whatever waits', async () => {
    readiness.set('broker', { code: 'no-broker' });
    const answer = await fetch(`${url}/livez`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'alive' }]);
  });

  it('says a few times that the metrics cannot be collected, however often anybody asks', async () => {
    refresh = () => Promise.reject(new Error('no'));
    const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${url}/metrics`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([500]));
    expect(logged).toHaveLength(FIRST_LINES);
  });

  it('is ready when nothing waits', async () => {
    readiness.set('tasks', { code: 'no-task' });
    readiness.set('tasks', undefined);
    const answer = await fetch(`${url}/readyz?verbose`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ready' }]);
  });

  it('has not started until it was ready once, says why, and has started from then on, whatever waits or ends', async () => {
    const started = async (): Promise<unknown> => {
      const answer = await fetch(`${url}/startupz`);
      return [answer.status, await answer.json()];
    };
    readiness.set('group', { code: 'not-joined' });
    expect(await started()).toEqual([503, { status: 'not started', reasons: { group: 'not joined yet' } }]);
    readiness.set('group', undefined);
    // Ready for the one moment in which another probe asked.
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    readiness.set('broker', { code: 'no-broker' });
    expect(await started()).toEqual([200, { status: 'started' }]);
    readiness.stop();
    expect(await started()).toEqual([200, { status: 'started' }]);
  });

  it('that stops before it was ever ready has not started', async () => {
    readiness.stop();
    const answer = await fetch(`${url}/startupz`);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: 'not started', reasons: { worker: 'it is stopping' } },
    ]);
  });

  it('says for each part that waits why', async () => {
    let broker: Reason | undefined = { code: 'no-leader', waiter: 'fetch', topic: 'orders', partition: 3 };
    readiness.set('tasks', { code: 'task-waits', tasks: [{ number: 1, state: 'restoring' }] });
    readiness.probe('broker', () => broker);
    const waiting = await fetch(`${url}/readyz`);
    expect([waiting.status, await waiting.json()]).toEqual([
      503,
      {
        status: 'not ready',
        reasons: { tasks: 'task 1 is restoring', broker: 'fetch waits: no broker leads it now: orders-3' },
      },
    ]);
    broker = undefined;
    readiness.set('tasks', undefined);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('is asked for one role, and then answers for what that needs alone', async () => {
    readiness.set('registry', { code: 'registry-failing' });
    const [all, stream, gateway] = await Promise.all(
      ['', '?role=stream', '?role=gateway'].map((query) => fetch(`${url}/readyz${query}`)),
    );
    expect([all!.status, stream!.status, gateway!.status]).toEqual([503, 503, 200]);
    expect(await stream!.json()).toEqual({ status: 'not ready', reasons: { registry: 'the schema registry fails' } });
  });

  it('refuses a role that it does not know, or that this worker does not have', async () => {
    for (const role of ['cook', '', 'toString']) {
      const answer = await fetch(`${url}/readyz?role=${role}`);
      expect([answer.status, await answer.json()]).toEqual([
        400,
        { error: 'expected a role of this worker: stream or gateway' },
      ]);
    }
    endpoint.close();
    endpoint = create(['gateway']);
    const other = `http://127.0.0.1:${await endpoint.listen('127.0.0.1', 0)}/readyz?role=stream`;
    const answer = await fetch(other);
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'expected a role of this worker: gateway' }]);
  });

  it('serves the metrics, brought up to date before', async () => {
    readiness.probe('registry', () => ({ code: 'registry-unreachable' }));
    refresh = () => Promise.resolve().then(() => metrics.buffered_records.set(42));
    const answer = await fetch(`${url}/metrics`);
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toContain('notification_streams_buffered_records 42');
    expect(text).toContain('notification_streams_ready{part="registry"} 0');
    expect(text).toContain('notification_streams_http_connections 1');
  });

  it('collects the metrics once for all who ask within a second', async () => {
    const collected = vi.fn(() => Promise.resolve());
    refresh = collected;
    const scrape = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    const [first, second] = await Promise.all([scrape(), scrape()]);
    expect(second).toBe(first);
    now = 999;
    metrics.buffered_records.set(7);
    expect(await scrape()).toBe(first);
    expect(collected).toHaveBeenCalledTimes(1);
    now = 1000;
    expect(await scrape()).toContain('notification_streams_buffered_records 7');
    expect(collected).toHaveBeenCalledTimes(2);
  });

  it('logs why the metrics cannot be collected, tells nobody else, and collects them again', async () => {
    refresh = () => Promise.reject(new Error('at /secret/place'));
    const answer = await fetch(`${url}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('secret')]);
    expect(logged.join()).toContain('at /secret/place');
    refresh = () => Promise.resolve();
    now = 1000;
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
  });

  it('answers a HEAD without a body, and nothing but GET and HEAD', async () => {
    const head = await fetch(`${url}/readyz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(`${url}/readyz`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${url}/other`)).status).toBe(404);
  });

  it('holds so many connections and no more: the oldest goes for the one that comes', async () => {
    const closed: number[] = [];
    for (let index = 0; index < MAX + 3; index += 1) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      sockets.push(socket);
      socket.on('close', () => closed.push(index));
      await new Promise((resolve) => socket.once('connect', resolve));
    }
    await vi.waitFor(() => expect(closed).toEqual([0, 1, 2]));
    // An operator is answered all the same.
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain(`notification_streams_http_connections ${MAX}`);
    expect(text).toContain('notification_streams_http_dropped_total 4');
  });

  it('ends a connection that says nothing, or not all, within seconds', { timeout: 20_000 }, async () => {
    const ends = ['', 'GET /livez HTTP/1.1\r\nHost: a\r\n'].map((text) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      sockets.push(socket);
      socket.on('error', () => undefined).resume();
      return new Promise((resolve) => socket.once('close', resolve));
    });
    await Promise.all(ends);
  });

  it('names the port that cannot be had', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const taken = (other.address() as AddressInfo).port;
    const second = create();
    const failed = second.listen('127.0.0.1', taken);
    await expect(failed).rejects.toThrow(`HTTP_PORT ${taken} on 127.0.0.1 cannot be had`);
    await expect(failed).rejects.toBeInstanceOf(FatalError);
    other.close();
  });
});
