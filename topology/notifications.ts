/** The map: from the ERP's events to notifications, e-mails, pushes and delivery records. */
import type { NotificationStores } from '../processors/context.js';
import { createDecode } from '../processors/decode.js';
import { createDedup } from '../processors/dedup.js';
import { createMap } from '../processors/map/map.js';
import type { Services } from '../processors/processor.js';
import { createRoute } from '../processors/route.js';
import { writeDeadLetter } from '../processors/sinks/dead-letter.js';
import { emitDelivered } from '../processors/sinks/delivered.js';
import { emitDirectory } from '../processors/sinks/directory.js';
import { emitEmail } from '../processors/sinks/email.js';
import { emitInApp } from '../processors/sinks/in-app.js';
import { emitPush } from '../processors/sinks/push.js';
import type { SinkEvents } from '../schemas/codecs.js';
import type { SourceSpec } from '../schemas/source-spec.js';
import { topology } from './graph/topology.js';

interface Notifications {
  readonly services: Services;
  readonly stores: NotificationStores;
  readonly sources: string;
  readonly events: SinkEvents;
  readonly deadLetters: 'NOTIFICATION_DLQ';
}

/** The map, of these sources. Throws TopologyError where they cannot stand on one. */
export function notifications(sources: readonly SourceSpec[]) {
  return topology<Notifications>('notifications')
    .sources(sources.map(({ record, ...source }) => ({ ...source, schema: record.name })))

    .process('decode', createDecode)
    .process('map', createMap)
    .process('dedup', createDedup, { store: 'dedup-window' })
    .process('route', createRoute, { store: 'user-directory' })

    .sink('email', 'EMAIL_REQUEST_TOPIC', 'EmailRequestEvent', emitEmail)
    .sink('push', 'PUSH_REQUEST_TOPIC', 'PushRequestEvent', emitPush)
    .sink('in-app', 'NOTIFICATION_INAPP_TOPIC', 'InAppNotification', emitInApp)
    .sink('delivered', 'NOTIFICATION_DELIVERED_TOPIC', 'NotificationDeliveredEvent', emitDelivered)
    .sink('directory', 'USER_DIRECTORY', 'UserDirectoryEntry', emitDirectory)

    .deadLetters('dead-letter', 'NOTIFICATION_DLQ', writeDeadLetter);
}
