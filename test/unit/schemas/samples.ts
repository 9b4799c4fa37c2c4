/** Events of each kind, and their values as some producer would write them. */
import { SOURCES } from '../../../dev/contract/sources.js';
import type { AvroRecord, AvroSchema } from '../../../schemas/avro/avro-schema.js';
import { SchemaCatalog } from '../../../schemas/registry/catalog.js';
import { parseType } from '../../../schemas/avro/parse-type.js';
import { RegistryClient } from '../../../schemas/registry/registry-client.js';
import type { SinkEvents, SourceEvents } from '../../../schemas/codecs.js';
import { json, StubRegistry } from './registry/stub-registry.js';

const ID = '0192f0c1-8a7b-7c3d-9e4f-001122334455';
const AT = 1_760_000_000_000n;

export const task: SourceEvents['TASK_EVENT_TOPIC'] = {
  eventId: ID,
  eventType: 'TASK_ASSIGNED',
  timestamp: AT,
  taskId: 123_456_789_012n,
  taskTitle: 'Écrire le rapport 🎉',
  userId: 42n,
  assignedTo: 2n ** 63n - 1n,
  assignedBy: -(2n ** 63n),
  tenantId: 7n,
  priority: 'HIGH',
  deadlineMs: null,
};

export const request: SourceEvents['NOTIFICATION_REQUEST_TOPIC'] = {
  eventId: ID,
  eventType: 'CREATE_NOTIFICATION',
  timestamp: AT,
  userId: 0n,
  userIds: [1n, 2n ** 60n, -3n],
  tenantId: 7n,
  title: 'Hello',
  message: 'World',
  type: 'INFO',
  category: 'SYSTEM',
  priority: 'LOW',
  sourceService: 'erp',
  sourceEventId: '',
  actionUrl: 'https://erp.example/1',
  actionType: null,
  entityType: 'task',
  entityId: 2n ** 53n + 1n,
  channels: ['IN_APP', 'EMAIL'],
  expiresAt: AT + 1n,
  metadata: { k: 'v' },
  templateCode: null,
  templateVars: {},
};

export const inApp: SinkEvents['NOTIFICATION_INAPP_TOPIC'] = {
  notificationId: 7_234_567_890_123_456_789n,
  eventId: ID,
  timestamp: AT,
  tenantId: 7n,
  userId: 42n,
  title: 'Tâche',
  message: 'm',
  type: 'INFO',
  category: 'TASK',
  priority: 'HIGH',
  sourceService: 'ptm_task',
  actionUrl: null,
  actionType: null,
  entityType: 'task',
  entityId: 9n,
  expiresAt: null,
  metadata: { a: '1', b: 'zwei' },
};

/** A value under `schemaId` with this body. */
export function frame(schemaId: number, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(schemaId, 1);
  return Buffer.concat([header, body]);
}

/** The value that a producer with `schema` writes. */
export function valueOf(schemaId: number, schema: AvroSchema, event: unknown): Buffer {
  return frame(schemaId, parseType(schema).toBuffer(event));
}

/** Our record with other fields. */
export function withFields(
  record: AvroRecord,
  fields: (own: AvroRecord['fields']) => AvroRecord['fields'],
): AvroRecord {
  return { ...record, fields: fields(record.fields) };
}

/** Schema text, or an answer's whole body, by id. */
export type Registered = Readonly<Record<number, unknown>>;

/** A catalog that has learnt these schemas from a registry (which is gone afterwards). */
export async function catalogOf(registered: Registered, sources = SOURCES): Promise<SchemaCatalog> {
  const stub = await StubRegistry.start();
  try {
    stub.answer = ({ path }, response) => json(response, 200, registered[Number(path.split('/').at(-1))]);
    const catalog = new SchemaCatalog({
      client: new RegistryClient({ url: stub.url }),
      sources,
      retryAttempts: 3,
      retryBackoffMs: 1000,
    });
    const { signal } = new AbortController();
    await Promise.all(Object.keys(registered).map((id) => catalog.resolve(Number(id), { signal })));
    return catalog;
  } finally {
    await stub.close();
  }
}

/** A registry's answer to a look-up by id. */
export function avro(schema: unknown): { schema: string } {
  return { schema: JSON.stringify(schema) };
}
