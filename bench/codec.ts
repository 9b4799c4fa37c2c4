/** Decode and encode rates of one core: `node --import tsx bench/codec.ts`. */
import { SOURCES } from '../dev/contract/sources.js';
import { AvroEncoder } from '../schemas/encoder.js';
import { parseType } from '../schemas/avro/parse-type.js';
import { SCHEMAS } from '../schemas/types.js';
import type {
  InAppNotification,
  NotificationRequestEvent,
  RecordName,
  TaskEvent,
  UserDirectoryEntry,
} from '../schemas/types.js';
import { admitWriter } from '../schemas/registry/writer.js';
import { framed } from '../schemas/wire-format.js';
import { SINK_SCHEMA_IDS } from './harness/sink-schema-ids.js';
import { OwnRecords } from '../schemas/registry/own-records.js';

const SECONDS = 1;

const task: TaskEvent = {
  eventId: '0192f0c1-8a7b-7c3d-9e4f-001122334455',
  eventType: 'TASK_ASSIGNED',
  timestamp: 1_760_000_000_000n,
  taskId: 123_456_789_012n,
  taskTitle: 'Write the quarterly report',
  userId: 42n,
  assignedTo: 1_234_567n,
  assignedBy: 99n,
  tenantId: 7n,
  priority: 'HIGH',
  deadlineMs: 1_760_000_900_000n,
};

const inApp: InAppNotification = {
  notificationId: 7_234_567_890_123_456_789n,
  eventId: task.eventId,
  timestamp: task.timestamp,
  tenantId: 7n,
  userId: 42n,
  title: 'Task assigned',
  message: "Task 'Write the quarterly report' assigned to you",
  type: 'INFO',
  category: 'TASK',
  priority: 'HIGH',
  sourceService: 'ptm_task',
  actionUrl: null,
  actionType: null,
  entityType: 'task',
  entityId: task.taskId,
  expiresAt: null,
  metadata: { project: 'Q4', list: 'Reports' },
};

const request: NotificationRequestEvent = {
  ...inApp,
  eventType: 'CREATE_NOTIFICATION',
  userIds: [1n, 2n, 3n],
  sourceEventId: '',
  channels: ['IN_APP', 'EMAIL'],
  templateCode: null,
  templateVars: {},
};

const entry: UserDirectoryEntry = {
  tenantId: 7n,
  userId: 42n,
  timestamp: task.timestamp,
  eventId: task.eventId,
  deleted: false,
  email: 'ada@example.org',
  fullName: 'Ada Lovelace',
  locale: 'en-GB',
  timeZone: 'Europe/London',
  deviceTokens: ['token-1', 'token-2'],
  mutedChannels: [],
};

function rate(work: () => unknown): string {
  const run = (ms: number): number => {
    const until = performance.now() + ms;
    let count = 0;
    while (performance.now() < until) {
      for (let i = 0; i < 1000; i++) work();
      count += 1000;
    }
    return count;
  };
  run(300);
  const start = performance.now();
  const count = run(SECONDS * 1000);
  return Math.round((count * 1000) / (performance.now() - start)).toLocaleString('en');
}

/** The event as a producer with `schema` would send it. */
function wireValue(name: RecordName, event: object): Buffer {
  return framed(parseType(SCHEMAS[name]).toBuffer(event), 1);
}

function decodeRate(name: RecordName, event: object, evolved: boolean): string {
  const schema = evolved
    ? { ...SCHEMAS[name], fields: [...SCHEMAS[name].fields, { name: 'added', type: 'string', default: '' }] }
    : SCHEMAS[name];
  const value = evolved ? Buffer.concat([wireValue(name, event), Buffer.from([0])]) : wireValue(name, event);
  const writer = admitWriter({ schemaType: 'AVRO', schema: JSON.stringify(schema) }, records);
  if (writer.kind !== 'readable') throw new Error(`${name} is not read`);
  return rate(() => writer.read(value));
}

const records = new OwnRecords(SOURCES);
const encoder = new AvroEncoder(SINK_SCHEMA_IDS);

for (const [name, event] of [
  ['TaskEvent', task],
  ['NotificationRequestEvent', request],
  ['InAppNotification', inApp],
] as const) {
  const bytes = wireValue(name, event).length;
  console.log(`decode ${name} (${bytes} B): ${decodeRate(name, event, false)}/s`);
  console.log(`decode ${name} (${bytes} B), another writer's schema: ${decodeRate(name, event, true)}/s`);
}
const buffer = Buffer.alloc(10_000);
const inAppEncoder = encoder.forTopic('NOTIFICATION_INAPP_TOPIC');
const entryEncoder = encoder.forTopic('USER_DIRECTORY');
console.log(`encode InAppNotification: ${rate(() => inAppEncoder.encodeInto(inApp, buffer, 0))}/s`);
console.log(`encode UserDirectoryEntry: ${rate(() => entryEncoder.encodeInto(entry, buffer, 0))}/s`);
