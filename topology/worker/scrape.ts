/** What /metrics answers: collected once for all who ask within a second. */
import type { Registry } from 'prom-client';

/** A scrape is answered with one that is no older. */
export const FRESH_MS = 1000;

/** What has gauges that are brought up to date before they are collected. */
export interface Measured {
  measure(): Promise<void>;
}

export interface ScrapeOptions {
  readonly registry: Registry;
  readonly measured: Measured;
  /** Monotonic, ms. */
  readonly now: () => number;
}

export class Scrape {
  readonly #options: ScrapeOptions;
  #collected: Promise<string> | undefined;
  /** Infinity while it is being collected. */
  #staleAt = -Infinity;

  constructor(options: ScrapeOptions) {
    this.#options = options;
  }

  get contentType(): string {
    return this.#options.registry.contentType;
  }

  /** Rejects when a metric cannot be collected; after a second it is tried again. */
  text(): Promise<string> {
    if (this.#collected === undefined || this.#options.now() >= this.#staleAt) this.#collected = this.#collect();
    return this.#collected;
  }

  async #collect(): Promise<string> {
    this.#staleAt = Infinity;
    try {
      await this.#options.measured.measure();
      return await this.#options.registry.metrics();
    } finally {
      this.#staleAt = this.#options.now() + FRESH_MS;
    }
  }
}
