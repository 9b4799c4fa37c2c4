import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeNotification, parseClientMessage } from '../../../gateway/protocol.js';
import { TRACEPARENT } from '../../traces.js';
import { notificationOf } from './harness.js';

describe('a message of a client', () => {
  it('is read or refused with a bounded reason, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ minLength: 500 })), (text) => {
        const message = parseClientMessage(text);
        if (message.type === 'bad') expect(message.message.length).toBeLessThan(200);
        else expect(JSON.parse(text)).toMatchObject(message);
      }),
    );
  });

  it('names what was wrong', () => {
    expect(parseClientMessage('{"type":"ack","id":12}')).toEqual({
      type: 'bad',
      message: 'id 12 is not a notificationId; expected a decimal string',
    });
    expect(parseClientMessage('{"type":"read"}')).toEqual({
      type: 'bad',
      message: 'type "read" is not known; expected "ack"',
    });
  });
});

describe('a notification', () => {
  it('keeps every int64 in JSON', () => {
    const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    fc.assert(
      fc.property(int64, int64, fc.option(int64), (notificationId, timestamp, entityId) => {
        const { ref, frame } = encodeNotification(notificationOf({ notificationId, timestamp, entityId }), '9.6.topic');
        expect(ref.id).toBe(String(notificationId));
        expect(JSON.parse(frame.toString())).toMatchObject({
          notification: {
            notificationId: String(notificationId),
            timestamp: String(timestamp),
            entityId: entityId === null ? null : String(entityId),
          },
        });
      }),
    );
  });
});

describe('the frame of a notification', () => {
  const fieldsOf = (title: string, traceparent?: string): object =>
    JSON.parse(encodeNotification(notificationOf({ title }), '9.6.topic', traceparent).frame.toString()) as object;

  it('names its trace where there is one, beside the notification, also when texts are cut', () => {
    expect(Object.keys(fieldsOf('short'))).toEqual(['type', 'cursor', 'notification']);
    expect(fieldsOf('short', TRACEPARENT)).toMatchObject({ traceparent: TRACEPARENT });
    expect(fieldsOf('x'.repeat(70_000), TRACEPARENT)).toMatchObject({ traceparent: TRACEPARENT, truncated: true });
  });
});
