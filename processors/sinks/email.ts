/** EMAIL_REQUEST_TOPIC: one e-mail for each recipient with an address, keyed by eventId. */
import type { RoutedEvent } from '../routed-event.js';
import type { Sink } from '../sink.js';
import type { EmailRequestEvent } from '../../schemas/types.js';
import { htmlBody, plainBody, subjectOf } from '../email-text.js';

export const emitEmail: Sink<RoutedEvent, EmailRequestEvent> = ({ event, notification, recipients }, out) => {
  if (notification === null || !recipients.some(({ email }) => email !== null)) return;
  // Once an event: the texts are the same for all its recipients.
  const subject = subjectOf(notification.subject, notification.message);
  const body = plainBody(notification.message, notification.actionUrl);
  const bodyHtml = notification.emailHtml ?? htmlBody(notification.message, notification.actionUrl);
  for (const { email, notificationId } of recipients) {
    if (email === null) continue;
    out.emit(event.eventId, {
      eventId: event.eventId,
      timestamp: event.timestamp,
      to: [email],
      subject,
      body,
      bodyHtml,
      templateCode: notification.templateCode,
      templateVars: notification.templateVars,
      notificationId,
      tenantId: event.tenantId,
      priority: notification.priority,
    });
  }
};
