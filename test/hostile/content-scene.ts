/** A worker that makes e-mails, pushes and in-app notifications of what it is sent. */
import { prepareEnvironment, type TestEnvironment } from '../integration/harness/environment.js';
import { messagesOf, type Messages } from '../integration/harness/messages.js';
import { produceAll, untilProcessed } from '../integration/harness/outcome.js';
import { readOutputs, type Outputs } from '../integration/harness/outputs.js';
import { byLabels, scrape } from '../integration/harness/scrape.js';
import type { Sent } from '../integration/harness/workload.js';
import { WatchedWorker } from './watched-worker.js';

export class ContentScene {
  readonly messages: Messages;
  readonly worker: WatchedWorker;
  readonly #test: TestEnvironment;
  #user = 5000n;

  private constructor(test: TestEnvironment) {
    this.#test = test;
    this.messages = messagesOf(test);
    this.worker = new WatchedWorker(test.env('worker', { ROLES: 'stream' }));
  }

  static async open(): Promise<ContentScene> {
    const scene = new ContentScene(await prepareEnvironment('hostile-content', 1));
    await scene.worker.process.ready();
    return scene;
  }

  /** A user of no other try. */
  nextUser(): bigint {
    this.#user += 1n;
    return this.#user;
  }

  /** Appends, waits until everything is committed, and gives what is on the outputs, of all tries. */
  async outputsOf(sent: readonly Sent[]): Promise<Outputs> {
    // Accounts first: what is tried here is what goes out, not how soon an account event routes others.
    const isAccount = ({ topic }: Sent): boolean => topic === 'USER_EVENT_TOPIC';
    for (const part of [sent.filter(isAccount), sent.filter((each) => !isAccount(each))]) {
      if (part.length === 0) continue;
      await produceAll(this.#test.prefix, part);
      await untilProcessed(this.#test.prefix, 60_000);
    }
    return readOutputs(this.#test.prefix);
  }

  async metrics(): Promise<Record<string, number>> {
    const samples = await scrape(this.worker.process);
    return Object.fromEntries(
      [...new Set(samples.map(({ name }) => name))].map((name) => [name, sum(byLabels(samples, name))]),
    );
  }

  async close(): Promise<void> {
    await this.worker.process.stop('SIGKILL');
  }
}

function sum(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((total, value) => total + value, 0);
}
