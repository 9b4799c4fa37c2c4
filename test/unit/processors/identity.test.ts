import { blake3 } from '@noble/hashes/blake3.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf, notificationId } from '../../../processors/identity.js';
import { hexOf } from '../../../state/dedup/digest-bytes.js';
import { SOURCE_TOPICS } from '../../../common/record.js';

const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const USER = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const EVENT_ID = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    // Around the ends of the blocks that are hashed, and at the longest.
    fc.constantFrom(1, 41, 42, 43, 105, 106, 107, 255, 256).map((length) => 'e'.repeat(length)),
    fc.constantFrom('\ud800', 'e\udc00-1'),
  )
  .filter((id) => Buffer.byteLength(id) <= 256);
const EVENT = fc.record({ topic: fc.constantFrom(...SOURCE_TOPICS), tenantId: INT64, eventId: EVENT_ID });

function part(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}

describe('the identity of an event', () => {
  // These values must never change between versions: stores, changelogs and acknowledgements hold them.
  it.each([
    ['TASK_EVENT_TOPIC', 1n, 'e-1', 7n, '0d77a7f720b54f43d31cd4fa238eb91d', 373933569947518260n],
    ['USER_EVENT_TOPIC', 42n, 'a|b', 1n, 'f92e62e726587c20bec6bac620e6fee9', 2759985984685351241n],
    [
      'NOTIFICATION_REQUEST_TOPIC',
      2n ** 63n - 1n,
      '🎉'.repeat(64),
      2n ** 63n - 1n,
      '0f47f8be9a7cee3f54180047be904979',
      2058583440708721899n,
    ],
  ] as const)('is pinned for %s, tenant %s', (topic, tenantId, eventId, userId, hex, id) => {
    const { digest, seed } = identityOf({ topic, tenantId, eventId });
    expect(hexOf(digest)).toBe(hex);
    expect(notificationId(seed, userId)).toBe(id);
  });

  it('is BLAKE3 over topic, tenant and event id, each behind its length', () => {
    fc.assert(
      fc.property(EVENT, ({ topic, tenantId, eventId }) => {
        const bytes = Buffer.from(blake3(Buffer.concat([part(topic), part(String(tenantId)), part(eventId)])));
        const { digest, seed } = identityOf({ topic, tenantId, eventId });
        expect(hexOf(digest)).toBe(bytes.toString('hex', 0, 16));
        expect(seed).toBe(bytes.readBigUInt64LE(16));
      }),
    );
  });

  it('differs where topic, tenant or event id do, even if their texts run together alike', () => {
    fc.assert(
      fc.property(EVENT, EVENT, (a, b) => {
        const same = a.topic === b.topic && a.tenantId === b.tenantId && a.eventId === b.eventId;
        expect(hexOf(identityOf(a).digest) === hexOf(identityOf(b).digest)).toBe(same);
      }),
    );
    const event = { topic: 'TASK_EVENT_TOPIC', tenantId: 1n, eventId: '23' } as const;
    expect(identityOf(event).digest).not.toEqual(identityOf({ ...event, tenantId: 12n, eventId: '3' }).digest);
  });

  it('takes an event id of 256 bytes and refuses a longer one', () => {
    const event = { topic: 'TASK_EVENT_TOPIC', tenantId: -(2n ** 63n) } as const;
    expect(() => identityOf({ ...event, eventId: 'é'.repeat(128) })).not.toThrow();
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
