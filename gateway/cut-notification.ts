/** Shortens the texts of a notification so that its frame fits. Ids, numbers and times are never touched. */
import type { InAppNotification } from '../schemas/types.js';

/** Code points that JSON writes as two characters: \" \\ \b \t \n \f \r. */
const SHORT_ESCAPES = new Set([0x22, 0x5c, 0x08, 0x09, 0x0a, 0x0c, 0x0d]);

/**
 * A copy in which no text takes more than `most` bytes of JSON, and metadata no more than that in all.
 * A link is left out instead: cut short, it would lead elsewhere.
 */
export function cutNotification(notification: InAppNotification, most: number): InAppNotification {
  const cut = (text: string): string => cutText(text, most);
  const orNull = (text: string | null): string | null => (text === null ? null : cut(text));
  const { actionUrl } = notification;
  return {
    ...notification,
    title: cut(notification.title),
    message: cut(notification.message),
    type: cut(notification.type),
    category: cut(notification.category),
    priority: cut(notification.priority),
    sourceService: cut(notification.sourceService),
    actionUrl: actionUrl === null || cut(actionUrl) === actionUrl ? actionUrl : null,
    actionType: orNull(notification.actionType),
    entityType: orNull(notification.entityType),
    metadata: cutMetadata(notification.metadata, most),
  };
}

/** The longest prefix of whole code points that takes at most so many bytes between the quotes of a JSON text. */
export function cutText(text: string, most: number): string {
  let bytes = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.codePointAt(at)!;
    bytes += jsonBytes(code);
    if (bytes > most) return text.slice(0, at);
    at += code > 0xffff ? 2 : 1;
  }
  return text;
}

/** The first entries that fit; the value of the last one is cut. A name is never cut: it would be another one. */
function cutMetadata(metadata: InAppNotification['metadata'], most: number): InAppNotification['metadata'] {
  const kept: [string, string][] = [];
  let left = most;
  for (const [name, value] of Object.entries(metadata)) {
    // Quotes, colon and comma.
    left -= Buffer.byteLength(JSON.stringify(name)) + 4;
    if (left < 0) break;
    const text = cutText(value, left);
    kept.push([name, text]);
    if (text.length < value.length) break;
    left -= Buffer.byteLength(JSON.stringify(value)) - 2;
  }
  // Also of a name such as __proto__.
  return Object.fromEntries(kept);
}

/** As JSON.stringify writes it in UTF-8: half a surrogate pair and most control characters take six. */
function jsonBytes(code: number): number {
  if (SHORT_ESCAPES.has(code)) return 2;
  if (code < 0x20 || (code >= 0xd800 && code <= 0xdfff)) return 6;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x1_0000 ? 3 : 4;
}
