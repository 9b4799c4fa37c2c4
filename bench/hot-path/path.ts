/** The hot path as one checkout has built it: another's may be in the same process, each with modules of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskEvent, UserDirectoryEntry } from '../../schemas/types.js';
import type { SourcePosition } from '../../state/changelog-entry.js';
import type { DirectoryView } from '../../topology/context.js';
import type { SourceName, SourceRecord } from '../../topology/record.js';
import type { StagedCommit as Staged } from '../../topology/task/staged-commit.js';
import type { OutputTarget } from '../../topology/task/staged-outputs.js';
import { loadModules } from './modules.js';

const RECORDS_A_TURN = 2500;
const TOPIC = 'TASK_EVENT_TOPIC';
const WINDOW_MS = 86_400_000;
const TENANTS = 100;
const USERS = 10_000;
const PARTITIONS = 4;
const TYPES = ['TASK_ASSIGNED', 'TASK_OVERDUE', 'TASK_COMPLETED', 'TASK_COMMENTED'];
const FIRST_TIMESTAMP = 1_760_000_000_000;
/** One record in so many is a copy, of one at most so far back. */
const COPY_EVERY = 10;
const COPIED_FROM = 5000;

export interface HotPath {
  /** Processes and stores the records of one commit; µs of processor time a record, of the processing. Throws when repeats are not what was dropped. */
  readonly run: () => Promise<number>;
  readonly close: () => Promise<void>;
}

export async function loadHotPath(root: string): Promise<HotPath> {
  const {
    AvroEncoder,
    admitWriter,
    advance,
    BATCH_OVERHEAD,
    ByteWriter,
    compileTemplates,
    createExecutor,
    HEADER_BYTES,
    LayeredDedup,
    notifications,
    OutboundBatches,
    parseType,
    RecordBatch,
    RecordList,
    SCHEMAS,
    SourceQueue,
    StagedCommit,
    StagedOutputs,
    StateEnvironment,
    sourcePartition,
    TaskStore,
    TopicNames,
    windowShape,
    writeHeader,
  } = await loadModules(root);

  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-hot-path-'));
  const environment = new StateEnvironment(folder);
  const shape = windowShape(WINDOW_MS);
  const store = new TaskStore(environment, 0, shape);
  await store.load();
  const users = Array.from({ length: USERS }, (_, user) => userOf(user));
  const directory: DirectoryView = { get: (_, userId) => users[Number(userId) - 1] };
  const writer = admitWriter({ schemaType: 'AVRO', schema: JSON.stringify(SCHEMAS.TaskEvent) });
  if (writer.kind !== 'readable') throw new Error(writer.message);
  const executor = createExecutor(notifications, {
    decoder: { decode: (topic, value) => ({ kind: 'event', value: { topic, event: writer.read(value) } as never }) },
    templates: compileTemplates([]),
    appId: 'hot-path',
    stackTraces: false,
  });
  const encoder = new AvroEncoder({
    EMAIL_REQUEST_TOPIC: 1,
    PUSH_REQUEST_TOPIC: 2,
    NOTIFICATION_INAPP_TOPIC: 3,
    NOTIFICATION_DELIVERED_TOPIC: 4,
    USER_DIRECTORY: 5,
  });
  const producer = { newBatches: () => new OutboundBatches(1_000_000), partitionCount: () => PARTITIONS };
  const target = { task: 0, names: new TopicNames('', 'hot-path'), producer } as unknown as OutputTarget;
  const source = sourcePartition(TOPIC, 0);
  const nothing = (): void => undefined;
  const queue = new SourceQueue(source, 1 << 24, {
    arrived: nothing,
    outOfRange: nothing,
    recreated: nothing,
    unreadable: nothing,
    heldUp: nothing,
    roomMade: nothing,
  });
  const type = parseType(SCHEMAS.TaskEvent);
  const dedup = new LayeredDedup(store, shape, () => layers);
  const start: ReadonlyMap<SourceName, SourcePosition> = new Map([
    [source.name, { nextOffset: 0, streamTime: 0, notifyFrom: 0 }],
  ]);
  let spare: Pick<Staged, 'outputs' | 'digests'> | undefined;
  let layers: Staged[] = [];
  let offset = 0;

  const fetch = (): number => {
    const batch = new RecordBatch(TOPIC, 0, new ByteWriter(RECORDS_A_TURN * 300));
    let copies = 0;
    for (let nth = offset; nth < offset + RECORDS_A_TURN; nth += 1) {
      const id = idOf(nth);
      if (id !== nth) copies += 1;
      const event = eventOf(id);
      const body = type.toBuffer(event);
      const value = Buffer.alloc(HEADER_BYTES + body.length);
      writeHeader(value, 0, 7);
      body.copy(value, HEADER_BYTES);
      batch.append(Buffer.from(event.eventId), value);
    }
    const records = new RecordList();
    const time = { baseTimestamp: FIRST_TIMESTAMP, maxTimestamp: FIRST_TIMESTAMP, appendTime: true };
    const bytes = batch.writer.bytes().subarray(BATCH_OVERHEAD);
    records.add({ baseOffset: offset, count: RECORDS_A_TURN, ...time }, bytes, offset);
    const nextOffset = offset + RECORDS_A_TURN;
    queue.deliver({ records, nextOffset, bytes: records.bytes }, nextOffset);
    return copies;
  };

  const processAll = (staged: Staged): void => {
    for (let record = queue.peek(); record; record = queue.peek()) {
      processOne(record, staged);
      queue.take();
    }
  };
  const processOne = (record: SourceRecord, staged: Staged): void => {
    const before = staged.streamTime(record.source);
    staged.setStreamTime(record.source, advance(before, record.timestamp, staged.now, shape));
    const { now, outputs } = staged;
    const processed = executor.process(record, { now, dedup, directory, notify: true, outputs });
    if (processed.kind === 'unresolved') throw new Error('the schema is known');
    staged.add(record, processed);
  };

  return {
    async run() {
      const copies = fetch();
      const staged = new StagedCommit(
        layers[0]?.positions ?? start,
        shape,
        spare?.outputs ?? new StagedOutputs(() => target, encoder),
        spare?.digests,
      );
      staged.now = FIRST_TIMESTAMP;
      layers = [staged];
      const cpu = process.cpuUsage();
      processAll(staged);
      const { user, system } = process.cpuUsage(cpu);
      if (staged.digests.size !== RECORDS_A_TURN - copies)
        throw new Error(`${staged.digests.size} of ${RECORDS_A_TURN - copies} events were taken for new`);
      await store.apply([{ offset, entry: staged.entry() }], offset + 1, true);
      offset += RECORDS_A_TURN;
      staged.outputs.clear();
      staged.digests.clear();
      spare = { outputs: staged.outputs, digests: staged.digests };
      return (user + system) / RECORDS_A_TURN;
    },
    async close() {
      await environment.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Of the nth record: its own number, or that of the one that it is a copy of. */
function idOf(nth: number): number {
  const isCopy = nth > COPIED_FROM && nth % COPY_EVERY === 0;
  // Never that of another copy.
  return isCopy ? nth - 1 - COPY_EVERY * ((nth * 7919) % (COPIED_FROM / COPY_EVERY)) : nth;
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
    deadlineMs: BigInt(FIRST_TIMESTAMP + WINDOW_MS),
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
