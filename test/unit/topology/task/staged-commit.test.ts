import { describe, expect, it } from 'vitest';
import type { DirectoryEntry } from '../../../../state/directory/directory-entry.js';
import { packDigests } from '../../../../state/dedup/digest-bytes.js';
import { bucketOf, windowShape } from '../../../../state/dedup/stream-time.js';
import type { SourceName } from '../../../../common/record.js';
import type { Layer } from '../../../../topology/graph/task-state.js';
import { NotificationChanges } from '../../../../topology/stores/notification-state.js';
import { StagedCommit } from '../../../../topology/task/staged-commit.js';
import { recordsOf } from '../kafka/records/records-of.js';
import { digestOf } from '../../../digests.js';
import { deadLetter, forward, remembered, sourceRecord, stagedCommit, stagedOutputs } from './records.js';

const SHAPE = windowShape(32_000);
const TASKS: SourceName = 'TASK_EVENT_TOPIC-0';
const CRM: SourceName = 'CRM_EVENT_TOPIC-0';

const staged = (streamTime = 5000): StagedCommit & Layer<NotificationChanges> =>
  stagedCommit(new Map([TASKS, CRM].map((source) => [source, { nextOffset: 10, streamTime, notifyFrom: 0 }])), SHAPE);

const textsOf = ({ outputs }: StagedCommit): string[] =>
  recordsOf(outputs.batches).map(({ topic, value }) => `${topic} ${String(value)}`);

describe('StagedCommit', () => {
  it('is empty at first, also with positions', () => {
    expect(staged().isEmpty).toBe(true);
    expect(staged().changes.digests.buckets).toEqual([]);
  });

  it('takes a forwarded record: outputs, digest in the bucket of its stream time, position, tally', () => {
    const commit = staged();
    forward(commit, sourceRecord('TASK_EVENT_TOPIC', 10, 'e1'));
    commit.setStreamTime(TASKS, 7500);
    forward(commit, sourceRecord('TASK_EVENT_TOPIC', 13, 'e2'));
    expect(textsOf(commit).sort()).toEqual(['EMAIL_REQUEST_TOPIC e1', 'EMAIL_REQUEST_TOPIC e2']);
    expect(commit.outputs.counts).toEqual(new Map([['EMAIL_REQUEST_TOPIC', 2]]));
    expect(commit.changes.digests.buckets).toEqual([
      { source: TASKS, bucket: bucketOf(5000, SHAPE), packed: packDigests([digestOf('e1')]) },
      { source: TASKS, bucket: bucketOf(7500, SHAPE), packed: packDigests([digestOf('e2')]) },
    ]);
    expect(commit.positions.get(TASKS)).toEqual({
      nextOffset: 14,
      streamTime: 7500,
      notifyFrom: 0,
    });
    expect(commit.positions.get(CRM)).toEqual({
      nextOffset: 10,
      streamTime: 5000,
      notifyFrom: 0,
    });
    expect(commit).toMatchObject({ records: 2, isEmpty: false });
  });

  it('keeps two partitions of one topic apart: position, stream time and bucket are each its own', () => {
    const other: SourceName = 'TASK_EVENT_TOPIC-3';
    const start = { nextOffset: 10, streamTime: 5000, notifyFrom: 0 };
    const commit = stagedCommit(
      new Map([
        [TASKS, start],
        [other, { ...start, streamTime: 95_000 }],
      ]),
      SHAPE,
    );
    forward(commit, sourceRecord('TASK_EVENT_TOPIC', 10, 'e1'));
    forward(commit, { ...sourceRecord('TASK_EVENT_TOPIC', 70, 'e2'), partition: 3, source: other });
    expect([...commit.positions].map(([source, { nextOffset }]) => [source, nextOffset])).toEqual([
      [TASKS, 11],
      [other, 71],
    ]);
    expect(commit.changes.digests.buckets).toEqual([
      { source: TASKS, bucket: bucketOf(5000, SHAPE), packed: packDigests([digestOf('e1')]) },
      { source: other, bucket: bucketOf(95_000, SHAPE), packed: packDigests([digestOf('e2')]) },
    ]);
    expect(commit.tallies.get('TASK_EVENT_TOPIC')?.records).toBe(2);
  });

  it('takes a dropped record: its position and its tally alone', () => {
    const commit = staged();
    commit.add(sourceRecord('CRM_EVENT_TOPIC', 10, 'e1'), { kind: 'dropped', reason: 'duplicate' });
    expect(textsOf(commit)).toEqual([]);
    expect(commit.changes.digests.size).toBe(0);
    expect(commit.positions.get(CRM)?.nextOffset).toBe(11);
    expect(commit.tallies.get('CRM_EVENT_TOPIC')?.dropped).toEqual(new Map([['duplicate', 1]]));
  });

  it('takes a dead letter, and remembers no digest: its replay must be processed', () => {
    const commit = staged();
    commit.outputs.add(deadLetter('x'));
    commit.add(sourceRecord('CRM_EVENT_TOPIC', 10, 'e1'), {
      kind: 'dead-lettered',
      cause: { reason: 'undecodable', message: '', attempts: 1 },
    });
    expect(textsOf(commit)).toEqual(['NOTIFICATION_DLQ x']);
    expect(commit.changes.digests.size).toBe(0);
    expect(commit.tallies.get('CRM_EVENT_TOPIC')?.deadLettered).toEqual(new Map([['undecodable', 1]]));
  });

  it('keeps the directory entry that a record set, by user', () => {
    const commit = staged();
    const directory = { tenantId: 1n, userId: 2n } as DirectoryEntry;
    commit.add(sourceRecord('TASK_EVENT_TOPIC', 10, 'e1'), {
      kind: 'forwarded',
      value: remembered('e1', { directory }),
    });
    expect(commit.changes.directory).toEqual(new Map([['1|2', directory]]));
  });

  it('moves past control records, never back, and then has something to commit', () => {
    const commit = staged();
    commit.moveTo(TASKS, 10);
    commit.moveTo(TASKS, 4);
    expect(commit.isEmpty).toBe(true);
    commit.moveTo(TASKS, 12);
    expect(commit.isEmpty).toBe(false);
    expect(commit.positions.get(TASKS)?.nextOffset).toBe(12);
  });

  it('begins where the one before it ends, and does not move that', () => {
    const first = staged();
    forward(first, sourceRecord('TASK_EVENT_TOPIC', 10, 'e1'));
    const second = new StagedCommit(first.positions, stagedOutputs(), new NotificationChanges(SHAPE));
    forward(second, sourceRecord('TASK_EVENT_TOPIC', 11, 'e2'));
    expect(first.positions.get(TASKS)?.nextOffset).toBe(11);
    expect(second.positions.get(TASKS)?.nextOffset).toBe(12);
  });
});
