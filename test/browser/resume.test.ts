/** A page that loses its gateway: what came meanwhile is on it when it is back, from another one. */
import type { Browser, Page as BrowserPage } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Page } from '../../dev/demo/page.js';
import type { Person } from '../../dev/simulators/staff.js';
import { prepareEnvironment, type TestEnvironment } from '../integration/harness/environment.js';
import { JWT_SECRET } from '../integration/harness/jwt-secret.js';
import { messagesOf } from '../integration/harness/messages.js';
import { produceAll, untilProcessed } from '../integration/harness/outcome.js';
import { readOutputs } from '../integration/harness/outputs.js';
import { until } from '../integration/harness/until.js';
import { startWorker, type WorkerProcess } from '../integration/harness/worker.js';
import { launchBrowser } from './browser.js';
import { Balancer } from './balancer.js';

const PERSON: Person = {
  tenantId: 1n,
  userId: 7n,
  fullName: 'Anna Berg',
  email: null,
  locale: 'en-US',
  timeZone: 'Europe/Berlin',
  deviceTokens: [],
  mutedChannels: [],
};

let test: TestEnvironment;
let balancer: Balancer;
let server: Page;
let address: string;
let browser: Browser;
let page: BrowserPage;

beforeAll(async () => {
  test = await prepareEnvironment('page', 2);
  balancer = new Balancer();
  await balancer.listen();
  server = new Page({ port: 0, gatewayPort: balancer.port, jwtSecret: JWT_SECRET, people: () => [PERSON] });
  address = await server.listen();
  browser = await launchBrowser();
  page = await browser.newPage();
});
afterAll(async () => {
  await browser.close();
  server.close();
  balancer.close();
});

const gateway = async (): Promise<WorkerProcess> => {
  const worker = startWorker({ env: test.env('gateway', { ROLES: 'gateway' }) });
  balancer.target = (await worker.ready()).gateway!;
  return worker;
};
const send = async (titles: readonly string[]): Promise<void> => {
  const { task } = messagesOf(test);
  for (const taskTitle of titles) await produceAll(test.prefix, [task({ eventId: taskTitle, taskTitle })]);
  await untilProcessed(test.prefix);
};
const confirmed = (): Promise<number> => page.locator('.card .ack[data-done]').count();
/** Newest first, as they stand on the page. */
const messages = (): Promise<string[]> => page.locator('.card .message').allTextContents();

it('shows what came while its gateway was gone, in order and once, and says nothing of a gap', async () => {
  const stream = startWorker({ env: test.env('stream', { ROLES: 'stream' }) });
  await stream.ready();
  const first = await gateway();
  await page.goto(address);
  await page.locator('#state[data-state=live]').waitFor();
  await send(['one']);
  await until('the first is shown', async () => (await messages()).length === 1);
  await until('it is confirmed', async () => (await confirmed()) === 1);

  balancer.target = undefined;
  first.kill('SIGKILL');
  await page.locator('#state[data-state=waiting]').waitFor();
  await send(['two', 'three', 'four']);
  expect(await messages()).toHaveLength(1);

  const second = await gateway();
  await page.locator('#state[data-state=live]').waitFor();
  await send(['five']);
  await until('the last is shown', async () => (await messages()).some((text) => text.includes("'five'")));
  const { inApp } = await readOutputs(test.prefix);
  expect(inApp).toHaveLength(5);
  expect(await messages()).toEqual(inApp.map(({ message }) => message).reverse());
  expect(await page.locator('#gap').isVisible()).toBe(false);
  await until('each is confirmed', async () => (await confirmed()) === 5);
  expect((await second.stop()).code).toBe(0);
  expect((await stream.stop()).code).toBe(0);
});

it('has an ack recorded that its gateway took to the grave', async () => {
  const stream = startWorker({ env: test.env('stream', { ROLES: 'stream' }) });
  await stream.ready();
  const first = await gateway();
  await page.goto(address);
  await page.locator('#state[data-state=live]').waitFor();
  balancer.muteClients();
  await send(['six']);
  await until('it is shown', async () => (await messages()).length === 1);

  balancer.target = undefined;
  first.kill('SIGKILL');
  await page.locator('#state[data-state=waiting]').waitFor();
  expect(await confirmed()).toBe(0);

  const second = await gateway();
  await until('it is confirmed', async () => (await confirmed()) === 1);
  expect(await messages()).toHaveLength(1);
  const { inApp, delivered } = await readOutputs(test.prefix);
  const { notificationId } = inApp.find(({ message }) => message.includes("'six'"))!;
  expect(
    delivered
      .filter((one) => one.notificationId === notificationId)
      .flatMap(({ deliveries }) => deliveries.map(({ status }) => status)),
  ).toContain('DELIVERED');
  expect((await second.stop()).code).toBe(0);
  expect((await stream.stop()).code).toBe(0);
});
