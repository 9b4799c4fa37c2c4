/** NOTIFICATION_DELIVERED_TOPIC: for each recipient what became of every channel, keyed by eventId. */
import type { RoutedEvent } from '../routed-event.js';
import type { Sink } from '../sink.js';
import type { NotificationDeliveredEvent } from '../../schemas/types.js';

export const emitDelivered: Sink<RoutedEvent, NotificationDeliveredEvent> = ({ event, recipients }, out, { now }) => {
  const timestamp = BigInt(now);
  for (const { notificationId, userId, fare } of recipients) {
    out.emit(event.eventId, {
      eventId: event.eventId,
      notificationId,
      timestamp,
      tenantId: event.tenantId,
      userId,
      deliveries: fare.deliveries,
    });
  }
};
