/** The wire protocol `v1`: JSON text messages, int64 as decimal strings. */
import type { InAppNotification } from '../schemas/types.js';
import { cutNotification } from './cut-notification.js';
import { halvesOf } from './id-ring.js';
import type { NotificationRef } from './sent-notifications.js';

/** The WebSocket subprotocol that a client offers and the gateway echoes. */
export const PROTOCOL = 'v1';

/** Codes of `error` messages; a client may rely on them. */
export type ProtocolErrorCode = 'bad-message' | 'unknown-notification' | 'ack-failed' | 'closing';

/** What the gateway sends, except notifications, which are encoded once for all sockets. */
export type ServerMessage =
  | {
      readonly type: 'welcome';
      readonly protocol: typeof PROTOCOL;
      readonly userId: string;
      readonly tenantId: string;
      /** Everything before it has been seen, or will not come. */
      readonly cursor: string;
      /** There when the client gave a cursor: whether all that it missed follows. */
      readonly recovered?: boolean;
    }
  | { readonly type: 'cursor'; readonly cursor: string }
  | { readonly type: 'acked'; readonly id: string }
  | { readonly type: 'error'; readonly code: ProtocolErrorCode; readonly message: string; readonly id?: string };

/** What a client sends. `bad` is what it should not have sent, with the reason to tell it. */
export type ClientMessage =
  { readonly type: 'ack'; readonly id: string } | { readonly type: 'bad'; readonly message: string };

/** A notification ready to go out: its names, and the frame shared by all sockets. */
export interface OutgoingNotification {
  readonly ref: NotificationRef;
  readonly frame: Buffer;
}

export function encodeMessage(message: ServerMessage): string {
  return JSON.stringify(message);
}

/** No frame is longer: what waits unread for a socket is bounded by it. */
export const MAX_FRAME_BYTES = 64 * 1024;
/** What a text may take of a frame that is cut, the longest that lets it fit; there are nine, and the metadata. */
const TEXT_BYTES = [60, 30, 15, 6].map((kilobytes) => kilobytes * 1024);

/**
 * Encodes a notification, once however many sockets it goes to. The cursor is what a client that has it gives back.
 * Texts that would make the frame too long are cut. It is too long all the same when its ids are, which nobody cuts.
 */
export function encodeNotification(
  notification: InAppNotification,
  cursor: string,
  traceparent?: string,
): OutgoingNotification {
  // A text takes a byte for each of its characters at least: what is too long anyway is not written out first.
  let frame = lengthOf(notification) <= MAX_FRAME_BYTES ? frameOf(notification, { cursor, traceparent }) : undefined;
  for (const most of TEXT_BYTES) {
    if (frame !== undefined && frame.length <= MAX_FRAME_BYTES) break;
    frame = frameOf(cutNotification(notification, most), { cursor, traceparent, truncated: true });
  }
  const { notificationId, eventId } = notification;
  return { ref: { id: notificationId.toString(), eventId, ...halvesOf(notificationId) }, frame: frame! };
}

/** Characters of the texts that may be long. */
function lengthOf({ title, message, actionUrl, metadata }: InAppNotification): number {
  let length = title.length + message.length + (actionUrl?.length ?? 0);
  for (const name in metadata) length += name.length + metadata[name]!.length;
  return length;
}

/** What stands beside the notification; what is undefined is left out. */
interface FrameFields {
  readonly cursor: string;
  readonly traceparent: string | undefined;
  readonly truncated?: true;
}

function frameOf(notification: InAppNotification, { cursor, traceparent, truncated }: FrameFields): Buffer {
  const json = JSON.stringify({
    type: 'notification',
    cursor,
    traceparent,
    truncated,
    notification: {
      ...notification,
      notificationId: notification.notificationId.toString(),
      timestamp: notification.timestamp.toString(),
      tenantId: notification.tenantId.toString(),
      userId: notification.userId.toString(),
      entityId: notification.entityId?.toString() ?? null,
      expiresAt: notification.expiresAt?.toString() ?? null,
    },
  });
  return Buffer.from(json);
}

/** Reads a client's message. Never throws. */
export function parseClientMessage(text: string): ClientMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the input at length; ours is bounded.
    return bad(`${quote(text)} is not JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad(`${quote(text)} is not a JSON object`);
  }
  const { type, id } = value as { type?: unknown; id?: unknown };
  if (type !== 'ack') return bad(`type ${quote(type)} is not known; expected "ack"`);
  if (typeof id !== 'string' || !/^(0|[1-9][0-9]{0,18})$/.test(id)) {
    return bad(`id ${quote(id)} is not a notificationId; expected a decimal string`);
  }
  return { type: 'ack', id };
}

function bad(message: string): ClientMessage {
  return { type: 'bad', message };
}

/** The value as the client wrote it, cut short. */
function quote(value: unknown): string {
  const text = value === undefined ? 'undefined' : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
