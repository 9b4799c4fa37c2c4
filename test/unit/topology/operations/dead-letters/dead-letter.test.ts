import { describe, expect, it } from 'vitest';
import { RecordHeaders } from '../../../../../common/record-headers.js';
import { readDeadLetter, type DeadLetter } from '../../../../../topology/operations/dead-letters/dead-letter.js';
import { deadLetter, letterRecord } from './letters.js';

describe('a dead letter', () => {
  it('says where it lies, where it came from, why it is here, and what it was', () => {
    expect(deadLetter({ headers: [['trace', 't-1']] })).toMatchObject({
      at: { partition: 3, offset: 42 },
      appendedAt: 1_700_000_000_042,
      origin: { topic: 'it.TASK_EVENT_TOPIC', partition: 1, offset: 70 },
      reason: 'invalid-event',
      message: 'tenantId is 0; expected a positive id',
      exception: 'InvalidEvent',
      stackTrace: '',
      timestamp: 1_600_000_000_000,
      attempts: 1,
      replayCount: 0,
      app: 'app',
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      headers: [['trace', Buffer.from('t-1')]],
      cut: undefined,
      batch: undefined,
    });
  });

  it('keeps headers in their order, repeated, null, and named as ours are', () => {
    const headers = [
      ['a', '1'],
      ['a', null],
      ['dlq.reason', 'of another time'],
      ['__streams.errors.exception', 'Another'],
    ] as const;
    const letter = deadLetter({ headers });
    expect(letter.headers.map(([name, value]) => [name, value && String(value)])).toEqual(headers);
    expect(letter.reason).toBe('invalid-event');
    expect(letter.exception).toBe('InvalidEvent');
  });

  it('that was replayed says how often, and its record has no header of that', () => {
    const letter = deadLetter({
      headers: [
        ['a', '1'],
        ['dlq.replay-count', '2'],
      ],
    });
    expect(letter.replayCount).toBe(2);
    expect(letter.headers.map(([name]) => name)).toEqual(['a']);
    expect([...letter.rawHeaders]).toEqual(letter.headers);
  });

  it('keeps a name that is no UTF-8 byte for byte', () => {
    const odd = new RecordHeaders(1, Buffer.from([4, 0xff, 0xfe, 2, 0x31]));
    const { headers, ...record } = letterRecord(42);
    const found = readDeadLetter(3, { ...record, headers: odd.and(headers) }) as DeadLetter;
    expect(found.rawHeaders.bytes).toEqual(odd.bytes);
    expect(found.headers).toEqual([['\ufffd\ufffd', Buffer.from('1')]]);
  });

  it('that was cut says what the whole was', () => {
    const more = [
      ['dlq.truncated', 'true'],
      ['dlq.original-bytes', '9000'],
      ['dlq.sha256', 'ab'],
    ] as const;
    expect(deadLetter({ more }).cut).toEqual({ originalBytes: 9000, sha256: 'ab' });
  });

  it('of a batch says up to where that goes', () => {
    const defect = { kind: 'unreadable-batch', lastOffset: 12, codec: 'gzip', bytes: 99, message: 'm' } as const;
    expect(deadLetter({ key: null, value: null, defect }).batch).toEqual({ lastOffset: 12, codec: 'gzip', bytes: 99 });
  });
});

describe('a record that is no dead letter of ours', () => {
  it.each([
    [
      'has none of our headers',
      { headers: RecordHeaders.of([['a', 'b']]) },
      'it has no header __streams.errors.exception',
    ],
    [
      'lacks one of them',
      { headers: RecordHeaders.of([['__streams.errors.exception', 'x']]) },
      'it has no header __streams.errors.topic behind __streams.errors.exception',
    ],
    [
      'has the first of them without a value',
      {
        headers: RecordHeaders.of(
          [...letterRecord(1).headers].map(([name, value]) => [
            name,
            name === '__streams.errors.exception' ? null : String(value),
          ]),
        ),
      },
      'its header __streams.errors.exception is null',
    ],
    [
      'has them in another order, as a copy by a program that sorts them',
      {
        headers: RecordHeaders.of([
          ['__streams.errors.topic', 'T'],
          ['__streams.errors.exception', 'x'],
        ]),
      },
      'it has no header __streams.errors.topic behind __streams.errors.exception',
    ],
    [
      'has an offset that is none',
      {
        headers: letterRecord(1).headers.and(RecordHeaders.of([['__streams.errors.offset', '1e3']])),
      },
      'its header __streams.errors.offset is no whole number',
    ],
    [
      'says that it stands for more than a batch can hold',
      {
        headers: letterRecord(1).headers.and(
          RecordHeaders.of([
            ['dlq.batch-last-offset', '9007199254740991'],
            ['dlq.batch-codec', 'gzip'],
            ['dlq.batch-bytes', '9'],
          ]),
        ),
      },
      'its header dlq.batch-last-offset is no offset of a batch that begins at 70',
    ],
    [
      'cannot be unpacked',
      { defect: { kind: 'unreadable-batch', lastOffset: 1, codec: 'gzip', bytes: 7, message: 'm' } as const },
      'it cannot be read whole: unreadable-batch, 7 bytes',
    ],
  ])('%s', (_, parts, fault) => {
    expect(readDeadLetter(0, { ...letterRecord(1), ...parts })).toEqual({ fault });
  });
});
