import { describe, expect, it } from 'vitest';
import { LosslessNumber, stringify } from 'lossless-json';
import { eventHash, exportLine, readExportLine } from '../../../../../topology/operations/dead-letters/export-file.js';
import { placeText } from '../../../../../topology/operations/dead-letters/dead-letter.js';
import type { DecodedValue } from '../../../../../topology/operations/dead-letters/decoded.js';
import { deadLetter, type LetterParts } from './letters.js';

const PLAIN = {
  format: null,
  schemaId: null,
  record: null,
  event: null,
  isWhole: false,
  fault: undefined,
  note: undefined,
};
const EVENT = { tenantId: 2n ** 62n + 1n, amount: new LosslessNumber('1.50'), title: 'é' };

function line(parts: LetterParts = {}, decoded: Partial<DecodedValue> = {}): string {
  return exportLine(deadLetter(parts), { ...PLAIN, ...decoded }, 'id-1');
}

describe('a line of an export', () => {
  it('is read back as it was, with numbers that JavaScript does not hold', () => {
    const bytes = Buffer.from([0, 255, 10]);
    const parts: LetterParts = {
      key: null,
      value: bytes,
      headers: [
        ['a', bytes],
        ['a', null],
      ],
    };
    const text = line(parts, { format: 'avro', schemaId: 7, event: EVENT, isWhole: true });
    expect(text).not.toContain('\n');
    const read = readExportLine(text);
    expect('letter' in read && placeText(read.letter.at)).toBe('3:42');
    expect(read).toMatchObject({
      topicId: 'id-1',
      letter: {
        appendedAt: 1_700_000_000_042,
        origin: { topic: 'it.TASK_EVENT_TOPIC', partition: 1, offset: 70 },
        reason: 'invalid-event',
        message: 'tenantId is 0; expected a positive id',
        timestamp: 1_600_000_000_000,
        attempts: 1,
        replayCount: 0,
        app: 'app',
        key: null,
        headers: [
          ['a', bytes],
          ['a', null],
        ],
        value: bytes,
        cut: undefined,
      },
      format: 'avro',
      schemaId: 7,
    });
    expect(stringify('event' in read && read.event)).toBe('{"tenantId":4611686018427387905,"amount":1.50,"title":"é"}');
    expect('event' in read && eventHash(read.event)).toBe('event' in read && read.eventSha256);
  });

  it('has no event where the value cannot be read whole', () => {
    expect(readExportLine(line({}, { event: EVENT, isWhole: false }))).toMatchObject({ event: null });
  });

  it('says what was cut, and which batch it stands for', () => {
    const more = [
      ['dlq.truncated', 'true'],
      ['dlq.original-bytes', '9000'],
      ['dlq.sha256', 'ab'],
    ] as const;
    expect(readExportLine(line({ more }))).toMatchObject({ letter: { cut: { originalBytes: 9000, sha256: 'ab' } } });
    const defect = { kind: 'unreadable-batch', lastOffset: 12, codec: 'gzip', bytes: 99, message: 'm' } as const;
    expect(readExportLine(line({ value: null, defect }))).toMatchObject({
      letter: { batch: { lastOffset: 12, codec: 'gzip', bytes: 99 } },
    });
  });

  it.each([
    ['no JSON', () => 'x', 'it is no JSON'],
    ['an array', () => '[]', 'it is no JSON object'],
    ['without an origin', () => '{"letter":"1:2","appendedAt":3}', 'origin is missing; expected an object, or null'],
    [
      'with an offset that is none',
      () => line().replace('"offset":70', '"offset":7.5'),
      'origin.offset is of another kind; expected a whole number',
    ],
    [
      'with a value that is no base64',
      () => line().replace('"value":"dg=="', '"value":"v"'),
      'value is of another kind; expected base64, or null',
    ],
    [
      'with headers that are none',
      () => line().replace('"headers":[]', '"headers":[["a"]]'),
      'headers is of another kind; expected a list of [name, base64 or null]',
    ],
    [
      'with an event that is none',
      () => line().replace('"event":null', '"event":[1]'),
      'event is of another kind; expected an object, or null',
    ],
  ])('is refused when it is %s', (_, text, fault) => {
    expect(readExportLine(text())).toEqual({ fault });
  });
});
