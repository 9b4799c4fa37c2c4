import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutboundBatches } from '../../../../topology/kafka/index.js';
import type { DeadLetter } from '../../../../common/record.js';
import { RecordHeaders } from '../../../../common/record-headers.js';
import { addDeadLetter } from '../../../../topology/task/fit-dead-letter.js';
import { recordsOf } from '../kafka/records/records-of.js';

const ADDED = RecordHeaders.of([['dlq.reason', 'undecodable']]);
const letter = (parts: Partial<DeadLetter>): DeadLetter => ({
  topic: 'NOTIFICATION_DLQ',
  key: null,
  value: null,
  headers: RecordHeaders.NONE,
  added: ADDED,
  ...parts,
});

function added(given: DeadLetter, limit: number, batches = new OutboundBatches(900_000)) {
  addDeadLetter(given, batches.forTopic('dlq', limit), 0, batches, limit);
  const record = recordsOf(batches).at(-1)!;
  return {
    batches,
    record,
    headers: Object.fromEntries([...record.headers!].map(([name, value]) => [name, String(value)])),
  };
}
const sizes = (batches: OutboundBatches): number[] => batches.batches.map(({ length }) => length);

describe('a dead letter', () => {
  it('that fits goes out whole, and says nothing of being cut', () => {
    const given = letter({ key: Buffer.from('k'), value: randomBytes(5000), headers: RecordHeaders.of([['h', null]]) });
    const { record, headers } = added(given, 10_000);
    expect(record.value!.equals(given.value!)).toBe(true);
    expect(headers).toEqual({ h: 'null', 'dlq.reason': 'undecodable' });
  });

  it('that fits only compressed goes out whole, in a batch of its own', () => {
    const given = letter({ value: Buffer.alloc(2_000_000, 'a') });
    const { batches, record, headers } = added(given, 20_000);
    expect(record.value!.equals(given.value!)).toBe(true);
    expect(headers).toEqual({ 'dlq.reason': 'undecodable' });
    expect(Math.max(...sizes(batches))).toBeLessThanOrEqual(20_000);
    const after = added(letter({ value: Buffer.from('next') }), 20_000, batches);
    expect(batches.batches).toHaveLength(2);
    expect(after.record.value!.toString()).toBe('next');
  });

  it('that fits neither way is cut: the value to a prefix first', () => {
    const given = letter({
      key: Buffer.from('k'),
      value: randomBytes(50_000),
      headers: RecordHeaders.of([['h', 'x']]),
    });
    const { batches, record, headers } = added(given, 10_000);
    expect(record.value!.length).toBeGreaterThan(9_000);
    expect(record.value!.equals(given.value!.subarray(0, record.value!.length))).toBe(true);
    expect(record.key!.toString()).toBe('k');
    expect(headers).toEqual({
      h: 'x',
      'dlq.reason': 'undecodable',
      'dlq.truncated': 'true',
      'dlq.original-bytes': '50000',
      'dlq.sha256': createHash('sha256').update(given.value!).digest('hex'),
    });
    expect(Math.max(...sizes(batches))).toBeLessThanOrEqual(10_000);
  });

  it.each([
    ['value', { key: randomBytes(9_000), value: randomBytes(50_000) }, { key: true, value: false, headers: false }],
    [
      'value and key',
      { key: randomBytes(50_000), value: Buffer.from('v') },
      { key: false, value: false, headers: false },
    ],
    [
      'value and key before the headers',
      { key: randomBytes(5000), value: Buffer.from('v'), headers: RecordHeaders.of([['h', randomBytes(9000)]]) },
      { key: false, value: false, headers: true },
    ],
    [
      'everything of the record',
      { key: Buffer.from('k'), value: Buffer.from('v'), headers: RecordHeaders.of([['h', randomBytes(50_000)]]) },
      { key: false, value: false, headers: false },
    ],
  ])('loses its %s when that is what it takes', (_, parts, left) => {
    const { record, headers, batches } = added(letter(parts), 9_700);
    const has = { key: record.key !== null, value: (record.value?.length ?? 0) > 600, headers: 'h' in headers };
    expect(has).toEqual(left);
    expect(headers).toMatchObject({ 'dlq.reason': 'undecodable', 'dlq.truncated': 'true' });
    expect(Math.max(...sizes(batches))).toBeLessThanOrEqual(9_700);
  });

  it('of a record that was not read whole says so, however much its topic takes', () => {
    const wholeValue = { bytes: 9_000_000, sha256: 'ab'.repeat(32) };
    const { headers } = added(letter({ value: randomBytes(1000), wholeValue }), 10_000_000);
    expect(headers).toMatchObject({
      'dlq.truncated': 'true',
      'dlq.original-bytes': '9000000',
      'dlq.sha256': wholeValue.sha256,
    });
  });

  it('never takes more than its topic does, and is whole or says that it is not', () => {
    const bytes = fc
      .tuple(fc.integer({ min: 0, max: 30_000 }), fc.boolean())
      .map(([size, isRandom]) => (isRandom ? randomBytes(size) : Buffer.alloc(size)));
    fc.assert(
      fc.property(
        fc.option(bytes),
        fc.option(bytes),
        bytes,
        fc.integer({ min: 1000, max: 40_000 }),
        (key, value, header, limit) => {
          const given = letter({ key, value, headers: RecordHeaders.of([['h', header]]) });
          const { record, headers, batches } = added(given, limit);
          expect(Math.max(...sizes(batches))).toBeLessThanOrEqual(limit);
          const isWhole =
            String(record.key) === String(key) && String(record.value) === String(value) && 'h' in headers;
          expect(headers['dlq.truncated']).toBe(isWhole ? undefined : 'true');
        },
      ),
    );
  });

  it('that was compressed is taken back with what came beside it', () => {
    const batches = new OutboundBatches(900_000);
    batches.add('dlq', 0, null, Buffer.from('before'));
    batches.mark();
    added(letter({ value: Buffer.alloc(2_000_000) }), 20_000, batches);
    batches.rollBack();
    expect(recordsOf(batches).map(({ value }) => value?.toString())).toEqual(['before']);
    batches.add('dlq', 0, null, Buffer.from('after'));
    expect(recordsOf(batches).map(({ value }) => value?.toString())).toEqual(['before', 'after']);
  });
});
