/** A worker that knows addresses of IPv6 alone, and several of the registry, of which the first is away. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { prepareEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { tokenFor } from './harness/socket.js';
import { testStack } from './harness/test-stack.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const ends: (() => void)[] = [];
afterAll(() => ends.forEach((end) => end()));

/** The port on ::1 that leads to this one of 127.0.0.1. */
async function passOn(target: number): Promise<number> {
  const server = createServer((from) => {
    const to = connect(target, '127.0.0.1');
    from.pipe(to).pipe(from);
    for (const socket of [from, to]) socket.on('error', () => [from, to].forEach((one) => one.destroy()));
    ends.push(() => from.destroy());
  });
  await once(server.listen(0, '::1'), 'listening');
  ends.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

it.runIf(hasIPv6)('a worker listens on ::1, and finds the broker and the registry there', async () => {
  const test = await prepareEnvironment('ipv6', 1);
  const { kafkaBrokers, schemaRegistryUrl } = testStack();
  const registry = new URL(schemaRegistryUrl);
  const env = test.env('a', {
    KAFKA_BROKERS: `[::1]:${await passOn(Number(kafkaBrokers.split(':')[1]))}`,
    SCHEMA_REGISTRY_URL: `http://[::1]:1,http://[::1]:${await passOn(Number(registry.port))}${registry.pathname}`,
    HTTP_HOST: '::1',
    GATEWAY_HOST: '[::1]',
  });
  const register = startWorker({ env, args: ['schemas', 'register'] });
  expect(await register.exited, register.lines.join('\n')).toEqual({ code: 0, signal: null });
  expect(register.lines.every((line) => line.startsWith('already-there'))).toBe(true);

  const worker = startWorker({ env });
  const { http, gateway } = await worker.ports();
  await until('it is ready', async () => (await fetch(`http://[::1]:${http}/readyz`)).ok);
  await produceAll(test.prefix, [messagesOf(test).task({ eventId: 'e' })]);
  await untilProcessed(test.prefix);
  expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['e']);

  const socket = new WebSocket(`ws://[::1]:${gateway}/v1/ws`, ['v1', `bearer.${await tokenFor(1n, 7n)}`], {
    origin: `http://[::1]:3000`,
  });
  await once(socket, 'open');
  socket.close();
  expect((await worker.stop()).code).toBe(0);
  expect(worker.logged('the schema registry is asked at its address 2')).toHaveLength(1);
});
