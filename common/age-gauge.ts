/** A gauge of how long ago something happened last, reckoned when it is asked for; absent before the first time. */
import type { Metric, Registry } from 'prom-client';

export interface AgeGaugeOptions {
  readonly name: string;
  readonly help: string;
  readonly registers: readonly Registry[];
}

export class AgeGauge {
  readonly name: string;
  readonly help: string;
  readonly type = 'gauge';
  #at: number | undefined;

  constructor({ name, help, registers }: AgeGaugeOptions) {
    this.name = name;
    this.help = help;
    for (const registry of registers) registry.registerMetric(this as unknown as Metric);
  }

  /** It happens. */
  mark(): void {
    this.#at = performance.now();
  }

  reset(): void {
    this.#at = undefined;
  }

  /** What the registry asks for at a scrape. */
  get() {
    const { name, help, type } = this;
    const labels: Readonly<Record<string, string>> = {};
    const values = this.#at === undefined ? [] : [{ labels, value: (performance.now() - this.#at) / 1000 }];
    return Promise.resolve({ name, help, type, values });
  }
}
