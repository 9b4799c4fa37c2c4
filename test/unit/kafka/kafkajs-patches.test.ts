/** The mends under patches/: each test fails on kafkajs as published. */
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

const load = createRequire(import.meta.url);

interface RequestQueue {
  readonly throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  maybeThrottle(ms: number): void;
  push(request: { entry: { correlationId: number }; expectResponse: boolean; sendRequest: () => void }): void;
  destroy(): void;
}

const RequestQueueClass = load('kafkajs/src/network/requestQueue') as new (options: object) => RequestQueue;

function queue(): RequestQueue {
  const logger = { debug: () => undefined, warn: () => undefined };
  return new RequestQueueClass({ maxInFlightRequests: null, requestTimeout: 1000, enforceRequestTimeout: false, clientId: 'test', broker: 'test', logger });
}

describe('the request queue of a connection', () => {
  // kafkajs #1704, #1751
  it('keeps no timer while nothing is pending', () => {
    const idle = queue();
    idle.checkPendingRequests();
    expect(idle.throttleCheckTimeoutId).toBeNull();
  });

  it('still sends a request that was held back by throttling', async () => {
    const throttled = queue();
    throttled.maybeThrottle(20);
    const sent = new Promise<void>((resolve) => {
      throttled.push({ entry: { correlationId: 1 }, expectResponse: true, sendRequest: resolve });
    });
    expect(throttled.throttleCheckTimeoutId).not.toBeNull();
    await sent;
    throttled.destroy();
  });
});
