import { pino } from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Decoded } from '../../../../schemas/codecs.js';
import { decodeFeed, type FeedDecoder } from '../../../../topology/feeds/decode-feed.js';
import type { Logger } from '../../../../common/log.js';
import { createMetrics } from '../../../../common/metrics.js';

const POISON: Exclude<Decoded, { kind: 'event' }> = {
  kind: 'poison',
  reason: 'wrong-record',
  message: 'InboxChange',
  attempts: 1,
};
const signal = new AbortController().signal;

function services(answers: unknown[]): {
  decoder: FeedDecoder;
  resolved: number[];
  /** What was shown with each, to be asked for as well. */
  ahead: string[][];
  registry: Registry;
  log: Logger;
  metrics: ReturnType<typeof createMetrics>;
} {
  const registry = new Registry();
  const resolved: number[] = [];
  const ahead: string[][] = [];
  const decoder = {
    decodeSink: () => answers.shift(),
    resolve: (schemaId: number, options: { ahead: Iterable<Buffer | null> }) => {
      ahead.push([...options.ahead].map(String));
      return Promise.resolve(resolved.push(schemaId));
    },
  } as unknown as FeedDecoder;
  return { decoder, resolved, ahead, registry, log: pino({ level: 'silent' }), metrics: createMetrics(registry) };
}

describe('decodeFeed', () => {
  it('gives the event', async () => {
    const event = { tenantId: 1n };
    expect(await decodeFeed('USER_DIRECTORY', Buffer.alloc(1), 0, services([{ kind: 'event', event }]), signal)).toBe(
      event,
    );
  });

  it('waits for a schema that is not known, and decodes again', async () => {
    const setup = services([
      { kind: 'unresolved', schemaId: 9 },
      { kind: 'event', event: 'decoded' },
    ]);
    expect(await decodeFeed('USER_DIRECTORY', Buffer.alloc(1), 0, setup, signal)).toBe('decoded');
    expect(setup.resolved).toEqual([9]);
  });

  it('shows what it was fetched with, whose schemas are asked for at the same time', async () => {
    const setup = services([
      { kind: 'unresolved', schemaId: 9 },
      { kind: 'event', event: 'decoded' },
    ]);
    const fetched = ['a', 'b'].map((text) => ({ value: Buffer.from(text) }));
    await decodeFeed('USER_DIRECTORY', Buffer.alloc(1), 0, setup, signal, fetched);
    expect(setup.ahead).toEqual([['a', 'b']]);
  });

  it('counts and skips a record of another name', async () => {
    const setup = services([POISON]);
    expect(await decodeFeed('NOTIFICATION_INAPP_TOPIC', Buffer.alloc(1), 0, setup, signal)).toBeUndefined();
    expect(await setup.registry.metrics()).toContain('records_unroutable_total{topic="NOTIFICATION_INAPP_TOPIC"} 1');
  });

  it('passes on that it is to end while it waits', async () => {
    const setup = services([{ kind: 'unresolved', schemaId: 9 }]);
    Object.assign(setup.decoder, { resolve: () => Promise.reject(new Error('aborted')) });
    await expect(decodeFeed('USER_DIRECTORY', Buffer.alloc(1), 0, setup, signal)).rejects.toThrow('aborted');
  });
});
