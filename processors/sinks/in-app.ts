/** NOTIFICATION_INAPP_TOPIC: one notification a recipient, keyed by the user, so that a user's stay in order. */
import type { RoutedEvent } from '../routed-event.js';
import type { Sink } from '../sink.js';
import type { InAppNotification } from '../../schemas/types.js';
import { userKey } from '../../state/directory/directory-entry.js';

export const emitInApp: Sink<RoutedEvent, InAppNotification> = ({ event, notification, recipients }, out) => {
  if (notification === null) return;
  for (const { inApp, userId, notificationId, texts } of recipients) {
    if (!inApp) continue;
    out.emit(userKey(event.tenantId, userId), {
      notificationId,
      eventId: event.eventId,
      timestamp: event.timestamp,
      tenantId: event.tenantId,
      userId,
      title: texts.title,
      message: texts.message,
      type: notification.type,
      category: notification.category,
      priority: notification.priority,
      sourceService: notification.sourceService,
      actionUrl: notification.actionUrl,
      actionType: notification.actionType,
      entityType: notification.entityType,
      entityId: notification.entityId,
      expiresAt: notification.expiresAt,
      metadata: notification.metadata,
    });
  }
};
