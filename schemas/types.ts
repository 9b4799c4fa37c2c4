// Generated from schemas/*.avsc by `npm run schemas:generate`: change those, not this file.
/* eslint-disable max-lines */
import type { AvroRecord } from './avro/avro-schema.js';

/** Something happened to a lead, a customer, an opportunity or an activity (crm). */
export interface CrmEvent {
  /** Unique per event. */
  readonly eventId: string;
  /** LEAD_ASSIGNED, DEAL_WON, DEAL_LOST, ACTIVITY_DUE; others are ignored. */
  readonly eventType: string;
  /** When the event happened. Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** lead, customer, opportunity or activity. */
  readonly entityType: string;
  /** Entity. */
  readonly entityId: bigint;
  /** Name of the entity. */
  readonly entityName: string;
  /** Actor. */
  readonly userId: bigint;
  /** Recipient. */
  readonly assignedTo: bigint;
  /** Tenant. */
  readonly tenantId: bigint;
  /** Deal value, in dollars. */
  readonly value: number | null;
  /** Pipeline stage. */
  readonly stage: string | null;
  /** Free values. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Asks mailservice to send one e-mail. Keyed by eventId. */
export interface EmailRequestEvent {
  /** Event that caused it. */
  readonly eventId: string;
  /** When that event happened. Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** Addresses. */
  readonly to: readonly string[];
  /** Subject, one line. */
  readonly subject: string;
  /** Plain text. */
  readonly body: string;
  /** HTML; every value in it is escaped. */
  readonly bodyHtml: string;
  /** Template for mailservice. */
  readonly templateCode: string | null;
  /** Values for it. */
  readonly templateVars: Readonly<Record<string, string>>;
  /** As in InAppNotification. */
  readonly notificationId: bigint;
  /** Tenant. */
  readonly tenantId: bigint;
  /** LOW, NORMAL or HIGH. */
  readonly priority: string;
}

/** One notification for one user's inbox and sockets. Keyed by tenantId|userId. */
export interface InAppNotification {
  /** Deterministic: the same event and user give the same id. */
  readonly notificationId: bigint;
  /** Event that caused it. */
  readonly eventId: string;
  /** When that event happened. Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** Tenant. */
  readonly tenantId: bigint;
  /** Recipient. */
  readonly userId: bigint;
  /** Title, plain text. */
  readonly title: string;
  /** Body, plain text. */
  readonly message: string;
  /** As in the request. */
  readonly type: string;
  /** As in the request. */
  readonly category: string;
  /** LOW, NORMAL or HIGH. */
  readonly priority: string;
  /** Service that caused it. */
  readonly sourceService: string;
  /** Where a click leads. */
  readonly actionUrl: string | null;
  /** What a click does. */
  readonly actionType: string | null;
  /** Kind of the entity. */
  readonly entityType: string | null;
  /** Id of the entity. */
  readonly entityId: bigint | null;
  /** Hidden after this time. Milliseconds since the epoch. */
  readonly expiresAt: bigint | null;
  /** Free values. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The outcome on one channel. */
export interface ChannelDelivery {
  /** IN_APP, EMAIL or PUSH. */
  readonly channel: string;
  /** DISPATCHED (handed on), DELIVERED (a client confirmed), READ, SKIPPED or EXPIRED. */
  readonly status: string;
  /** Why it was skipped: NO_ADDRESS, NO_DEVICE, MUTED, EXPIRED, UNKNOWN_CHANNEL. */
  readonly reason: string | null;
}

/** What became of a notification, for logging_tracker. Keyed by eventId. */
export interface NotificationDeliveredEvent {
  /** Event that caused the notification. */
  readonly eventId: string;
  /** As in InAppNotification. */
  readonly notificationId: bigint;
  /** When the outcome was known. Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** Tenant. */
  readonly tenantId: bigint;
  /** Recipient. */
  readonly userId: bigint;
  /** One entry a channel. */
  readonly deliveries: readonly ChannelDelivery[];
}

/** Any service asks for a notification to one user or many. */
export interface NotificationRequestEvent {
  /** Unique per event; a producer's retry repeats it. */
  readonly eventId: string;
  /** CREATE_NOTIFICATION. */
  readonly eventType: string;
  /** When the event happened. Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** Recipient; 0 when userIds names them. */
  readonly userId: bigint;
  /** Recipients of a bulk request, besides userId. */
  readonly userIds: readonly bigint[];
  /** Tenant that owns every id in the event. */
  readonly tenantId: bigint;
  /** Title, plain text. */
  readonly title: string;
  /** Body, plain text. */
  readonly message: string;
  /** INFO, SUCCESS, WARNING, ERROR or the producer's own. */
  readonly type: string;
  /** TASK, CRM, SALES, ACCOUNT, SYSTEM or the producer's own. */
  readonly category: string;
  /** LOW, NORMAL or HIGH. */
  readonly priority: string;
  /** Service that asks. */
  readonly sourceService: string;
  /** Id of the event that made it ask; may be empty. */
  readonly sourceEventId: string;
  /** Where a click leads. */
  readonly actionUrl: string | null;
  /** What a click does. */
  readonly actionType: string | null;
  /** Kind of the entity it is about. */
  readonly entityType: string | null;
  /** Id of that entity. */
  readonly entityId: bigint | null;
  /** IN_APP, EMAIL, PUSH; empty means IN_APP. */
  readonly channels: readonly string[];
  /** Not delivered after this time. Milliseconds since the epoch. */
  readonly expiresAt: bigint | null;
  /** Free values, passed through to the client. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Template that replaces title and message. */
  readonly templateCode: string | null;
  /** Values for the template. */
  readonly templateVars: Readonly<Record<string, string>>;
}

/** Asks push_service to send one push. Keyed by eventId. */
export interface PushRequestEvent {
  /** Event that caused it. */
  readonly eventId: string;
  /** When that event happened. Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** Recipient. */
  readonly userId: bigint;
  /** Tenant. */
  readonly tenantId: bigint;
  /** Devices. */
  readonly deviceTokens: readonly string[];
  /** Title. */
  readonly title: string;
  /** Text. */
  readonly body: string;
  /** Where a tap leads. */
  readonly actionUrl: string | null;
  /** Values for the app. */
  readonly data: Readonly<Record<string, string>>;
  /** As in InAppNotification. */
  readonly notificationId: bigint;
  /** LOW, NORMAL or HIGH. */
  readonly priority: string;
  /** Not delivered after this time. Milliseconds since the epoch. */
  readonly expiresAt: bigint | null;
}

/** Something happened to an order (sales). */
export interface SalesEvent {
  /** Unique per event. */
  readonly eventId: string;
  /** ORDER_CREATED, PAYMENT_RECEIVED, PAYMENT_DUE, ORDER_SHIPPED; others are ignored. */
  readonly eventType: string;
  /** When the event happened. Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** Order. */
  readonly orderId: bigint;
  /** Customer of the order. */
  readonly customerId: bigint;
  /** Name of the customer. */
  readonly customerName: string;
  /** Actor. */
  readonly userId: bigint;
  /** Recipient: the salesperson in charge. */
  readonly assignedTo: bigint;
  /** Tenant. */
  readonly tenantId: bigint;
  /** Amount of the order or payment. */
  readonly amount: number | null;
  /** ISO 4217 code of the amount. */
  readonly currency: string | null;
  /** When the payment is due. Milliseconds since the epoch. */
  readonly dueAt: bigint | null;
  /** Free values. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Something happened to a task (ptm_task). */
export interface TaskEvent {
  /** Unique per event. */
  readonly eventId: string;
  /** TASK_ASSIGNED, TASK_OVERDUE, TASK_COMPLETED, TASK_COMMENTED; others are ignored. */
  readonly eventType: string;
  /** When the event happened. Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** Task. */
  readonly taskId: bigint;
  /** Title of the task. */
  readonly taskTitle: string;
  /** Owner of the task. */
  readonly userId: bigint;
  /** Recipient. */
  readonly assignedTo: bigint;
  /** Who assigned it. */
  readonly assignedBy: bigint;
  /** Tenant. */
  readonly tenantId: bigint;
  /** LOW, NORMAL or HIGH. */
  readonly priority: string;
  /** Deadline of the task. Milliseconds since the epoch. */
  readonly deadlineMs: bigint | null;
}

/** One user in the directory: the newest account event's state, or the dated marker that a deletion leaves. Keyed by tenantId|userId. */
export interface UserDirectoryEntry {
  /** Tenant. */
  readonly tenantId: bigint;
  /** User. */
  readonly userId: bigint;
  /** When the account event happened. Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** The account event. */
  readonly eventId: string;
  /** True for a deletion's marker. */
  readonly deleted: boolean;
  /** Address for the EMAIL channel. */
  readonly email: string | null;
  /** Name to greet by. */
  readonly fullName: string | null;
  /** BCP 47 tag. */
  readonly locale: string | null;
  /** IANA zone. */
  readonly timeZone: string | null;
  /** Tokens for the PUSH channel. */
  readonly deviceTokens: readonly string[];
  /** Channels that the user turned off; HIGH priority passes. */
  readonly mutedChannels: readonly string[];
}

/** A user was created, changed or deleted (account). Keyed by tenantId|userId; feeds the user directory. */
export interface UserEvent {
  /** Unique per event. */
  readonly eventId: string;
  /** USER_CREATED, USER_UPDATED, USER_DELETED, PASSWORD_CHANGED; others are ignored. */
  readonly eventType: string;
  /** When the event happened. Milliseconds since the epoch. */
  readonly timestamp: bigint;
  /** User. */
  readonly userId: bigint;
  /** Tenant. */
  readonly tenantId: bigint;
  /** Address for the EMAIL channel. */
  readonly email: string | null;
  /** Name to greet by. */
  readonly fullName: string | null;
  /** BCP 47 tag. */
  readonly locale: string | null;
  /** IANA zone. */
  readonly timeZone: string | null;
  /** Tokens for the PUSH channel. */
  readonly deviceTokens: readonly string[];
  /** Channels that the user turned off; HIGH priority passes. */
  readonly mutedChannels: readonly string[];
}

/** The schemas, by record name. */
export const SCHEMAS = {
  CrmEvent: {
    "type": "record",
    "name": "CrmEvent",
    "namespace": "serp.crm",
    "doc": "Something happened to a lead, a customer, an opportunity or an activity (crm).",
    "fields": [
      {
        "name": "eventId",
        "type": "string",
        "doc": "Unique per event."
      },
      {
        "name": "eventType",
        "type": "string",
        "doc": "LEAD_ASSIGNED, DEAL_WON, DEAL_LOST, ACTIVITY_DUE; others are ignored."
      },
      {
        "name": "timestamp",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the event happened."
      },
      {
        "name": "entityType",
        "type": "string",
        "doc": "lead, customer, opportunity or activity."
      },
      {
        "name": "entityId",
        "type": "long",
        "doc": "Entity."
      },
      {
        "name": "entityName",
        "type": "string",
        "doc": "Name of the entity."
      },
      {
        "name": "userId",
        "type": "long",
        "doc": "Actor."
      },
      {
        "name": "assignedTo",
        "type": "long",
        "doc": "Recipient."
      },
      {
        "name": "tenantId",
        "type": "long",
        "doc": "Tenant."
      },
      {
        "name": "value",
        "type": [
          "null",
          "double"
        ],
        "default": null,
        "doc": "Deal value, in dollars."
      },
      {
        "name": "stage",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Pipeline stage."
      },
      {
        "name": "metadata",
        "type": {
          "type": "map",
          "values": "string"
        },
        "doc": "Free values.",
        "default": {}
      }
    ]
  },
  EmailRequestEvent: {
    "type": "record",
    "name": "EmailRequestEvent",
    "namespace": "serp.notification",
    "doc": "Asks mailservice to send one e-mail. Keyed by eventId.",
    "fields": [
      {
        "name": "eventId",
        "type": "string",
        "doc": "Event that caused it."
      },
      {
        "name": "timestamp",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When that event happened."
      },
      {
        "name": "to",
        "type": {
          "type": "array",
          "items": "string"
        },
        "doc": "Addresses."
      },
      {
        "name": "subject",
        "type": "string",
        "doc": "Subject, one line."
      },
      {
        "name": "body",
        "type": "string",
        "doc": "Plain text."
      },
      {
        "name": "bodyHtml",
        "type": "string",
        "doc": "HTML; every value in it is escaped."
      },
      {
        "name": "templateCode",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Template for mailservice."
      },
      {
        "name": "templateVars",
        "type": {
          "type": "map",
          "values": "string"
        },
        "doc": "Values for it.",
        "default": {}
      },
      {
        "name": "notificationId",
        "type": "long",
        "doc": "As in InAppNotification."
      },
      {
        "name": "tenantId",
        "type": "long",
        "doc": "Tenant."
      },
      {
        "name": "priority",
        "type": "string",
        "doc": "LOW, NORMAL or HIGH."
      }
    ]
  },
  InAppNotification: {
    "type": "record",
    "name": "InAppNotification",
    "namespace": "serp.notification",
    "doc": "One notification for one user's inbox and sockets. Keyed by tenantId|userId.",
    "fields": [
      {
        "name": "notificationId",
        "type": "long",
        "doc": "Deterministic: the same event and user give the same id."
      },
      {
        "name": "eventId",
        "type": "string",
        "doc": "Event that caused it."
      },
      {
        "name": "timestamp",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When that event happened."
      },
      {
        "name": "tenantId",
        "type": "long",
        "doc": "Tenant."
      },
      {
        "name": "userId",
        "type": "long",
        "doc": "Recipient."
      },
      {
        "name": "title",
        "type": "string",
        "doc": "Title, plain text."
      },
      {
        "name": "message",
        "type": "string",
        "doc": "Body, plain text."
      },
      {
        "name": "type",
        "type": "string",
        "doc": "As in the request."
      },
      {
        "name": "category",
        "type": "string",
        "doc": "As in the request."
      },
      {
        "name": "priority",
        "type": "string",
        "doc": "LOW, NORMAL or HIGH."
      },
      {
        "name": "sourceService",
        "type": "string",
        "doc": "Service that caused it."
      },
      {
        "name": "actionUrl",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Where a click leads."
      },
      {
        "name": "actionType",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "What a click does."
      },
      {
        "name": "entityType",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Kind of the entity."
      },
      {
        "name": "entityId",
        "type": [
          "null",
          "long"
        ],
        "default": null,
        "doc": "Id of the entity."
      },
      {
        "name": "expiresAt",
        "type": [
          "null",
          {
            "type": "long",
            "logicalType": "timestamp-millis"
          }
        ],
        "default": null,
        "doc": "Hidden after this time."
      },
      {
        "name": "metadata",
        "type": {
          "type": "map",
          "values": "string"
        },
        "doc": "Free values.",
        "default": {}
      }
    ]
  },
  NotificationDeliveredEvent: {
    "type": "record",
    "name": "NotificationDeliveredEvent",
    "namespace": "serp.notification",
    "doc": "What became of a notification, for logging_tracker. Keyed by eventId.",
    "fields": [
      {
        "name": "eventId",
        "type": "string",
        "doc": "Event that caused the notification."
      },
      {
        "name": "notificationId",
        "type": "long",
        "doc": "As in InAppNotification."
      },
      {
        "name": "timestamp",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the outcome was known."
      },
      {
        "name": "tenantId",
        "type": "long",
        "doc": "Tenant."
      },
      {
        "name": "userId",
        "type": "long",
        "doc": "Recipient."
      },
      {
        "name": "deliveries",
        "type": {
          "type": "array",
          "items": {
            "type": "record",
            "name": "ChannelDelivery",
            "doc": "The outcome on one channel.",
            "fields": [
              {
                "name": "channel",
                "type": "string",
                "doc": "IN_APP, EMAIL or PUSH."
              },
              {
                "name": "status",
                "type": "string",
                "doc": "DISPATCHED (handed on), DELIVERED (a client confirmed), READ, SKIPPED or EXPIRED."
              },
              {
                "name": "reason",
                "type": [
                  "null",
                  "string"
                ],
                "default": null,
                "doc": "Why it was skipped: NO_ADDRESS, NO_DEVICE, MUTED, EXPIRED, UNKNOWN_CHANNEL."
              }
            ]
          }
        },
        "doc": "One entry a channel."
      }
    ]
  },
  NotificationRequestEvent: {
    "type": "record",
    "name": "NotificationRequestEvent",
    "namespace": "serp.notification",
    "doc": "Any service asks for a notification to one user or many.",
    "fields": [
      {
        "name": "eventId",
        "type": "string",
        "doc": "Unique per event; a producer's retry repeats it."
      },
      {
        "name": "eventType",
        "type": "string",
        "doc": "CREATE_NOTIFICATION."
      },
      {
        "name": "timestamp",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the event happened."
      },
      {
        "name": "userId",
        "type": "long",
        "doc": "Recipient; 0 when userIds names them."
      },
      {
        "name": "userIds",
        "type": {
          "type": "array",
          "items": "long"
        },
        "doc": "Recipients of a bulk request, besides userId.",
        "default": []
      },
      {
        "name": "tenantId",
        "type": "long",
        "doc": "Tenant that owns every id in the event."
      },
      {
        "name": "title",
        "type": "string",
        "doc": "Title, plain text."
      },
      {
        "name": "message",
        "type": "string",
        "doc": "Body, plain text."
      },
      {
        "name": "type",
        "type": "string",
        "doc": "INFO, SUCCESS, WARNING, ERROR or the producer's own."
      },
      {
        "name": "category",
        "type": "string",
        "doc": "TASK, CRM, SALES, ACCOUNT, SYSTEM or the producer's own."
      },
      {
        "name": "priority",
        "type": "string",
        "doc": "LOW, NORMAL or HIGH."
      },
      {
        "name": "sourceService",
        "type": "string",
        "doc": "Service that asks."
      },
      {
        "name": "sourceEventId",
        "type": "string",
        "doc": "Id of the event that made it ask; may be empty.",
        "default": ""
      },
      {
        "name": "actionUrl",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Where a click leads."
      },
      {
        "name": "actionType",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "What a click does."
      },
      {
        "name": "entityType",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Kind of the entity it is about."
      },
      {
        "name": "entityId",
        "type": [
          "null",
          "long"
        ],
        "default": null,
        "doc": "Id of that entity."
      },
      {
        "name": "channels",
        "type": {
          "type": "array",
          "items": "string"
        },
        "doc": "IN_APP, EMAIL, PUSH; empty means IN_APP.",
        "default": []
      },
      {
        "name": "expiresAt",
        "type": [
          "null",
          {
            "type": "long",
            "logicalType": "timestamp-millis"
          }
        ],
        "default": null,
        "doc": "Not delivered after this time."
      },
      {
        "name": "metadata",
        "type": {
          "type": "map",
          "values": "string"
        },
        "doc": "Free values, passed through to the client.",
        "default": {}
      },
      {
        "name": "templateCode",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Template that replaces title and message."
      },
      {
        "name": "templateVars",
        "type": {
          "type": "map",
          "values": "string"
        },
        "doc": "Values for the template.",
        "default": {}
      }
    ]
  },
  PushRequestEvent: {
    "type": "record",
    "name": "PushRequestEvent",
    "namespace": "serp.notification",
    "doc": "Asks push_service to send one push. Keyed by eventId.",
    "fields": [
      {
        "name": "eventId",
        "type": "string",
        "doc": "Event that caused it."
      },
      {
        "name": "timestamp",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When that event happened."
      },
      {
        "name": "userId",
        "type": "long",
        "doc": "Recipient."
      },
      {
        "name": "tenantId",
        "type": "long",
        "doc": "Tenant."
      },
      {
        "name": "deviceTokens",
        "type": {
          "type": "array",
          "items": "string"
        },
        "doc": "Devices.",
        "default": []
      },
      {
        "name": "title",
        "type": "string",
        "doc": "Title."
      },
      {
        "name": "body",
        "type": "string",
        "doc": "Text."
      },
      {
        "name": "actionUrl",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Where a tap leads."
      },
      {
        "name": "data",
        "type": {
          "type": "map",
          "values": "string"
        },
        "doc": "Values for the app.",
        "default": {}
      },
      {
        "name": "notificationId",
        "type": "long",
        "doc": "As in InAppNotification."
      },
      {
        "name": "priority",
        "type": "string",
        "doc": "LOW, NORMAL or HIGH."
      },
      {
        "name": "expiresAt",
        "type": [
          "null",
          {
            "type": "long",
            "logicalType": "timestamp-millis"
          }
        ],
        "default": null,
        "doc": "Not delivered after this time."
      }
    ]
  },
  SalesEvent: {
    "type": "record",
    "name": "SalesEvent",
    "namespace": "serp.sales",
    "doc": "Something happened to an order (sales).",
    "fields": [
      {
        "name": "eventId",
        "type": "string",
        "doc": "Unique per event."
      },
      {
        "name": "eventType",
        "type": "string",
        "doc": "ORDER_CREATED, PAYMENT_RECEIVED, PAYMENT_DUE, ORDER_SHIPPED; others are ignored."
      },
      {
        "name": "timestamp",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the event happened."
      },
      {
        "name": "orderId",
        "type": "long",
        "doc": "Order."
      },
      {
        "name": "customerId",
        "type": "long",
        "doc": "Customer of the order."
      },
      {
        "name": "customerName",
        "type": "string",
        "doc": "Name of the customer.",
        "default": ""
      },
      {
        "name": "userId",
        "type": "long",
        "doc": "Actor."
      },
      {
        "name": "assignedTo",
        "type": "long",
        "doc": "Recipient: the salesperson in charge."
      },
      {
        "name": "tenantId",
        "type": "long",
        "doc": "Tenant."
      },
      {
        "name": "amount",
        "type": [
          "null",
          "double"
        ],
        "default": null,
        "doc": "Amount of the order or payment."
      },
      {
        "name": "currency",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "ISO 4217 code of the amount."
      },
      {
        "name": "dueAt",
        "type": [
          "null",
          {
            "type": "long",
            "logicalType": "timestamp-millis"
          }
        ],
        "default": null,
        "doc": "When the payment is due."
      },
      {
        "name": "metadata",
        "type": {
          "type": "map",
          "values": "string"
        },
        "doc": "Free values.",
        "default": {}
      }
    ]
  },
  TaskEvent: {
    "type": "record",
    "name": "TaskEvent",
    "namespace": "serp.task",
    "doc": "Something happened to a task (ptm_task).",
    "fields": [
      {
        "name": "eventId",
        "type": "string",
        "doc": "Unique per event."
      },
      {
        "name": "eventType",
        "type": "string",
        "doc": "TASK_ASSIGNED, TASK_OVERDUE, TASK_COMPLETED, TASK_COMMENTED; others are ignored."
      },
      {
        "name": "timestamp",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the event happened."
      },
      {
        "name": "taskId",
        "type": "long",
        "doc": "Task."
      },
      {
        "name": "taskTitle",
        "type": "string",
        "doc": "Title of the task."
      },
      {
        "name": "userId",
        "type": "long",
        "doc": "Owner of the task."
      },
      {
        "name": "assignedTo",
        "type": "long",
        "doc": "Recipient."
      },
      {
        "name": "assignedBy",
        "type": "long",
        "doc": "Who assigned it."
      },
      {
        "name": "tenantId",
        "type": "long",
        "doc": "Tenant."
      },
      {
        "name": "priority",
        "type": "string",
        "doc": "LOW, NORMAL or HIGH."
      },
      {
        "name": "deadlineMs",
        "type": [
          "null",
          {
            "type": "long",
            "logicalType": "timestamp-millis"
          }
        ],
        "default": null,
        "doc": "Deadline of the task."
      }
    ]
  },
  UserDirectoryEntry: {
    "type": "record",
    "name": "UserDirectoryEntry",
    "namespace": "serp.notification.internal",
    "doc": "One user in the directory: the newest account event's state, or the dated marker that a deletion leaves. Keyed by tenantId|userId.",
    "fields": [
      {
        "name": "tenantId",
        "type": "long",
        "doc": "Tenant."
      },
      {
        "name": "userId",
        "type": "long",
        "doc": "User."
      },
      {
        "name": "timestamp",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the account event happened."
      },
      {
        "name": "eventId",
        "type": "string",
        "doc": "The account event."
      },
      {
        "name": "deleted",
        "type": "boolean",
        "default": false,
        "doc": "True for a deletion's marker."
      },
      {
        "name": "email",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Address for the EMAIL channel."
      },
      {
        "name": "fullName",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Name to greet by."
      },
      {
        "name": "locale",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "BCP 47 tag."
      },
      {
        "name": "timeZone",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "IANA zone."
      },
      {
        "name": "deviceTokens",
        "type": {
          "type": "array",
          "items": "string"
        },
        "doc": "Tokens for the PUSH channel.",
        "default": []
      },
      {
        "name": "mutedChannels",
        "type": {
          "type": "array",
          "items": "string"
        },
        "doc": "Channels that the user turned off; HIGH priority passes.",
        "default": []
      }
    ]
  },
  UserEvent: {
    "type": "record",
    "name": "UserEvent",
    "namespace": "serp.account",
    "doc": "A user was created, changed or deleted (account). Keyed by tenantId|userId; feeds the user directory.",
    "fields": [
      {
        "name": "eventId",
        "type": "string",
        "doc": "Unique per event."
      },
      {
        "name": "eventType",
        "type": "string",
        "doc": "USER_CREATED, USER_UPDATED, USER_DELETED, PASSWORD_CHANGED; others are ignored."
      },
      {
        "name": "timestamp",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the event happened."
      },
      {
        "name": "userId",
        "type": "long",
        "doc": "User."
      },
      {
        "name": "tenantId",
        "type": "long",
        "doc": "Tenant."
      },
      {
        "name": "email",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Address for the EMAIL channel."
      },
      {
        "name": "fullName",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "Name to greet by."
      },
      {
        "name": "locale",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "BCP 47 tag."
      },
      {
        "name": "timeZone",
        "type": [
          "null",
          "string"
        ],
        "default": null,
        "doc": "IANA zone."
      },
      {
        "name": "deviceTokens",
        "type": {
          "type": "array",
          "items": "string"
        },
        "doc": "Tokens for the PUSH channel.",
        "default": []
      },
      {
        "name": "mutedChannels",
        "type": {
          "type": "array",
          "items": "string"
        },
        "doc": "Channels that the user turned off; HIGH priority passes.",
        "default": []
      }
    ]
  },
} satisfies Readonly<Record<string, AvroRecord>>;

/** The names of our records, without namespace. */
export type RecordName = keyof typeof SCHEMAS;
