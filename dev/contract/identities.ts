/** By what one output is told from another: whom it is for and what it says, made the same from a record and from a model. */
import { createHash } from 'node:crypto';
import type {
  EmailRequestEvent,
  InAppNotification,
  NotificationDeliveredEvent,
  PushRequestEvent,
} from '../../schemas/types.js';

type InApp = Pick<InAppNotification, 'eventId' | 'tenantId' | 'userId' | 'title' | 'message'>;
type Email = Pick<EmailRequestEvent, 'eventId' | 'tenantId' | 'to' | 'subject'>;
type Push = Pick<PushRequestEvent, 'eventId' | 'tenantId' | 'userId' | 'title'>;
type Delivered = Pick<NotificationDeliveredEvent, 'eventId' | 'tenantId' | 'userId' | 'deliveries'>;

export function inAppIdentity({ eventId, tenantId, userId, title, message }: InApp): string {
  return `${eventId} for ${tenantId}|${userId}: ${title} / ${message}`;
}

export function emailIdentity({ eventId, tenantId, to, subject }: Email): string {
  return `${eventId} of tenant ${tenantId} to ${to.join(', ')}: ${subject}`;
}

export function pushIdentity({ eventId, tenantId, userId, title }: Push): string {
  return `${eventId} for ${tenantId}|${userId}: ${title}`;
}

export function deliveredIdentity({ eventId, tenantId, userId, deliveries }: Delivered): string {
  const fared = deliveries.map(({ channel, status, reason }) =>
    status === 'SKIPPED' ? `${channel} ${status} ${reason ?? 'without a reason'}` : `${channel} ${status}`,
  );
  return `${eventId} for ${tenantId}|${userId}: ${fared.sort().join(', ')}`;
}

export function deadLetterIdentity(reason: string, key: string, value: Buffer): string {
  return `${reason}: ${key}, ${value.length} bytes, SHA-1 ${createHash('sha1').update(value).digest('hex')}`;
}
