/** The demo as a newcomer meets it: the built command, a real browser on its page, and its own verdict at the end. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorker, type WorkerProcess } from '../integration/harness/worker.js';
import { until } from '../integration/harness/until.js';
import { launchBrowser } from './browser.js';

const RATE = 60;

let demo: WorkerProcess;
let browser: Browser;
let page: Page;
let address: string;
let beganAt: number;
const errors: string[] = [];

beforeAll(async () => {
  demo = startWorker({ env: {}, args: ['demo', '--port', '0', '--rate', String(RATE)] });
  browser = await launchBrowser();
  address = await until('the demo says where its page is', () => firstMatch(/^page: +(http:\S+)$/), 60_000);
  beganAt = performance.now();
  page = await browser.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);
});
afterAll(() => browser.close());

/** What the first line that matches says. */
function firstMatch(pattern: RegExp): string | undefined {
  return demo.lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined);
}

const cards = (): Promise<number> => page.locator('.card').count();

describe('the demo page', () => {
  it('shows whose notifications they are, and that it is live', async () => {
    const session = (await (await fetch(`${address}session`)).json()) as Record<string, string>;
    await page.locator('#state[data-state=live]').waitFor();
    expect(await page.textContent('#user')).toBe(
      `${session['name']} · user ${session['userId']} of tenant ${session['tenantId']}`,
    );
  });

  it('shows notifications as they arrive, each confirmed', async () => {
    await until('a first notification arrives', async () => (await cards()) > 0);
    const before = await cards();
    await until('more of them arrive without a reload', async () => (await cards()) >= before + 3);
    await page.locator('.card .ack[data-done]').first().waitFor();
    const texts = await page.locator('.card .title').allTextContents();
    expect(texts.every((text) => text.trim() !== '')).toBe(true);
  });

  it('takes them as read on a click', async () => {
    const unread = async (): Promise<number> => page.locator('.card:not([data-read])').count();
    await page.locator('#read-all').click();
    const left = await unread();
    expect(await page.locator('.card[data-read]').count()).toBeGreaterThan(0);
    // Others may have come since the click; none of those before it is left.
    expect(left).toBeLessThan(await cards());
  });

  it("shows another user's when told to, and none of the first one's", async () => {
    const users = (await (await fetch(`${address}users`)).json()) as Record<string, string>[];
    const other = await browser.newPage();
    await other.goto(`${address}?user=${users[1]!['userId']}`);
    await other.locator('#state[data-state=live]').waitFor();
    expect(await other.textContent('#user')).toContain(users[1]!['userId']);
    await other.close();
  });
});

describe('the demo', () => {
  it('ends at Ctrl-C with exit code 0 and a summary that adds up, the page counted by logging_tracker', async () => {
    // One record in eighty cannot be read.
    await until('a dead letter has come', () => firstMatch(/ ([1-9]\d*) dead letters/));
    const seconds = (performance.now() - beganAt) / 1000;
    demo.kill('SIGINT');
    const { code } = await demo.exited;
    const summary = demo.lines.slice(demo.lines.findIndex((line) => line.startsWith('IN '))).join('\n');
    expect(summary, summary).toContain('Everything adds up.');
    expect(code).toBe(0);
    expect(numbersOf('all')[0]).toBe(
      numbersOf('all')
        .slice(1)
        .reduce((sum, count) => sum + count, 0),
    );
    expect(numbersOf('all')[0]).toBeGreaterThanOrEqual(seconds * RATE * 0.8);
    for (const output of ['in-app', 'e-mail', 'push', 'delivered', 'dead letter']) {
      const [expected, seen] = numbersOf(output);
      expect(seen, output).toBe(expected);
      expect(seen, output).toBeGreaterThan(0);
    }
    expect(numbersOf('confirmed by the page')[0]).toBeGreaterThanOrEqual(4);
    expect(errors).toEqual([]);
  });
});

/** The numbers of a row of the summary. */
function numbersOf(row: string): number[] {
  const line = demo.lines.findLast((one) => one.startsWith(row)) ?? '';
  return (line.slice(row.length).match(/\b\d+\b/g) ?? []).map(Number);
}
