import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf, notificationId } from '../../../processors/identity.js';
import { SOURCE_TOPICS } from '../../../topology/record.js';

const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const USER = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const EVENT_ID = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    // Around the length from on which it is no text of ASCII that is hashed, and at the longest.
    fc.constantFrom(1, 126, 127, 128, 129, 255, 256).map((length) => 'e'.repeat(length)),
    fc.constantFrom('\ud800', 'e\udc00-1'),
  )
  .filter((id) => Buffer.byteLength(id) <= 256);
const EVENT = fc.record({ topic: fc.constantFrom(...SOURCE_TOPICS), tenantId: INT64, eventId: EVENT_ID });

function part(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}

describe('the identity of an event', () => {
  // These values must never change between versions: stores, changelogs and acknowledgements hold them.
  it.each([
    ['TASK_EVENT_TOPIC', 1n, 'e-1', 7n, 'a27fa5d143ee45c9dac4d3415046d288', 5859709082379129600n],
    ['USER_EVENT_TOPIC', 42n, 'a|b', 1n, '7633b3f2b1cc2e442062d2f9616bac3f', 7996696423507183909n],
    [
      'NOTIFICATION_REQUEST_TOPIC',
      2n ** 63n - 1n,
      '🎉'.repeat(64),
      2n ** 63n - 1n,
      '0cec292cd45a41bf2650e69324e8fc39',
      3002359256718944889n,
    ],
  ] as const)('is pinned for %s, tenant %s', (topic, tenantId, eventId, userId, hex, id) => {
    const { digest, seed } = identityOf({ topic, tenantId, eventId });
    expect(Buffer.from(digest, 'latin1').toString('hex')).toBe(hex);
    expect(notificationId(seed, userId)).toBe(id);
  });

  it('is SHA-256 over topic, tenant and event id, each behind its length', () => {
    fc.assert(
      fc.property(EVENT, ({ topic, tenantId, eventId }) => {
        const hash = createHash('sha256').update(Buffer.concat([part(topic), part(String(tenantId)), part(eventId)]));
        const bytes = hash.digest();
        const { digest, seed } = identityOf({ topic, tenantId, eventId });
        expect(Buffer.from(digest, 'latin1')).toEqual(bytes.subarray(0, 16));
        expect(seed).toBe(bytes.readBigUInt64BE(16));
      }),
    );
  });

  it('differs where topic, tenant or event id do, even if their texts run together alike', () => {
    fc.assert(
      fc.property(EVENT, EVENT, (a, b) => {
        const same = a.topic === b.topic && a.tenantId === b.tenantId && a.eventId === b.eventId;
        expect(identityOf(a).digest === identityOf(b).digest).toBe(same);
      }),
    );
    const event = { topic: 'TASK_EVENT_TOPIC', tenantId: 1n, eventId: '23' } as const;
    expect(identityOf(event).digest).not.toBe(identityOf({ ...event, tenantId: 12n, eventId: '3' }).digest);
  });

  it('takes an event id of 256 bytes and refuses a longer one', () => {
    const event = { topic: 'TASK_EVENT_TOPIC', tenantId: -(2n ** 63n) } as const;
    const longest = identityOf({ ...event, eventId: 'é'.repeat(128) }).digest;
    expect(longest).toHaveLength(16);
    expect(() => identityOf({ ...event, eventId: 'é'.repeat(128) + 'x' })).toThrow(RangeError);
  });
});

describe('a notification id', () => {
  it('is a non-negative int64', () => {
    fc.assert(
      fc.property(EVENT, USER, (event, userId) => {
        const id = notificationId(identityOf(event).seed, userId);
        expect(id >= 0n && id < 2n ** 63n).toBe(true);
      }),
    );
  });

  it('is never shared by two users of one event', () => {
    fc.assert(
      fc.property(EVENT, USER, USER, (event, a, b) => {
        const { seed } = identityOf(event);
        expect(notificationId(seed, a) === notificationId(seed, b)).toBe(a === b);
      }),
    );
  });
});
