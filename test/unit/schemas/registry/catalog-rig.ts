/** A catalog on a scripted registry, with a clock that only its waits move. */
import { SOURCES } from '../../../../dev/contract/sources.js';
import { pino } from 'pino';
import { SchemaCatalog } from '../../../../schemas/registry/catalog.js';
import { RegistryClient } from '../../../../schemas/registry/registry-client.js';
import type { Wait } from '../../../../schemas/registry/wait.js';
import { StubRegistry } from './stub-registry.js';

/** Nobody leaves. */
export const never = new AbortController().signal;

export class CatalogRig {
  readonly stub: StubRegistry;
  readonly catalog: SchemaCatalog;
  /** How long each wait was, ms. */
  readonly waits: number[] = [];
  /** Messages of log lines. */
  readonly logged: string[] = [];
  now = 0;
  /** What happens while the catalog waits. */
  meanwhile: () => void = () => undefined;

  #isClosed = false;

  private constructor(stub: StubRegistry, ownSubject: string, timeoutMs: number) {
    this.stub = stub;
    const wait: Wait = async (ms, signal) => {
      if (this.#isClosed) await new Promise(() => undefined);
      this.waits.push(ms);
      this.now += ms;
      this.meanwhile();
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    };
    const write = (line: string): number => this.logged.push((JSON.parse(line) as { msg: string }).msg);
    this.catalog = new SchemaCatalog({
      client: new RegistryClient({ url: stub.url, timeoutMs }),
      sources: SOURCES,
      ownSubject,
      retryAttempts: 3,
      retryBackoffMs: 1000,
      wait,
      now: () => this.now,
      log: pino({ level: 'info' }, { write }),
    });
  }

  /** `timeoutMs`: of one question; short only for a registry that does not answer, since the machine may be busy. */
  static async start(timeoutMs = 5000): Promise<CatalogRig> {
    return new CatalogRig(await StubRegistry.start(), 'own-value', timeoutMs);
  }

  /** A question that nobody gave up is not asked again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.stub.close();
  }

  /** Paths that were asked for. */
  get paths(): string[] {
    return this.stub.asked.map(({ path }) => path);
  }
}
