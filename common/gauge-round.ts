/**
 * The gauges of one scrape. Several that measure the same, two topologies on one worker, are put together; what nobody
 * has measured this time is gone.
 */
import type { Gauge } from 'prom-client';

type Labels = Readonly<Record<string, string | number>>;

export class GaugeRound {
  readonly #measured = new Map<Gauge, Map<string, { readonly labels: Labels; value: number }>>();

  /** These are measured in this round, also where nothing of them is there. */
  begin(...gauges: readonly Gauge[]): void {
    for (const gauge of gauges) if (!this.#measured.has(gauge)) this.#measured.set(gauge, new Map());
  }

  /** Adds to what others have measured under these labels. */
  add(gauge: Gauge, labels: Labels, value: number): void {
    this.#put(gauge, labels, value, (a, b) => a + b);
  }

  /** The largest of what is measured under these labels counts. */
  max(gauge: Gauge, labels: Labels, value: number): void {
    this.#put(gauge, labels, value, Math.max);
  }

  /** Sets the gauges. */
  publish(): void {
    for (const [gauge, values] of this.#measured) {
      gauge.reset();
      for (const { labels, value } of values.values()) gauge.set(labels, value);
    }
  }

  #put(gauge: Gauge, labels: Labels, value: number, combine: (a: number, b: number) => number): void {
    this.begin(gauge);
    const values = this.#measured.get(gauge)!;
    const key = JSON.stringify(labels);
    const found = values.get(key);
    if (found) found.value = combine(found.value, value);
    else values.set(key, { labels, value });
  }
}
