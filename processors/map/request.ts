/** Any service: a notification as it is asked for, whatever its eventType says, or as a template makes it. */
import type { NotificationRequestEvent } from '../../schemas/types.js';
import type { Correction } from '../../common/correction.js';
import type { ActionUrlRule } from '../action-url.js';
import { isBlank } from '../blank.js';
import { ChannelSet } from '../channel-set.js';
import type { Notification } from '../mapped-event.js';
import type { RenderedTemplate, Templates } from '../templates.js';
import { priorityOf } from '../rules/compile-rules.js';
import type { Mapper } from '../rules/mapper.js';

/** The action URL that goes out; what is left out, and why, is added to the corrections. */
type CheckUrl = (url: string | null, corrections: Correction[]) => string | null;

const NO_VALUES: Readonly<Record<string, string>> = Object.freeze({});

/** The topic's record is NotificationRequestEvent: the rules are checked for it. */
export function createRequestMapper(topic: string, templates: Templates, rule: ActionUrlRule): Mapper {
  const checkUrl: CheckUrl = (url, corrections) => {
    if (url === null || isBlank(url)) return null;
    const fault = rule(url);
    if (fault === undefined) return url;
    corrections.push({ kind: 'action-url', fault });
    return null;
  };
  const map: Mapper['map'] = (record) => {
    const event = record as unknown as NotificationRequestEvent;
    const templateCode = givenText(event.templateCode);
    const rendered = templateCode === null ? undefined : templates.render(templateCode, event.templateVars, rule);
    const corrections: Correction[] = [];
    if (templateCode !== null && rendered === undefined)
      corrections.push({ kind: 'unknown-template', code: templateCode });
    for (const fault of rendered?.linkFaults ?? []) corrections.push({ kind: 'action-url', fault });
    return {
      topic,
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
  // Whatever it says: a request is taken as it is.
  return { map, typeOf: ({ eventType }) => String(eventType) };
}

/** A template that we know is used up here; one that we do not know goes on to mailservice with its values. */
function notificationOf(
  event: NotificationRequestEvent,
  rendered: RenderedTemplate | undefined,
  actionUrl: string | null,
): Notification {
  const title = rendered === undefined ? event.title : rendered.title;
  const html = rendered?.emailHtml ?? null;
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
    emailHtml: html === null ? null : () => html,
    localize: null,
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
