/** Task events, some of them copies, as batches on the wire; and their users. */
import { parseType } from '../../schemas/avro/parse-type.js';
import { SCHEMAS, type TaskEvent, type UserDirectoryEntry } from '../../schemas/types.js';
import { framed } from '../../schemas/wire-format.js';
import { ByteWriter } from '../../common/bytes.js';
import { BATCH_OVERHEAD, RecordBatch } from '../../topology/kafka/index.js';

export const TOPIC = 'TASK_EVENT_TOPIC';
export const FIRST_TIMESTAMP = 1_760_000_000_000;
const DAY_MS = 86_400_000;
const TENANTS = 100;
const USERS = 10_000;
const TYPES = ['TASK_ASSIGNED', 'TASK_OVERDUE', 'TASK_COMPLETED', 'TASK_COMMENTED'];
/** One record in so many is a copy, of one at most so far back. */
const COPY_EVERY = 10;
const COPIED_FROM = 5000;
const BYTES_A_RECORD = 300;

const taskEvent = parseType(SCHEMAS.TaskEvent);

/** By user id, less one. */
export const users = Array.from({ length: USERS }, (_, user) => userOf(user));

export interface Batch {
  /** The records, without the batch's header. */
  readonly body: Buffer;
  /** Records that repeat another one. */
  readonly copies: number;
}

/** So many records from the nth one on. */
export function batchOf(from: number, count: number): Batch {
  const batch = new RecordBatch(TOPIC, 0, new ByteWriter(count * BYTES_A_RECORD));
  let copies = 0;
  for (let index = from; index < from + count; index += 1) {
    const id = idOf(index);
    if (id !== index) copies += 1;
    const event = eventOf(id);
    batch.append(Buffer.from(event.eventId), framed(taskEvent.toBuffer(event), 1));
  }
  return { body: batch.writer.bytes().subarray(BATCH_OVERHEAD), copies };
}

/** The id of a record: its own number, or that of the one that it is a copy of. */
function idOf(index: number): number {
  const isCopy = index > COPIED_FROM && index % COPY_EVERY === 0;
  // Never that of another copy.
  return isCopy ? index - 1 - COPY_EVERY * ((index * 7919) % (COPIED_FROM / COPY_EVERY)) : index;
}

function eventOf(id: number): TaskEvent {
  const userId = BigInt(1 + ((id * 31) % USERS));
  return {
    eventId: `0192f0c1-8a7b-7c3d-9e4f-${String(id).padStart(12, '0')}`,
    eventType: TYPES[id % TYPES.length]!,
    timestamp: BigInt(FIRST_TIMESTAMP + id),
    taskId: BigInt(1_000_000 + id),
    taskTitle: `Report no. ${id}`,
    userId,
    assignedTo: userId,
    assignedBy: BigInt(1 + (id % 977)),
    tenantId: 1n + (userId % BigInt(TENANTS)),
    priority: 'NORMAL',
    deadlineMs: BigInt(FIRST_TIMESTAMP + DAY_MS),
  };
}

function userOf(user: number): UserDirectoryEntry {
  return {
    tenantId: BigInt(1 + (user % TENANTS)),
    userId: BigInt(user + 1),
    timestamp: 1n,
    eventId: `user-${user}`,
    deleted: false,
    email: `user${user}@example.org`,
    fullName: `User ${user}`,
    locale: 'en',
    timeZone: 'UTC',
    deviceTokens: [`device-token-${user}`],
    mutedChannels: [],
  };
}
