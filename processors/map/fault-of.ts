/** What makes an event invalid, whatever its source. Messages name fields, ids and limits, never a text. */
import { isBlank } from '../blank.js';
import { EVENT_ID_BYTES, fitsEventId } from '../identity.js';
import type { MappedEvent } from '../mapped-event.js';

/** The first fault; undefined when the event is valid. */
export function faultOf(event: MappedEvent): string | undefined {
  if (event.eventId === '') return `eventId is empty; expected 1 to ${EVENT_ID_BYTES} bytes`;
  if (!fitsEventId(event.eventId)) {
    return `eventId has ${Buffer.byteLength(event.eventId)} bytes; expected at most ${EVENT_ID_BYTES}`;
  }
  if (event.tenantId <= 0n) return `tenantId is ${event.tenantId}; expected a positive id`;
  if (event.recipients.length === 0) return 'the event names no recipient; expected at least one';
  for (const userId of event.recipients) {
    if (userId <= 0n) return `a recipient's id is ${userId}; expected a positive id`;
  }
  const { notification } = event;
  if (notification !== null && isBlank(notification.title) && isBlank(notification.message)) {
    return 'title and message are both blank; expected at least one of them';
  }
  return undefined;
}
