/** PUSH_REQUEST_TOPIC: one push for each recipient with a device, keyed by eventId. */
import type { RoutedEvent } from '../routed-event.js';
import type { Sink } from '../sink.js';
import type { PushRequestEvent } from '../../schemas/types.js';

export const emitPush: Sink<RoutedEvent, PushRequestEvent> = ({ event, notification, recipients }, out) => {
  if (notification === null) return;
  for (const { deviceTokens, userId, notificationId, texts } of recipients) {
    if (deviceTokens === null) continue;
    out.emit(event.eventId, {
      eventId: event.eventId,
      timestamp: event.timestamp,
      userId,
      tenantId: event.tenantId,
      deviceTokens,
      title: texts.title,
      body: texts.message,
      actionUrl: notification.actionUrl,
      data: notification.metadata,
      notificationId,
      priority: notification.priority,
      expiresAt: notification.expiresAt,
    });
  }
};
