/** Secrets and certificates while a worker runs: read again when their files change, and said when they end or cannot be used. */
import { setTimeout as delay } from 'node:timers/promises';
import { endOfCertificates } from '../../common/certificates.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import type { Live } from './connection-settings.js';

/**
 * By content: a look at times and links would miss what Kubernetes does, which changes the link of a folder above. A secret
 * that is needed for an authentication is read then as well.
 */
const LOOK_AGAIN_MS = 5000;
const DAY_MS = 86_400_000;
/** How long before its end a certificate is warned of, each day. */
const WARNED_MS = 30 * DAY_MS;

export interface SecretWatchOptions {
  readonly live: Live;
  readonly metrics: Pick<Metrics, 'certificate_expiry_timestamp_seconds'>;
  readonly log: Logger;
  /** ms since the epoch. */
  readonly now?: () => number;
}

export class SecretWatch {
  readonly #live: Live;
  readonly #metrics: SecretWatchOptions['metrics'];
  readonly #log: Logger;
  readonly #now: () => number;
  /** What the log has said last, by what it is about: said once. */
  readonly #said = new Map<string, string>();
  readonly #warnedAt = new Map<string, number>();
  /** When each certificate ends, by its text, which hardly ever changes. */
  readonly #ends = new Map<string, { readonly pem: string; readonly endsAt: number | undefined }>();

  constructor(options: SecretWatchOptions) {
    this.#live = options.live;
    this.#metrics = options.metrics;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
    this.#measure();
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // An abort is the end, and no fault.
      await delay(LOOK_AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
      await this.look();
    }
  }

  async look(): Promise<void> {
    const { texts, tls, tokens } = this.#live;
    await texts.refresh(this.#log);
    this.#say('certificate', tls?.fault, 'a changed certificate or key cannot be used: the last ones stay');
    this.#say('token', tokens?.fault, 'no new token can be had: the last one is used until it ends');
    this.#measure();
  }

  #say(about: string, fault: string | undefined, message: string): void {
    const before = this.#said.get(about);
    if (fault === before) return;
    if (fault !== undefined) this.#log.warn({ error: fault }, message);
    else this.#log.info({ about }, 'what could not be used or had is mended');
    if (fault === undefined) this.#said.delete(about);
    else this.#said.set(about, fault);
  }

  #measure(): void {
    const { texts, tls } = this.#live;
    const ours = tls?.used;
    const used: readonly (readonly [name: string, pem: string | undefined])[] = [
      ['client', ours?.cert],
      ['ca', ours?.ca],
      ['registry-ca', texts.get('SCHEMA_REGISTRY_CA')?.current],
      ['token-ca', texts.get('KAFKA_OAUTH_CA')?.current],
    ];
    for (const [certificate, pem] of used) {
      const endsAt = pem && this.#endOf(certificate, pem);
      if (!endsAt) continue;
      this.#metrics.certificate_expiry_timestamp_seconds.set({ certificate }, endsAt / 1000);
      this.#warn(certificate, endsAt);
    }
  }

  #endOf(certificate: string, pem: string): number | undefined {
    const known = this.#ends.get(certificate);
    if (known?.pem === pem) return known.endsAt;
    const endsAt = endOfCertificates(pem);
    this.#ends.set(certificate, { pem, endsAt });
    return endsAt;
  }

  #warn(certificate: string, endsAt: number): void {
    const now = this.#now();
    if (endsAt - now > WARNED_MS || now - (this.#warnedAt.get(certificate) ?? -Infinity) < DAY_MS) return;
    this.#warnedAt.set(certificate, now);
    const days = Math.floor((endsAt - now) / DAY_MS);
    const when = { certificate, endsAt: new Date(endsAt).toISOString(), days };
    this.#log.warn(when, endsAt <= now ? 'a certificate has ended: renew it' : 'a certificate ends soon: renew it');
  }
}
