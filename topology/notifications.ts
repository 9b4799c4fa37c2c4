/** The whole topology, top to bottom: ERP events in, notifications out. */
import { createDecode } from '../processors/decode.js';
import { createDedup } from '../processors/dedup.js';
import { createMap } from '../processors/map/map.js';
import { createRoute } from '../processors/route.js';
import { writeDeadLetter } from '../processors/sinks/dead-letter.js';
import { emitDelivered } from '../processors/sinks/delivered.js';
import { emitDirectory } from '../processors/sinks/directory.js';
import { emitEmail } from '../processors/sinks/email.js';
import { emitInApp } from '../processors/sinks/in-app.js';
import { emitPush } from '../processors/sinks/push.js';
import { deadLetterSink, defineTopology, processor, sink, source } from './graph/graph.js';

export const notifications = defineTopology({
  name: 'notifications',
  stores: ['dedup-window', 'user-directory'],
  nodes: [
    source('requests', 'NOTIFICATION_REQUEST_TOPIC', 'NotificationRequestEvent'),
    source('tasks', 'TASK_EVENT_TOPIC', 'TaskEvent'),
    source('crm', 'CRM_EVENT_TOPIC', 'CrmEvent'),
    source('sales', 'SALES_EVENT_TOPIC', 'SalesEvent'),
    source('accounts', 'USER_EVENT_TOPIC', 'UserEvent', { bootstraps: 'user-directory' }),

    processor('decode', { from: ['requests', 'tasks', 'crm', 'sales', 'accounts'], create: createDecode }),
    processor('map', { from: ['decode'], create: createMap }),
    processor('dedup', { from: ['map'], create: createDedup, store: 'dedup-window' }),
    processor('route', { from: ['dedup'], create: createRoute, store: 'user-directory' }),

    sink('email', { from: ['route'], topic: 'EMAIL_REQUEST_TOPIC', schema: 'EmailRequestEvent', sink: emitEmail }),
    sink('push', { from: ['route'], topic: 'PUSH_REQUEST_TOPIC', schema: 'PushRequestEvent', sink: emitPush }),
    sink('in-app', {
      from: ['route'],
      topic: 'NOTIFICATION_INAPP_TOPIC',
      schema: 'InAppNotification',
      sink: emitInApp,
    }),
    sink('delivered', {
      from: ['route'],
      topic: 'NOTIFICATION_DELIVERED_TOPIC',
      schema: 'NotificationDeliveredEvent',
      sink: emitDelivered,
    }),
    sink('directory', { from: ['route'], topic: 'USER_DIRECTORY', schema: 'UserDirectoryEntry', sink: emitDirectory }),

    deadLetterSink('dead-letter', {
      from: ['decode', 'map', 'dedup', 'route'],
      topic: 'NOTIFICATION_DLQ',
      sink: writeDeadLetter,
    }),
  ],
});
