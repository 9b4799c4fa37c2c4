import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';

import { Handshakes } from '../../../processors/fanout/handshakes.js';
import { createMetrics } from '../../../topology/metrics.js';

/** Ends a socket that is upgraded within its cork, as uWebSockets.js does when the socket keeps its address. */
class FakeResponse {
  state: 'open' | 'upgraded' | 'ended' = 'open';
  onAborted(): void {
    // Nobody goes away.
  }
  cork(run: () => void): void {
    run();
    if (this.state === 'upgraded') this.state = 'ended';
  }
  upgrade(): void {
    this.state = 'upgraded';
  }
}

it('is upgraded while another socket is corked, never itself (uWebSockets PR 1929)', async () => {
  let corks = 0;
  const handshakes = new Handshakes({
    rules: {
      originRule: () => true,
      tokens: () => Promise.resolve({ kind: 'identity', tenantId: 1n, userId: 7n, expiresAt: Infinity }),
      room: () => undefined,
      now: () => 0,
    },
    metrics: createMetrics(new Registry()),
    log: pino({ level: 'silent' }),
    corkAnother: (run) => {
      corks += 1;
      run();
    },
  });
  const headers: Readonly<Record<string, string>> = {
    connection: 'keep-alive, Upgrade',
    'sec-websocket-version': '13',
    'sec-websocket-protocol': 'v1, bearer.x',
  };
  const request = { getHeader: (name: string) => headers[name] ?? '', getQuery: () => undefined };
  const response = new FakeResponse();
  handshakes.take(response as unknown as HttpResponse, request as unknown as HttpRequest, {});
  await expect.poll(() => response.state).toBe('upgraded');
  expect(corks).toBe(1);
});
