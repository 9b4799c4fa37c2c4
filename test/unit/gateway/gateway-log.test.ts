/** Clients, and whoever writes in the in-app topic, must not fill the gateway's log. */
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { FIRST_LINES } from '../../../common/sampled-log.js';
import { messageOf, startGateway, type Harness, type HarnessOptions } from './harness.js';

let harness: Harness;
const lines: { msg: string }[] = [];
afterEach(async () => {
  await harness.gateway.close(0);
  lines.length = 0;
});

const start = async (options: HarnessOptions = {}): Promise<void> => {
  const log = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line) as { msg: string }) });
  harness = await startGateway({ ...options, log });
};

it('records of the in-app topic that go to nobody are logged by sample, each kind for itself', async () => {
  await start();
  const wrongKey = messageOf({}, { key: '1|8' });
  const tooLong = messageOf({ eventId: 'x'.repeat(100_000) });
  for (let times = 0; times < 50; times += 1) {
    harness.gateway.outgoing(wrongKey);
    harness.gateway.outgoing(tooLong);
  }
  expect(await harness.metric('socket_messages_total', { kind: 'dropped' })).toBe(100);
  expect(lines).toHaveLength(2 * FIRST_LINES);
});

it('acks that cannot be recorded are logged by sample, from whatever sockets they come', async () => {
  await start({ recorder: { record: () => Promise.reject(new Error('no broker answers')) } });
  for (let socket = 0; socket < 3; socket += 1) {
    const client = await harness.connect();
    harness.gateway.publish(messageOf({ notificationId: 5n }));
    await client.messages('notification');
    for (let times = 1; times <= 8; times += 1) {
      client.send({ type: 'ack', id: '5' });
      await client.messages('error', times);
    }
  }
  expect(lines.filter(({ msg }) => msg === 'ack failed')).toHaveLength(FIRST_LINES);
});
