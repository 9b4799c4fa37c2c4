/** A socket's messages, one after another: each has one answer or ends the socket, and only what was sent can be confirmed. */
import type { Ack } from '../../../gateway/delivery-records.js';
import fc from 'fast-check';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { DEFAULT_LIMITS } from '../../../gateway/limits.js';
import { encodeNotification, parseClientMessage } from '../../../gateway/protocol.js';
import { SentMemory } from '../../../gateway/sent-notifications.js';
import { Session } from '../../../gateway/session.js';
import { userBudgets } from '../../../gateway/user-budgets.js';
import { createMetrics } from '../../../common/metrics.js';
import { SampledLog } from '../../../common/sampled-log.js';
import { EMPTY_LOG, notificationOf } from '../../unit/gateway/harness.js';
import { BORDER_VALUES } from '../borders.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { editedJson, jsonEdits } from '../edit-json.js';
import { law, type Target } from '../target.js';

type FramesInput = { readonly frames: readonly { readonly data: Buffer; readonly isBinary: boolean }[] };

/** Sent on the socket, and so to be confirmed. */
const SENT = [1n, 7n, 9_223_372_036_854_775_807n];
const IDS = [...SENT.map(String), '2', '0', '007', '9223372036854775808', '99999999999999999999', '-1', ''];

const frame = fc
  .record({
    message: fc.record({ type: fc.constantFrom('ack', 'ack', 'ack', 'ACK', 'resume'), id: fc.constantFrom(...IDS) }),
    edits: fc.oneof(fc.constant([]), jsonEdits),
    bytes: byteEdits,
    value: fc.constantFrom(...BORDER_VALUES),
    isValue: fc.constantFrom(false, false, false, false, true),
    isBinary: fc.constantFrom(false, false, false, false, false, true),
  })
  .map(({ message, edits, bytes, value, isValue, isBinary }) => ({
    data: editBytes(Buffer.from(isValue ? value : editedJson(message, edits)), bytes),
    isBinary,
  }));

const metrics = createMetrics(new Registry());
const log = pino({ level: 'silent' });

/** The id that a message confirms; undefined for any other message. Not as the product reads it: by what JSON.parse makes of it, and int64. */
function confirms(data: Buffer): string | undefined {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { ignoreBOM: true }).decode(data)) as {
      type?: unknown;
      id?: unknown;
    } | null;
    if (Array.isArray(value) || value?.type !== 'ack' || typeof value.id !== 'string') return undefined;
    return /^\d{1,19}$/.test(value.id) && String(BigInt(value.id)) === value.id ? value.id : undefined;
  } catch {
    return undefined; // no JSON
  }
}

export const clientFrames: Target<FramesInput> = {
  name: 'client-frames',
  inputs: fc.record({ frames: fc.array(frame, { minLength: 1, maxLength: 6 }) }),
  async play({ frames }) {
    const sent: { type: string; code?: string; id?: string }[] = [];
    const ends: unknown[] = [];
    const acks: Ack[] = [];
    const session = new Session({
      terms: { tenantId: 1n, userId: 7n, endsAt: Infinity, endReason: 'lifetime' },
      socket: {
        send: (message) => {
          law(message.length < 2000, 'answers in a few words');
          return sent.push(JSON.parse(message.toString()) as (typeof sent)[number]) > 0;
        },
        backlog: () => 0,
        end: (code) => ends.push(code),
        cut: () => ends.push('cut'),
      },
      history: EMPTY_LOG,
      recorder: { record: (ack) => Promise.resolve(void acks.push(ack)) },
      limits: DEFAULT_LIMITS,
      memory: new SentMemory(DEFAULT_LIMITS, () => 1),
      budgets: userBudgets(DEFAULT_LIMITS, () => 0),
      metrics,
      log,
      sampledLog: new SampledLog(log),
      now: () => 0,
    });
    session.begin(undefined);
    for (const notificationId of SENT)
      session.deliver(encodeNotification(notificationOf({ notificationId }), '1.0.1.topic'));
    sent.length = 0;
    const kinds = new Set<string>();
    let expected = 0;
    for (const { data, isBinary } of frames) {
      if (ends.length === 0) expected += 1;
      if (data.length > DEFAULT_LIMITS.maxMessageBytes && ends.length === 0) expected -= 1;
      session.receive(new Uint8Array(data).buffer, isBinary);
      const id = isBinary ? undefined : confirms(data);
      const parsed = parseClientMessage(data.toString('utf8'));
      law((parsed.type === 'ack') === (confirms(data) !== undefined), 'takes for a confirmation what is one', () =>
        data.toString(),
      );
      law(parsed.type === 'bad' || parsed.id === confirms(data), 'reads the id');
      kinds.add(
        ends.length > 0 ? 'ended' : id === undefined ? 'bad' : SENT.includes(BigInt(id)) ? 'confirmed' : 'unknown',
      );
    }
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    await session.drain();
    // Once a message has ended the socket, those before it may be answered or not.
    law(
      ends.length === 0 || ends[0] === 1001 ? sent.length === expected : sent.length <= expected,
      'answers each message once',
      () => JSON.stringify(sent),
    );
    const names = acks.map(({ notificationId }) => notificationId);
    law(
      names.every((id) => SENT.includes(id)),
      'confirms only what was sent',
    );
    law(new Set(names).size === names.length, 'confirms each notification once');
    law(
      acks.every(({ tenantId, userId }) => tenantId === 1n && userId === 7n),
      "confirms as the socket's own user",
    );
    return [...kinds].sort().join(' ');
  },
};
