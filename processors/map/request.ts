/** Any service: a notification as it is asked for, or as a template makes it. */
import type { NotificationRequestEvent } from '../../schemas/types.js';
import { ChannelSet } from '../channel-set.js';
import type { Notification } from '../mapped-event.js';
import type { RenderedTemplate, Templates } from '../templates.js';
import { priorityOf, type Mapper } from './mapping.js';

export function createMapRequest(templates: Templates): Mapper<NotificationRequestEvent> {
  return (event) => {
    if (event.eventType !== 'CREATE_NOTIFICATION') return undefined;
    return {
      topic: 'NOTIFICATION_REQUEST_TOPIC',
      eventId: event.eventId,
      timestamp: event.timestamp,
      tenantId: event.tenantId,
      recipients: recipientsOf(event),
      notification: notificationOf(event, render(event, templates)),
      directory: null,
      contact: null,
    };
  };
}

function render(event: NotificationRequestEvent, templates: Templates): RenderedTemplate | undefined {
  return event.templateCode === null ? undefined : templates.render(event.templateCode, event.templateVars);
}

/** A template that we know is used up here; one that we do not know goes on to mailservice with its values. */
function notificationOf(event: NotificationRequestEvent, rendered: RenderedTemplate | undefined): Notification {
  const title = rendered === undefined ? event.title : rendered.title;
  return {
    title,
    message: rendered === undefined ? event.message : rendered.message,
    type: event.type,
    category: event.category,
    priority: priorityOf(event.priority),
    sourceService: event.sourceService,
    actionUrl: event.actionUrl,
    actionType: event.actionType,
    entityType: event.entityType,
    entityId: event.entityId,
    expiresAt: event.expiresAt,
    metadata: event.metadata,
    channels: new ChannelSet(event.channels),
    subject: title,
    emailHtml: rendered === undefined ? null : rendered.emailHtml,
    templateCode: rendered === undefined ? event.templateCode : null,
    templateVars: rendered === undefined ? event.templateVars : {},
  };
}

/** userId, unless it is 0, and userIds; each once. A userIds of 0 stays: it is a fault, not an absence. */
function recipientsOf({ userId, userIds }: NotificationRequestEvent): readonly bigint[] {
  if (userIds.length === 0) return userId === 0n ? [] : [userId];
  return [...new Set(userId === 0n ? userIds : [userId, ...userIds])];
}
