/** Any service: a notification as it is asked for, whatever its eventType says, or as a template makes it. */
import type { NotificationRequestEvent } from '../../schemas/types.js';
import type { Correction } from '../../common/correction.js';
import type { ActionUrlRule } from '../action-url.js';
import { isBlank } from '../blank.js';
import { ChannelSet } from '../channel-set.js';
import type { Notification } from '../mapped-event.js';
import type { RenderedTemplate, Templates } from '../templates.js';
import { NO_VALUES, priorityOf, type Mapper } from './mapping.js';

/** The action URL that goes out; what is left out, and why, is added to the corrections. */
type CheckUrl = (url: string | null, corrections: Correction[]) => string | null;

export function createMapRequest(templates: Templates, rule: ActionUrlRule): Mapper<NotificationRequestEvent> {
  const checkUrl: CheckUrl = (url, corrections) => {
    if (url === null || isBlank(url)) return null;
    const fault = rule(url);
    if (fault === undefined) return url;
    corrections.push({ kind: 'action-url', fault });
    return null;
  };
  return (event) => {
    const templateCode = givenText(event.templateCode);
    const rendered = templateCode === null ? undefined : templates.render(templateCode, event.templateVars, rule);
    const corrections: Correction[] = [];
    for (const fault of rendered?.linkFaults ?? []) corrections.push({ kind: 'action-url', fault });
    return {
      topic: 'NOTIFICATION_REQUEST_TOPIC',
      eventId: event.eventId,
      timestamp: event.timestamp,
      tenantId: event.tenantId,
      recipients: recipientsOf(event),
      notification: notificationOf(event, rendered, checkUrl(event.actionUrl, corrections)),
      directory: null,
      contact: null,
      corrections,
    };
  };
}

/** A template that we know is used up here; one that we do not know goes on to mailservice with its values. */
function notificationOf(
  event: NotificationRequestEvent,
  rendered: RenderedTemplate | undefined,
  actionUrl: string | null,
): Notification {
  const title = rendered === undefined ? event.title : rendered.title;
  return {
    title,
    message: rendered === undefined ? event.message : rendered.message,
    type: event.type,
    category: event.category,
    priority: priorityOf(event.priority),
    sourceService: event.sourceService,
    actionUrl,
    actionType: givenText(event.actionType),
    entityType: givenText(event.entityType),
    entityId: givenNumber(event.entityId),
    expiresAt: givenNumber(event.expiresAt),
    metadata: event.metadata,
    channels: new ChannelSet(event.channels),
    subject: title,
    emailHtml: rendered === undefined ? null : rendered.emailHtml,
    templateCode: rendered === undefined ? givenText(event.templateCode) : null,
    templateVars: rendered === undefined ? event.templateVars : NO_VALUES,
  };
}

/** Producers in Go write 0 and "" where they have nothing. */
function givenText(text: string | null): string | null {
  return text === '' ? null : text;
}

function givenNumber(number: bigint | null): bigint | null {
  return number === 0n ? null : number;
}

/** userId, unless it is 0, and userIds; each once. A userIds of 0 stays: it is a fault, not an absence. */
function recipientsOf({ userId, userIds }: NotificationRequestEvent): readonly bigint[] {
  if (userIds.length === 0) return userId === 0n ? [] : [userId];
  return [...new Set(userId === 0n ? userIds : [userId, ...userIds])];
}
