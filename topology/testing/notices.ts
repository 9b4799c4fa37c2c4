/** What each recipient of an event is told: the records of all channels, put together. */
import type {
  EmailRequestEvent,
  InAppNotification,
  NotificationDeliveredEvent,
  PushRequestEvent,
} from '../../schemas/types.js';
import type { DrivenOutputs } from './driver.js';

/** The outputs of one event, by kind. */
export interface EventOutputs {
  readonly delivered: readonly NotificationDeliveredEvent[];
  readonly inApp: readonly InAppNotification[];
  readonly emails: readonly EmailRequestEvent[];
  readonly pushes: readonly PushRequestEvent[];
}

/** What one user is told. */
export interface Notice {
  readonly tenantId: bigint;
  readonly userId: bigint;
  /** What became of each channel: DISPATCHED, or why not. */
  readonly channels: Readonly<Record<string, string>>;
  readonly inApp: InAppNotification | undefined;
  readonly email: EmailRequestEvent | undefined;
  readonly push: PushRequestEvent | undefined;
}

/** One a user, in the order in which the stream tells them. */
export function noticesOf({ delivered, inApp, emails, pushes }: EventOutputs): readonly Notice[] {
  return delivered.map(({ notificationId, tenantId, userId, deliveries }) => {
    const isIts = (one: { readonly notificationId: bigint }): boolean => one.notificationId === notificationId;
    return {
      ...{ tenantId, userId },
      channels: Object.fromEntries(deliveries.map(({ channel, status, reason }) => [channel, reason ?? status])),
      inApp: inApp.find(isIts),
      email: emails.find(isIts),
      push: pushes.find(isIts),
    };
  });
}

/** Those of the driver. */
export function drivenNotices(outputs: DrivenOutputs): readonly Notice[] {
  return noticesOf({
    delivered: outputs.NOTIFICATION_DELIVERED_TOPIC.map(({ event }) => event),
    inApp: outputs.NOTIFICATION_INAPP_TOPIC.map(({ event }) => event),
    emails: outputs.EMAIL_REQUEST_TOPIC.map(({ event }) => event),
    pushes: outputs.PUSH_REQUEST_TOPIC.map(({ event }) => event),
  });
}
