/** The hot path as one checkout has built it: another's may be in the same process, each with modules of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCHEMAS } from '../../schemas/types.js';
import type { SourcePosition } from '../../state/dedup/changelog-entry.js';
import type { DirectoryView } from '../../processors/context.js';
import type { SourceName, SourceRecord } from '../../common/record.js';
import type { StagedCommit as Staged } from '../../topology/task/staged-commit.js';
import type { OutputTarget } from '../../topology/task/staged-outputs.js';
import { SINK_SCHEMA_IDS } from '../harness/sink-schema-ids.js';
import { batchOf, FIRST_TIMESTAMP, TOPIC, users } from './input.js';
import { loadModules } from './modules.js';

const RECORDS_A_TURN = 2500;
const WINDOW_MS = 86_400_000;
const PARTITIONS = 4;

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
    compileTemplates,
    createExecutor,
    LayeredDedup,
    notifications,
    OutboundBatches,
    RecordList,
    SourceQueue,
    StagedCommit,
    StagedOutputs,
    StateEnvironment,
    sourcePartition,
    TaskStore,
    TopicNames,
    windowShape,
  } = await loadModules(root);

  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-hot-path-'));
  const environment = new StateEnvironment(folder);
  const shape = windowShape(WINDOW_MS);
  const store = new TaskStore(environment, 0, shape);
  await store.load();
  const directory: DirectoryView = { get: (_, userId) => users[Number(userId) - 1] };
  const writer = admitWriter({ schemaType: 'AVRO', schema: JSON.stringify(SCHEMAS.TaskEvent) });
  if (writer.kind !== 'readable') throw new Error('TaskEvent is not read');
  const executor = createExecutor(notifications, {
    decoder: { decode: (topic, value) => ({ kind: 'event', value: { topic, event: writer.read(value) } as never }) },
    templates: compileTemplates([]),
    appId: 'hot-path',
    stackTraces: false,
  });
  const encoder = new AvroEncoder(SINK_SCHEMA_IDS);
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
  const dedup = new LayeredDedup(store, shape, () => layers);
  const start: ReadonlyMap<SourceName, SourcePosition> = new Map([
    [source.name, { nextOffset: 0, streamTime: 0, notifyFrom: 0 }],
  ]);
  let spare: Pick<Staged, 'outputs' | 'digests'> | undefined;
  let layers: Staged[] = [];
  let offset = 0;

  /** Says how many are copies. */
  const fetch = (): number => {
    const { body, copies } = batchOf(offset, RECORDS_A_TURN);
    const records = new RecordList();
    const time = { baseTimestamp: FIRST_TIMESTAMP, maxTimestamp: FIRST_TIMESTAMP, appendTime: true };
    records.add(
      { baseOffset: offset, lastOffsetDelta: RECORDS_A_TURN - 1, count: RECORDS_A_TURN, ...time },
      body,
      offset,
    );
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
    if (processed.kind === 'unfinished') throw new Error('the event has one recipient');
    if (processed.kind === 'unsettled') throw new Error('everything is settled');
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
