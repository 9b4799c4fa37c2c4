import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AvroEncoder } from '../../../schemas/encoder.js';
import { parseType } from '../../../schemas/avro/parse-type.js';
import { SCHEMAS } from '../../../schemas/types.js';
import { inApp } from './samples.js';

const ids = {
  EMAIL_REQUEST_TOPIC: 1,
  PUSH_REQUEST_TOPIC: 2,
  NOTIFICATION_INAPP_TOPIC: 0x01020304,
  NOTIFICATION_DELIVERED_TOPIC: 4,
  USER_DIRECTORY: 5,
};
const reader = parseType(SCHEMAS.InAppNotification);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.string({ unit: 'grapheme' });

describe('the encoder', () => {
  it('writes the wire format: 0, the schema id, the body', () => {
    const value = new AvroEncoder(ids).encode('NOTIFICATION_INAPP_TOPIC', inApp);
    expect([...value.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4]);
    expect(reader.fromBuffer(value.subarray(5))).toEqual(inApp);
  });

  it('keeps every field of any event', () => {
    const encoder = new AvroEncoder(ids);
    const event = fc.record({
      notificationId: int64,
      userId: int64,
      title: text,
      message: text,
      entityId: fc.option(int64),
      actionUrl: fc.option(text),
      metadata: fc.dictionary(text, text),
    });
    fc.assert(
      fc.property(event, (fields) => {
        const whole = { ...inApp, ...fields };
        expect(reader.fromBuffer(encoder.encode('NOTIFICATION_INAPP_TOPIC', whole).subarray(5))).toEqual(whole);
      }),
    );
  });

  it('leaves earlier values as they were, however many follow and whatever their size', () => {
    const encoder = new AvroEncoder(ids);
    const titles = ['é'.repeat(30), 'ö'.repeat(400_000), ...Array.from({ length: 5000 }, (_, i) => `ü${i}`)];
    const values = titles.map((title) => encoder.encode('NOTIFICATION_INAPP_TOPIC', { ...inApp, title }));
    const read = values.map((value) => (reader.fromBuffer(value.subarray(5)) as { title: string }).title);
    expect(read).toEqual(titles);
  });

  it('writes the same into a buffer, or says how many bytes it lacks, however small it is', () => {
    const encoder = new AvroEncoder(ids);
    const whole = encoder.encode('NOTIFICATION_INAPP_TOPIC', inApp);
    for (let size = 0; size < whole.length + 7; size += 1) {
      const end = encoder.forTopic('NOTIFICATION_INAPP_TOPIC').encodeInto(inApp, Buffer.alloc(size), 7);
      expect(end < 0).toBe(true);
    }
    const buffer = Buffer.alloc(whole.length + 7);
    expect(encoder.forTopic('NOTIFICATION_INAPP_TOPIC').encodeInto(inApp, buffer, 7)).toBe(buffer.length);
    expect(buffer.subarray(7)).toEqual(whole);
  });

  it('names the topic and the field that does not fit, and never its value', () => {
    const wrong = { ...inApp, userId: 'secret' as unknown as bigint };
    const encode = () => new AvroEncoder(ids).encode('NOTIFICATION_INAPP_TOPIC', wrong);
    expect(encode).toThrow(
      'cannot encode an event for NOTIFICATION_INAPP_TOPIC as serp.notification.InAppNotification: userId is string',
    );
    expect(encode).not.toThrow('secret');
  });
});
