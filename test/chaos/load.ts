/** The load on the sources: the Java client's idempotent producer in a process of its own, at a steady rate. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { compileOracle } from '../../dev/oracle/compile.js';
import type { Sent } from '../integration/harness/workload.js';

/** Where a record was appended. */
export interface Acknowledged {
  readonly sent: Sent;
  readonly partition: number;
  readonly offset: number;
}

export interface LoadOptions {
  readonly brokers: string;
  readonly prefix: string;
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** Given: records go in transactions, which `end` ends. */
  readonly transactionalId?: string;
}

const TICK_MS = 50;
/** The share that is kept for a fault that takes long, and how long it lasts. */
const RESERVE = 0.15;
const RESERVE_SECONDS = 90;

export class Load {
  readonly acknowledged: Acknowledged[] = [];
  readonly #prefix: string;
  readonly #child: ChildProcess;
  readonly #sent: Sent[] = [];
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess, prefix: string) {
    this.#child = child;
    this.#prefix = prefix;
    let complaint = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.stdin!.on('error', () => undefined); // its exit code tells why
    createInterface({ input: child.stdout! }).on('line', (line) => this.#acknowledge(line));
    this.#ended = new Promise((resolve, reject) => {
      child.once('close', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`The load ended with ${code}: ${complaint.slice(-2000)}`));
      });
    });
    this.#ended.catch(() => undefined); // reported by finish()
  }

  static async start({ brokers, prefix, compression = 'none', transactionalId }: LoadOptions): Promise<Load> {
    const { java, classPath } = await compileOracle({});
    const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.apache.logging.log4j.level=OFF'];
    const args = ['-cp', classPath, 'Load', brokers, compression, ...(transactionalId ? [transactionalId] : [])];
    return new Load(spawn(java, [...jvm, ...args], { stdio: ['pipe', 'pipe', 'pipe'] }), prefix);
  }

  send(records: readonly Sent[]): void {
    if (records.length === 0) return;
    this.#sent.push(...records);
    this.#child.stdin!.write(records.map((record) => this.#line(record)).join(''));
  }

  /** Ends the transaction of what was sent since the last one. */
  end(how: 'commit' | 'abort'): void {
    this.#child.stdin!.write(`${how}\n`);
  }

  /**
   * Sends at that many records a second, and at `rateAfter` once it is not needed any more; comes back with the last one
   * sent. While `isNeeded`, a reserve is kept and sent slowly: on a slow machine a fault may take longer than the load was
   * meant to.
   */
  async sendAt(
    { rate, rateAfter = rate }: { readonly rate: number; readonly rateAfter?: number },
    records: readonly Sent[],
    isNeeded: () => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const reserve = records.length * RESERVE;
    let next = 0;
    let due = 0;
    for (let last = performance.now(); next < records.length && !signal.aborted;) {
      await delay(TICK_MS);
      const isSlow = records.length - next <= reserve;
      const now = !isNeeded() ? rateAfter : isSlow ? reserve / RESERVE_SECONDS : rate;
      due += ((performance.now() - last) / 1000) * now;
      last = performance.now();
      const until = Math.min(records.length, Math.floor(due));
      this.send(records.slice(next, until));
      next = until;
    }
  }

  /** Waits until everything is acknowledged. Rejects when something could not be appended. */
  async finish(): Promise<void> {
    this.#child.stdin!.end();
    await this.#ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #line({ topic, message: { key, value, headers } }: Sent): string {
    const extra = Object.entries(headers ?? {}).map(([name, content]) => `\t${name}=${base64(content as string)}`);
    return `${this.#prefix}${topic}\t${base64(key)}\t${base64(value)}${extra.join('')}\n`;
  }

  #acknowledge(line: string): void {
    const [index, partition, offset] = line.split('\t').map(Number);
    this.acknowledged.push({ sent: this.#sent[index!]!, partition: partition!, offset: offset! });
  }
}

function base64(bytes: string | Buffer | null | undefined): string {
  return bytes === null || bytes === undefined ? '-' : Buffer.from(bytes as string).toString('base64');
}
