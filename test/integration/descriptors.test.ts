/** Strangers who open every connection that they can: the worker starts, works and answers all the same. */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

import { prepareEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { byLabels, readinessOf, scrape } from './harness/scrape.js';
import { TestSocket } from './harness/socket.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';

const OPEN_FILES = 256;
const STRANGERS = 150;
const LATE_LOADS = join(import.meta.dirname, 'preload', 'late-loads.mjs');

/** Keeps so many connections open, each that is closed in its place again. */
function keepConnected(port: number, count: number): void {
  const sockets = new Set<Socket>();
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
    for (const socket of sockets) socket.destroy();
  });
  const come = (): void => {
    if (isOver) return;
    const socket = connect(port, '127.0.0.1');
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      setTimeout(come, 2000);
    });
  };
  for (let index = 0; index < count; index += 1) come();
}

it(
  'a worker under a crowd of strangers from its first moment on becomes ready, works, and does not end',
  { timeout: 240_000 },
  async () => {
    const test = await prepareEnvironment('crowd', 2);
    const worker = startWorker({ env: test.env(), openFiles: OPEN_FILES });
    const { http, gateway } = await worker.ports();
    keepConnected(http, STRANGERS);
    keepConnected(gateway!, STRANGERS);
    await worker.ready();
    await produceAll(
      test.prefix,
      ['a', 'b', 'c'].map((eventId) => messagesOf(test).task({ eventId })),
    );
    await untilProcessed(test.prefix);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['a', 'b', 'c']);
    // When strangers come again, the oldest connections are ended, ours among them: then it is asked again.
    const samples = await until('a scrape is answered', () => scrape(worker));
    expect(byLabels(samples, 'http_dropped_total')['']).toBeGreaterThan(0);
    expect(byLabels(samples, 'upgrades_refused_total')['connections']).toBeGreaterThan(0);
    expect((await until('readiness is answered', () => readinessOf(worker))).status).toBe(200);
    const [warning] = worker.logged(
      'the limit on open files is low: raise it (ulimit -n, LimitNOFILE= of the systemd unit, the ulimits of the container)',
    );
    expect(warning).toMatchObject({ limit: OPEN_FILES, wanted: 24_512 });
    expect((await worker.stop()).code).toBe(0);
  },
);

it('a worker reads no code from files once somebody can connect to it', { timeout: 120_000 }, async () => {
  const test = await prepareEnvironment('late-loads', 1);
  const { task, request, user } = messagesOf(test);
  const worker = startWorker({ env: test.env(), nodeArgs: ['--import', LATE_LOADS] });
  const { gateway } = await worker.ready();
  const socket = await TestSocket.open(gateway!, 1n, 7n);
  await produceAll(test.prefix, [
    user({ eventId: 'user', email: 'a@example.com' }),
    task({ eventId: 'seen', tenantId: 1n, assignedTo: 7n }),
    task({ eventId: 'poison', tenantId: 0n }),
    request({ eventId: 'mail', channels: ['EMAIL', 'PUSH'] }),
  ]);
  await until('it came', () => socket.eventIds.includes('seen'));
  socket.send({
    type: 'ack',
    id: socket.messages.find(({ notification }) => notification)!.notification!.notificationId,
  });
  await untilProcessed(test.prefix);
  await scrape(worker);
  expect((await worker.stop()).code).toBe(0);
  expect(worker.lines.filter((line) => line.startsWith('late load'))).toEqual([]);
});
