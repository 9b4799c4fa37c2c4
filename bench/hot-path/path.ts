/** The hot path as one checkout has built it: another's may be in the same process, each with modules of its own. */
import type { SourcePosition } from '../../common/source-position.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCHEMAS } from '../../schemas/types.js';
import { createActionUrlRule, DEFAULT_ACTION_URL_SCHEMES } from '../../processors/action-url.js';
import type { DirectoryView, NotificationStores } from '../../processors/context.js';
import type { SourceName, SourceRecord } from '../../common/record.js';
import type { Layer } from '../../topology/graph/task-state.js';
import type { NotificationChanges } from '../../topology/stores/notification-state.js';
import type { StagedCommit } from '../../topology/task/staged-commit.js';
import type { OutputTarget } from '../../topology/task/staged-outputs.js';
import { SINK_SCHEMA_IDS } from '../harness/sink-schema-ids.js';
import { batchOf, FIRST_TIMESTAMP, TOPIC, users } from './input.js';
import { loadModules } from './modules.js';

const RECORDS_A_TURN = 2500;
const WINDOW_MS = 86_400_000;
const PARTITIONS = 4;

type Staged = StagedCommit & Layer<NotificationChanges>;

export interface HotPath {
  /** Processes and stores the records of one commit; µs of processor time a record, of the processing. Throws when repeats are not what was dropped. */
  readonly run: () => Promise<number>;
  readonly close: () => Promise<void>;
}

export async function loadHotPath(root: string): Promise<HotPath> {
  const {
    AvroEncoder,
    admitWriter,
    compileTemplates,
    createExecutor,
    createMappers,
    notifications,
    NotificationState,
    OwnRecords,
    OutboundBatches,
    RecordList,
    SourceQueue,
    StagedCommit,
    StagedOutputs,
    StateEnvironment,
    sourcePartition,
    rulesIn,
    TopicNames,
    windowShape,
  } = await loadModules(root);

  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-hot-path-'));
  const environment = new StateEnvironment(folder);
  const shape = windowShape(WINDOW_MS);
  const directory: DirectoryView = { get: (_, userId) => users[Number(userId) - 1] };
  const state = new NotificationState(environment, 0, shape, directory);
  await state.load();
  const rules = rulesIn(undefined);
  const schema = JSON.stringify(SCHEMAS.TaskEvent);
  const writer = admitWriter({ schemaType: 'AVRO', schema }, new OwnRecords(rules.sources));
  if (writer.kind !== 'readable') throw new Error('TaskEvent is not read');
  const executor = createExecutor(notifications(rules.sources), {
    services: {
      decoder: { decode: (topic, value) => ({ kind: 'event', value: { topic, event: writer.read(value) } as never }) },
      mappers: createMappers(rules, {
        templates: compileTemplates([]),
        locales: ['en'],
        actionUrl: createActionUrlRule(DEFAULT_ACTION_URL_SCHEMES),
      }),
      unknownTypes: 'skip',
    },
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
    spaceFreed: nothing,
  });
  const stores: NotificationStores = { ...state.view(() => layers), 'user-directory': directory };
  const start: ReadonlyMap<SourceName, SourcePosition> = new Map([
    [source.name, { nextOffset: 0, streamTime: 0, notifyFrom: 0 }],
  ]);
  let spare: Pick<Staged, 'outputs' | 'changes'> | undefined;
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
    staged.setStreamTime(record.source, state.advance(before, record.timestamp, staged.now));
    const { now, outputs } = staged;
    const processed = executor.process(record, { now, stores, notify: true, outputs });
    if (processed.kind === 'unresolved') throw new Error('the schema is known');
    if (processed.kind === 'unfinished') throw new Error('the event has one recipient');
    if (processed.kind === 'unsettled') throw new Error('everything is settled');
    if (processed.kind === 'waiting') throw new Error('no newer rules are there');
    staged.add(record, processed);
  };

  return {
    async run() {
      const copies = fetch();
      const { outputs, changes } = spare ?? { outputs: new StagedOutputs(target, encoder), changes: state.stage() };
      const staged = Object.assign(new StagedCommit(layers[0]?.positions ?? start, outputs, changes), { changes });
      staged.now = FIRST_TIMESTAMP;
      layers = [staged];
      const cpu = process.cpuUsage();
      processAll(staged);
      const { user, system } = process.cpuUsage(cpu);
      if (changes.digests.size !== RECORDS_A_TURN - copies)
        throw new Error(`${changes.digests.size} of ${RECORDS_A_TURN - copies} events were taken for new`);
      await state.apply(changes, staged.positions, offset, offset + 1);
      offset += RECORDS_A_TURN;
      outputs.clear();
      changes.clear();
      spare = { outputs, changes };
      return (user + system) / RECORDS_A_TURN;
    },
    async close() {
      await environment.close();
      rmSync(folder, { recursive: true });
    },
  };
}
