import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';

import { Handshakes } from '../../../gateway/handshakes.js';
import { createMetrics } from '../../../common/metrics.js';

/** Ends a socket that is upgraded while it is corked itself, as uWebSockets.js does when the socket keeps its address. */
class FakeResponse {
  state: 'open' | 'upgraded' | 'ended' = 'open';
  /** Upgrades outside of any cork: each is a line on standard error. */
  warnings = 0;
  isAnotherCorked = false;
  #depth = 0;

  onAborted(): void {
    // Nobody goes away.
  }

  cork(run: () => void): void {
    this.#depth += 1;
    run();
    this.#depth -= 1;
    if (this.state === 'upgraded' && !this.isAnotherCorked) this.state = 'ended';
  }

  upgrade(): void {
    this.state = 'upgraded';
    if (this.#depth === 0) this.warnings += 1;
  }
}

const handshake = (hasAnother: boolean): FakeResponse => {
  const response = new FakeResponse();
  const handshakes = new Handshakes({
    rules: {
      originRule: () => true,
      tokens: () => Promise.resolve({ kind: 'identity', tenantId: 1n, userId: 7n, expiresAt: Infinity }),
      capacity: { check: () => undefined, take: () => undefined },
      now: () => 0,
    },
    metrics: createMetrics(new Registry()),
    log: pino({ level: 'silent' }),
    corker: {
      cork: (run) => {
        response.isAnotherCorked = hasAnother;
        if (hasAnother) run();
        response.isAnotherCorked = false;
        return hasAnother;
      },
    },
  });
  const headers: Readonly<Record<string, string>> = {
    connection: 'keep-alive, Upgrade',
    'sec-websocket-version': '13',
    'sec-websocket-protocol': 'v1, bearer.x',
  };
  const request = {
    forEach: (take: (name: string, value: string) => void) => {
      for (const [name, value] of Object.entries(headers)) take(name, value);
    },
    getQuery: () => undefined,
  };
  handshakes.take(response as unknown as HttpResponse, request as unknown as HttpRequest, {});
  return response;
};

it.each([
  [true, 0],
  [false, 1],
])('is upgraded, and stays so, with another socket there: %s; warnings: %i', async (hasAnother, warnings) => {
  const response = handshake(hasAnother);
  await expect.poll(() => response.state).toBe('upgraded');
  expect(response.warnings).toBe(warnings);
});
