/** EMAIL_REQUEST_TOPIC: one e-mail for each recipient with an address, keyed by eventId. */
import type { RoutedEvent } from '../routed-event.js';
import type { Sink } from '../sink.js';
import type { EmailRequestEvent } from '../../schemas/types.js';
import { htmlBody, plainBody, subjectOf } from '../email-text.js';
import type { Texts } from '../mapped-event.js';

/** What those are sent who read the same texts. */
interface Mail extends Pick<EmailRequestEvent, 'subject' | 'body' | 'bodyHtml'> {
  readonly texts: Texts;
  /** Nearly every event has one mail: a list costs nothing then, where an array or a Map does. */
  readonly earlier: Mail | undefined;
}

export const emitEmail: Sink<RoutedEvent, EmailRequestEvent> = ({ event, notification, recipients }, out) => {
  if (notification === null) return;
  let mails: Mail | undefined;
  for (const { email, notificationId, texts } of recipients) {
    if (email === null) continue;
    const mail = mailOf(texts, mails) ?? (mails = makeMail(texts, notification.actionUrl, mails));
    out.emit(event.eventId, {
      eventId: event.eventId,
      timestamp: event.timestamp,
      to: [email],
      subject: mail.subject,
      body: mail.body,
      bodyHtml: mail.bodyHtml,
      templateCode: notification.templateCode,
      templateVars: notification.templateVars,
      notificationId,
      tenantId: event.tenantId,
      priority: notification.priority,
    });
  }
};

function mailOf(texts: Texts, mails: Mail | undefined): Mail | undefined {
  let mail = mails;
  while (mail !== undefined && mail.texts !== texts) mail = mail.earlier;
  return mail;
}

function makeMail(texts: Texts, actionUrl: string | null, earlier: Mail | undefined): Mail {
  const { subject, message, emailHtml } = texts;
  return {
    texts,
    subject: subjectOf(subject, message),
    body: plainBody(message, actionUrl),
    bodyHtml: emailHtml === null ? htmlBody(message, actionUrl) : emailHtml(actionUrl),
    earlier,
  };
}
