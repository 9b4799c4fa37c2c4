import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../../common/bytes.js';
import { MAX_UNPACKED_BYTES } from '../../../../../topology/kafka/records/compression.js';
import { readCommitted, type AbortedTransaction } from '../../../../../topology/kafka/fetch/fetched-records.js';
import { RecordBatch } from '../../../../../topology/kafka/records/record-batch.js';
import { RecordHeaders } from '../../../../../common/record-headers.js';
import { Decoder, decodeBatch, filterAbortedMessages } from '../cluster/kafkajs-internals.js';
import { ABORT, batchAt, COMMIT, gzipped, markerAt, textsAt } from '../records/log-segment.js';

const texts = (data: Buffer, fetchOffset: number, aborted: AbortedTransaction[] = []): (string | undefined)[] =>
  [...readCommitted(data, fetchOffset, aborted).records].map(({ value }) => value?.toString());

/** What kafkajs's consumer hands over: its own filter, and control records taken out after it. */
async function kafkajsTexts(
  batches: readonly Buffer[],
  aborted: readonly AbortedTransaction[],
): Promise<(string | undefined)[]> {
  const decoded = await Promise.all(batches.map((batch) => decodeBatch(new Decoder(batch))));
  return filterAbortedMessages({
    messages: decoded.flatMap(({ records }) => records),
    abortedTransactions: aborted.map(({ producerId, firstOffset }) => ({
      producerId: String(producerId),
      firstOffset: String(firstOffset),
    })),
  })
    .filter(({ isControlRecord }) => !isControlRecord)
    .map(({ value }) => value?.toString());
}

describe('records of aborted transactions that kafkajs would deliver', () => {
  it('are kept back when two of them began before the first record fetched', async () => {
    const batches = [
      textsAt(10, ['a1'], 1n),
      textsAt(11, ['b1'], 2n),
      markerAt(12, 1n, ABORT),
      markerAt(13, 2n, ABORT),
      textsAt(14, ['kept']),
    ];
    const aborted = [
      { producerId: 1n, firstOffset: 2 },
      { producerId: 2n, firstOffset: 3 },
    ];
    // One look at the next record takes in one transaction, so the first record of the other slips through.
    const swapped = [batches[1]!, batches[0]!, ...batches.slice(2)];
    expect(await kafkajsTexts(swapped, aborted)).toEqual(['b1', 'kept']);
    expect(texts(Buffer.concat(swapped), 10, aborted)).toEqual(['kept']);
    expect(texts(Buffer.concat(batches), 10, aborted)).toEqual(['kept']);
  });

  it('are kept back when the broker lists them in the order in which they ended', async () => {
    const batches = [
      textsAt(0, ['a1'], 1n),
      textsAt(1, ['b1'], 2n),
      markerAt(2, 2n, ABORT),
      textsAt(3, ['a2'], 1n),
      markerAt(4, 1n, ABORT),
    ];
    const asEnded = [
      { producerId: 2n, firstOffset: 1 },
      { producerId: 1n, firstOffset: 0 },
    ];
    expect(await kafkajsTexts(batches, asEnded)).toContain('a1');
    expect(texts(Buffer.concat(batches), 0, asEnded)).toEqual([]);
  });

  it('are kept back when one of them has the key of an abort marker', async () => {
    const lookalike = batchAt(0, {
      records: [{ key: Buffer.alloc(4), value: Buffer.from('a1') }, { value: Buffer.from('a2') }],
      producerId: 1n,
      transactional: true,
    });
    const batches = [lookalike, markerAt(2, 1n, ABORT)];
    const aborted = [{ producerId: 1n, firstOffset: 0 }];
    expect(await kafkajsTexts(batches, aborted)).toEqual(['a1', 'a2']);
    expect(texts(Buffer.concat(batches), 0, aborted)).toEqual([]);
  });
});

describe('readCommitted', () => {
  it('never delivers a control record, and moves past it', () => {
    const { records, nextOffset } = readCommitted(
      Buffer.concat([textsAt(0, ['x'], 1n), markerAt(1, 1n, COMMIT)]),
      0,
      [],
    );
    expect([...records].map(({ offset }) => offset)).toEqual([0]);
    expect(nextOffset).toBe(2);
  });

  it('moves past a range of which everything was aborted', () => {
    const data = Buffer.concat([textsAt(5, ['a', 'b'], 1n), markerAt(7, 1n, ABORT)]);
    const aborted = readCommitted(data, 5, [{ producerId: 1n, firstOffset: 5 }]);
    expect({ ...aborted, records: [...aborted.records] }).toMatchObject({
      records: [],
      nextOffset: 8,
      bytes: 0,
    });
  });

  it('moves past the records that compaction took from the end of a batch', () => {
    const data = batchAt(0, { records: [{ value: Buffer.from('x') }], lastOffset: 9 });
    expect(readCommitted(data, 0, []).nextOffset).toBe(10);
  });

  it('delivers records outside any transaction, though their producer aborted one', () => {
    const idempotent = batchAt(1, { records: [{ value: Buffer.from('plain') }], producerId: 1n });
    expect(texts(Buffer.concat([textsAt(0, ['a'], 1n), idempotent]), 0, [{ producerId: 1n, firstOffset: 0 }])).toEqual([
      'plain',
    ]);
  });

  it('delivers the next transaction of a producer that aborted one', () => {
    const data = Buffer.concat([
      textsAt(0, ['no'], 1n),
      markerAt(1, 1n, ABORT),
      textsAt(2, ['yes'], 1n),
      markerAt(3, 1n, COMMIT),
    ]);
    expect(texts(data, 0, [{ producerId: 1n, firstOffset: 0 }])).toEqual(['yes']);
  });

  it('leaves a batch that is cut off for the next fetch', () => {
    const whole = textsAt(0, ['a', 'b']);
    const cut = textsAt(2, ['c']);
    for (const length of [1, 11, 12, 30, cut.length - 1]) {
      const fetched = readCommitted(Buffer.concat([whole, cut.subarray(0, length)]), 0, []);
      expect(fetched.records).toHaveLength(2);
      expect(fetched.nextOffset).toBe(2);
    }
  });

  it('leaves the position where it is when nothing whole came', () => {
    const cut = readCommitted(textsAt(7, ['a']).subarray(0, 40), 7, []);
    expect({ ...cut, records: [...cut.records] }).toMatchObject({ records: [], nextOffset: 7, bytes: 0 });
    expect(readCommitted(Buffer.alloc(0), 7, []).nextOffset).toBe(7);
  });

  it('refuses a batch whose checksum does not match, and names its offset', () => {
    const data = textsAt(42, ['abc']);
    data[data.length - 2]! ^= 1;
    expect(() => readCommitted(data, 42, [])).toThrow(/offset 42 is corrupt/);
  });

  it('keeps what is before a batch whose checksum does not match, and leaves that for the next fetch', () => {
    const damaged = textsAt(2, ['c']);
    damaged[damaged.length - 2]! ^= 1;
    const fetched = readCommitted(Buffer.concat([textsAt(0, ['a', 'b']), damaged]), 0, []);
    expect([fetched.records.length, fetched.nextOffset]).toEqual([2, 2]);
    expect(() => readCommitted(damaged, 2, [])).toThrow(/offset 2 is corrupt/);
  });

  it('refuses an older message format', () => {
    const data = textsAt(3, ['abc']);
    data[16] = 1;
    expect(() => readCommitted(data, 3, [])).toThrow('record batch at offset 3 has message format 1, expected 2');
  });

  it.each([0, -12, -100, -2_147_483_648])('refuses a batch that says it has %i bytes, and does not loop', (length) => {
    const data = textsAt(0, ['abc']);
    data.writeInt32BE(length, 8);
    expect(() => readCommitted(data, 0, [])).toThrow(RangeError);
  });

  it('skips the records of a compressed batch that lie before the offset asked for', () => {
    const records = ['a', 'b', 'c'].map((text) => ({ value: Buffer.from(text) }));
    const data = batchAt(10, { records, compress: gzipped });
    expect(texts(data, 12)).toEqual(['c']);
    expect(readCommitted(data, 12, []).nextOffset).toBe(13);
  });

  it("keeps the marker of a compressed or a plain batch from ending another producer's transaction", () => {
    const data = Buffer.concat([
      textsAt(0, ['a1'], 1n),
      markerAt(1, 2n, ABORT),
      textsAt(2, ['a2'], 1n),
      markerAt(3, 1n, ABORT),
    ]);
    expect(texts(data, 0, [{ producerId: 1n, firstOffset: 0 }])).toEqual([]);
  });

  it("takes the time that the producer set, or the broker's on a LogAppendTime topic", () => {
    const records = [{ value: Buffer.from('a') }, { value: Buffer.from('b') }];
    expect([...readCommitted(batchAt(0, { records, timestamp: 7000 }), 0, []).records].map((r) => r.timestamp)).toEqual(
      [7000, 7001],
    );
    expect(
      [...readCommitted(batchAt(0, { records, timestamp: 7000, appendTime: true }), 0, []).records].map(
        (r) => r.timestamp,
      ),
    ).toEqual([7500, 7500]);
  });

  it('tells a null key and value from empty ones, and counts the bytes of the records', () => {
    const data = batchAt(0, {
      records: [
        {},
        { key: Buffer.alloc(0), value: Buffer.alloc(0) },
        { key: Buffer.from('kk'), value: Buffer.from('vvv') },
      ],
    });
    const { records, bytes } = readCommitted(data, 0, []);
    expect([...records].map(({ key, value }) => [key?.length, value?.length])).toEqual([
      [undefined, undefined],
      [0, 0],
      [2, 3],
    ]);
    // Attributes, timestamp, offset, key and value behind their lengths, count of headers: 6 bytes each, and 5 of content.
    expect(bytes).toBe(3 * 6 + 5);
  });

  it('gives any of the records, in any order, and as often as it is asked', () => {
    const data = Buffer.concat([
      textsAt(3, ['a', 'b']),
      batchAt(5, { records: ['c', 'd', 'e'].map((text) => ({ value: Buffer.from(text) })), compress: gzipped }),
      textsAt(8, ['f']),
    ]);
    const { records } = readCommitted(data, 4, []);
    const seen = (index: number): unknown[] => [records.at(index)?.offset, records.at(index)?.value?.toString()];
    expect([4, 0, 2, 1, 3, 0].map(seen)).toEqual([
      [8, 'f'],
      [4, 'b'],
      [6, 'd'],
      [5, 'c'],
      [7, 'e'],
      [4, 'b'],
    ]);
    expect([records.length, records.at(5), records.at(-1)]).toEqual([5, undefined, undefined]);
  });

  it('finds a record that is not as long as it says before anybody asks for it', () => {
    const cutShort = (records: Buffer): Buffer => {
      const at = records.indexOf(Buffer.from([6, ...Buffer.from('abc')])); // the value behind its length
      return Buffer.concat([records.subarray(0, at), Buffer.from([4]), records.subarray(at + 1)]);
    };
    const data = batchAt(7, { records: [{ value: Buffer.from('abc') }], codec: 0, compress: cutShort });
    const [read] = readCommitted(data, 7, []).records;
    expect(read!.defect).toMatchObject({ kind: 'unreadable-batch', lastOffset: 7 });
  });
});

/** A step of one of three transactional producers, or of one without transactions. */
type Step = { readonly producer: number; readonly act: 'write' | 'commit' | 'abort' };

describe('readCommitted, over random transactions interleaved', () => {
  const step: fc.Arbitrary<Step> = fc.record({
    producer: fc.integer({ min: 0, max: 3 }),
    act: fc.constantFrom('write', 'write', 'write', 'commit', 'abort'),
  });

  interface Written {
    readonly batches: Buffer[];
    readonly committed: Set<number>;
    readonly aborted: (AbortedTransaction & { readonly endOffset: number })[];
    readonly end: number;
  }

  /** The log, the offsets that hold, and the aborted transactions in the order in which they ended, as a broker lists them. */
  function write(steps: readonly Step[]): Written {
    const batches: Buffer[] = [];
    const committed = new Set<number>();
    const aborted: (AbortedTransaction & { endOffset: number })[] = [];
    const open = new Map<number, number[]>();
    let offset = 0;
    const end = (producer: number, act: 'commit' | 'abort'): void => {
      const written = open.get(producer);
      if (!written) return;
      open.delete(producer);
      if (act === 'commit') for (const each of written) committed.add(each);
      else aborted.push({ producerId: BigInt(producer), firstOffset: written[0]!, endOffset: offset });
      batches.push(markerAt(offset, BigInt(producer), act === 'commit' ? COMMIT : ABORT));
      offset += 1;
    };
    for (const { producer, act } of steps) {
      if (act !== 'write') {
        end(producer, act);
      } else if (producer === 0) {
        batches.push(textsAt(offset, ['plain']));
        committed.add(offset);
        offset += 1;
      } else {
        batches.push(textsAt(offset, ['one', 'two'], BigInt(producer)));
        open.set(producer, [...(open.get(producer) ?? []), offset, offset + 1]);
        offset += 2;
      }
    }
    for (const producer of [...open.keys()]) end(producer, 'abort');
    return { batches, committed, aborted, end: offset };
  }

  it('delivers the committed records and no other, wherever the fetch begins', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), (steps, seed) => {
        const { batches, committed, aborted, end } = write(steps);
        const from = end === 0 ? 0 : seed % end;
        const data = Buffer.concat(
          batches.filter((batch) => Number(batch.readBigInt64BE(0)) + batch.readInt32BE(23) >= from),
        );
        const relevant = aborted.filter(({ endOffset }) => endOffset >= from);
        const { records, nextOffset } = readCommitted(data, from, relevant);
        expect([...records].map(({ offset }) => offset)).toEqual(
          [...committed].filter((offset) => offset >= from).sort((a, b) => a - b),
        );
        expect(nextOffset).toBe(end);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a batch that cannot be unpacked', () => {
  const bomb = (baseOffset: number): Buffer =>
    batchAt(baseOffset, {
      records: [{ value: Buffer.from('a') }, { value: Buffer.from('b') }],
      compress: () => gzipped(Buffer.alloc(MAX_UNPACKED_BYTES + 1)),
    });

  it('becomes one record that names its offsets, codec and size, and what comes behind it is read', () => {
    const data = Buffer.concat([textsAt(0, ['before']), bomb(1), textsAt(3, ['behind'])]);
    const first = readCommitted(data, 0, [], { maxRecordBytes: 1e6, maxUnpackedBytes: 1e6 });
    expect([...first.records].map(({ offset }) => offset)).toEqual([0, 1]);
    expect(first.records.at(1)).toMatchObject({
      key: null,
      value: null,
      defect: { kind: 'unreadable-batch', lastOffset: 2, codec: 'gzip', bytes: bomb(1).length },
    });
    expect(first.defects).toBe(1);
    // One such batch was work enough: the next fetch begins behind it.
    expect(first.nextOffset).toBe(3);
    expect(texts(data.subarray(textsAt(0, ['before']).length + bomb(1).length), 3)).toEqual(['behind']);
  });

  it('is told from one that is damaged, which is fetched again', () => {
    const damaged = textsAt(5, ['x']);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 2) ^ 1, damaged.length - 2);
    expect(() => readCommitted(damaged, 5, [])).toThrow(RangeError);
  });

  it.each<[string, (records: Buffer) => Buffer]>([
    ['ends too soon', (records) => records.subarray(0, -1)],
    ['goes on behind its last record', (records) => Buffer.concat([records, Buffer.alloc(1)])],
    [
      'holds a record of another length',
      (records) => Buffer.concat([Buffer.from([records[0]! + 2]), records.subarray(1)]),
    ],
  ])('is also one that %s; none of its records is taken', (_, spoil) => {
    const records = [{ value: Buffer.from('a') }, { value: Buffer.from('b') }];
    const data = batchAt(7, { records, compress: (all) => gzipped(spoil(all)) });
    const read = readCommitted(data, 7, []);
    expect([...read.records]).toMatchObject([
      { offset: 7, value: null, defect: { kind: 'unreadable-batch', lastOffset: 8 } },
    ]);
    expect(read.nextOffset).toBe(9);
  });

  it('is one record from the offset on that was asked for', () => {
    expect([...readCommitted(bomb(4), 5, []).records]).toMatchObject([{ offset: 5, defect: { lastOffset: 5 } }]);
  });

  it('of an aborted transaction is not even unpacked', () => {
    const records = [{ value: Buffer.from('a') }];
    const data = batchAt(0, { records, producerId: 1n, transactional: true, compress: () => Buffer.from('no gzip') });
    expect([...readCommitted(data, 0, [{ producerId: 1n, firstOffset: 0 }]).records]).toEqual([]);
  });
});

describe('a record with more bytes than it may have', () => {
  const bounds = { maxRecordBytes: 100_000, maxUnpackedBytes: Infinity };

  it('is kept as its beginning, with the hash of its whole value, and its neighbours as they are', () => {
    const value = randomBytes(2_000_000);
    const records = [{ value: Buffer.from('a') }, { key: Buffer.from('k'), value }, { value: Buffer.from('b') }];
    const read = readCommitted(batchAt(0, { records }), 0, [], bounds);
    const [first, large, last] = read.records;
    expect([first!.value!.toString(), last!.value!.toString(), read.defects]).toEqual(['a', 'b', 1]);
    expect(large!.key!.toString()).toBe('k');
    expect(large!.value!.equals(value.subarray(0, large!.value!.length))).toBe(true);
    expect(large!.value!.length).toBeLessThanOrEqual(1024 * 1024);
    expect(large!.defect).toMatchObject({
      kind: 'too-large',
      value: { bytes: 2_000_000, sha256: createHash('sha256').update(value).digest('hex') },
    });
  });

  it('does not hold on to the bytes of its batch', () => {
    const read = readCommitted(batchAt(0, { records: [{ value: Buffer.alloc(3_000_000) }] }), 0, [], bounds);
    expect(read.bytes).toBeLessThanOrEqual(1024 * 1024);
  });

  it('loses its value, key and headers in this order where the next of them leaves no room', () => {
    const key = Buffer.alloc(1_500_000, 'k');
    const [read] = readCommitted(batchAt(0, { records: [{ key, value: Buffer.from('v') }] }), 0, [], bounds).records;
    expect(read).toMatchObject({ key: null, value: null, defect: { kind: 'too-large', value: { bytes: 1 } } });
  });

  it('with a key that reaches beyond it makes its batch unreadable', () => {
    const data = batchAt(0, {
      records: [{ value: Buffer.alloc(200_000) }, { value: Buffer.from('b') }],
      compress: (all) => gzipped(Buffer.concat([all.subarray(0, 6), Buffer.from([0xfe, 0xff, 0x7f]), all.subarray(9)])),
    });
    expect([...readCommitted(data, 0, [], bounds).records]).toMatchObject([{ defect: { kind: 'unreadable-batch' } }]);
  });
});

describe('what batches unpack to', () => {
  it('is bounded for one read: the next fetch goes on with the next batch', () => {
    const packed = (at: number): Buffer =>
      batchAt(at, { records: [{ value: Buffer.alloc(600_000) }], compress: gzipped });
    const data = Buffer.concat([packed(0), packed(1), packed(2)]);
    const read = readCommitted(data, 0, [], { maxRecordBytes: 1e6, maxUnpackedBytes: 1_000_000 });
    expect(read.records.length).toBe(2);
    expect(read.nextOffset).toBe(2);
  });

  it('of 100,000 headers costs nothing before one is read, and then reads through them once', () => {
    const headers = RecordHeaders.of(Array.from({ length: 100_000 }, (_, i) => ['h', String(i)] as const));
    const batch = new RecordBatch('t', 0, new ByteWriter(1024));
    batch.append(null, Buffer.from('v'), headers);
    const sealed = Buffer.from(batch.seal({ producerId: 1n, producerEpoch: 0, firstSequence: 0 }, 0));
    const [read] = readCommitted(sealed, 0, []).records;
    expect(read!.headers.count).toBe(100_000);
    expect(read!.headers.bytes.equals(headers.bytes)).toBe(true);
    expect(read!.headers.last('h')!.toString()).toBe('99999');
  });
});
