import { beforeEach, describe, expect, it } from 'vitest';
import { decodeChangelogEntry } from '../../../../state/dedup/changelog-entry.js';
import type { StateEnvironment } from '../../../../state/lmdb/environment.js';
import { InMemoryDirectory } from '../../../../topology/testing/in-memory-state.js';
import { NotificationState, type NotificationChanges } from '../../../../topology/stores/notification-state.js';
import { windowShape } from '../../../../state/dedup/stream-time.js';
import { TaskStore } from '../../../../state/dedup/task-store.js';
import { CommitUnknownError, FencedError, OutageError, StoreFullError } from '../../../../common/errors.js';
import { partitionFor, RefusedError } from '../../../../topology/kafka/index.js';
import { BrokerError } from '../../../../topology/kafka/protocol/protocol-errors.js';
import { sourcePartition, type SourceTopic } from '../../../../common/record.js';
import { commit, type CommitTarget } from '../../../../topology/task/commit.js';
import { StagedCommit } from '../../../../topology/task/staged-commit.js';
import { StagedOutputs } from '../../../../topology/task/staged-outputs.js';
import { textEncoder } from '../../schemas/text-encoder.js';
import { TopicNames } from '../../../../common/topic-names.js';
import { temporaryState } from '../../state/temporary-state.js';
import { FakeBroker, type Step } from './fake-producer.js';
import { digestOf } from '../../../digests.js';
import { DeadLetterLimit } from '../../../../topology/task/dead-letter-limit.js';
import { deadLetter, emitText, forward, sourceRecord, stagedCommit } from './records.js';

const SHAPE = windowShape(60_000);
const TOPIC: SourceTopic = 'TASK_EVENT_TOPIC';
const names = new TopicNames('p.', 'app');
const MEMBER = { groupId: names.group, generationId: 1, memberId: 'm' };
const RUNNING = new AbortController().signal;
const BEGIN = new Map([[sourcePartition(TOPIC, 0).name, { nextOffset: 10, streamTime: 5000, notifyFrom: 0 }]]);

describe('a commit', () => {
  let broker: FakeBroker;
  let environment: StateEnvironment;
  let state: NotificationState;
  let changes: NotificationChanges;
  let target: CommitTarget;
  let staged: StagedCommit;

  beforeEach(async () => {
    broker = new FakeBroker(names.changelog);
    broker.changelogEnd = 40;
    environment = temporaryState().environment;
    state = new NotificationState(environment, 2, SHAPE, new InMemoryDirectory());
    await state.load();
    const producer = broker.producer();
    await producer.fence([]);
    const sources = [sourcePartition(TOPIC, 0)];
    target = {
      task: 2,
      names,
      sources,
      partitionsAtFirst: new Map(sources.map(({ name }) => [name, 3])),
      state,
      producer,
      deadLetters: new DeadLetterLimit(),
      deadLetterTopic: 'NOTIFICATION_DLQ',
    };
    changes = state.stage();
    staged = new StagedCommit(BEGIN, new StagedOutputs(target, textEncoder()), changes);
    forward(staged, sourceRecord(TOPIC, 10, 'e1'));
    forward(staged, sourceRecord(TOPIC, 11, 'e2'));
  });

  const failAt = (step: Step, error: Error): void => {
    broker.before = (at) => {
      if (at === step) throw error;
    };
  };
  const isKnown = (event: string): boolean => {
    const empty = stagedCommit(BEGIN, SHAPE);
    return state.view(() => [empty])['dedup-window'].has(sourceRecord(TOPIC, 99, event), digestOf(event));
  };
  const nothingIsStored = (): void => {
    expect(state.checkpoint).toBeUndefined();
    expect(isKnown('e1')).toBe(false);
  };
  const changelog = () =>
    broker.changelog.map(({ offset, value }) => ({ offset, entry: state.decode(value, 'changelog') }));
  const onDisk = async () => {
    const store = new TaskStore(environment, 2, SHAPE);
    await store.load();
    return { checkpoint: store.checkpoint, bucket: store.bucketOf(digestOf('e1')) };
  };
  const nothingIsCommitted = (): void => {
    expect(broker.committed).toEqual([]);
    expect(broker.offsets.size).toBe(0);
  };

  it('goes from step 2 to step 5, in this order, and the store is last', async () => {
    broker.before = (step) => {
      if (step !== 'fence') nothingIsStored();
    };
    await commit(staged, target, MEMBER, RUNNING);
    expect(broker.steps).toEqual(['fence', 'send', 'sendOffsets', 'commit', 'committed']);
    expect(broker.texts('p.EMAIL_REQUEST_TOPIC')).toEqual(['e1', 'e2']);
    expect(broker.offsets).toEqual(new Map([['p.TASK_EVENT_TOPIC', 12]]));
    expect(isKnown('e2')).toBe(true);
    expect(state.checkpoint).toEqual({ changelogOffset: 41, positions: staged.positions });
  });

  it('packs everything that the store is told into the changelog record of its own partition', async () => {
    await commit(staged, target, MEMBER, RUNNING);
    const [record, ...more] = broker.committed[0]!.records.filter(({ topic }) => topic === names.changelog);
    expect(more).toEqual([]);
    expect(record?.partition).toBe(2);
    expect(decodeChangelogEntry(record!.value, 'changelog')).toEqual({
      positions: staged.positions,
      buckets: changes.digests.buckets,
    });
  });

  it('puts each output on the partition that the Java client would choose', async () => {
    await commit(staged, target, MEMBER, RUNNING);
    for (const { key, partition, topic } of broker.committed[0]!.records) {
      if (topic !== names.changelog) expect(partition).toBe(partitionFor(key!, 4));
    }
  });

  it('breaks off before step 2: staging has asked nothing of the broker and written nothing', () => {
    expect(broker.steps).toEqual(['fence']);
    nothingIsCommitted();
    nothingIsStored();
  });

  it.each<[string, Step]>([
    ['between 2 and 3, before the outputs are acknowledged', 'send'],
    ['between 3 and 4, before the offsets are acknowledged', 'sendOffsets'],
    ['in 4, before the broker has ended the transaction', 'commit'],
  ])(
    'breaks off %s: nothing is committed, the store is not written, nothing is aborted on a guess',
    async (_, step) => {
      failAt(step, new CommitUnknownError('the connection is gone'));
      await expect(commit(staged, target, MEMBER, RUNNING)).rejects.toBeInstanceOf(CommitUnknownError);
      nothingIsCommitted();
      nothingIsStored();
      expect(broker.steps).not.toContain('abort');
    },
  );

  it('breaks off between 4 and 5, the answer lost: committed, and the store is merely behind', async () => {
    failAt('committed', new CommitUnknownError('the answer was lost'));
    await expect(commit(staged, target, MEMBER, RUNNING)).rejects.toBeInstanceOf(CommitUnknownError);
    expect(broker.committed).toHaveLength(1);
    nothingIsStored();
    await state.replay(changelog(), broker.changelogEnd);
    await state.settle();
    expect(state.checkpoint?.positions).toEqual(staged.positions);
    expect(isKnown('e2')).toBe(true);
  });

  it('leaves 5 to the replay when the task was closed, or is taken over, before 4 was answered', async () => {
    const task = new AbortController();
    broker.before = (step) => {
      if (step === 'committed') task.abort();
    };
    await commit(staged, target, MEMBER, task.signal);
    expect(broker.committed).toHaveLength(1);
    nothingIsStored();
  });

  it('breaks off in 5, the disk full: committed, and said to be in no store yet', async () => {
    state.apply = () => Promise.reject(new StoreFullError('the state store cannot be written: no space left'));
    await expect(commit(staged, target, MEMBER, RUNNING)).rejects.toBeInstanceOf(StoreFullError);
    expect(broker.committed).toHaveLength(1);
    nothingIsStored();
  });

  it('breaks off between 5 and 6: replaying the changelog changes nothing', async () => {
    await commit(staged, target, MEMBER, RUNNING);
    const before = await onDisk();
    expect(before.bucket).toBeDefined();
    await state.replay(changelog(), 41);
    expect(await onDisk()).toEqual(before);
    expect(isKnown('e1')).toBe(true);
  });

  it('is aborted at once when the broker refuses a record, and nothing happened', async () => {
    failAt('send', new RefusedError(new BrokerError(10, 'Produce to out-0', { topic: 'out', partition: 0 })));
    await expect(commit(staged, target, MEMBER, RUNNING)).rejects.toBeInstanceOf(RefusedError);
    expect(broker.steps.at(-1)).toBe('abort');
    nothingIsCommitted();
    nothingIsStored();
  });

  it('by a producer that was fenced is refused, and the store is not written', async () => {
    await broker.producer().fence([]);
    await expect(commit(staged, target, MEMBER, RUNNING)).rejects.toBeInstanceOf(FencedError);
    nothingIsCommitted();
    nothingIsStored();
  });

  it('is not made when the changelog record has no known offset', async () => {
    const { producer } = target;
    const send = producer.send.bind(producer);
    producer.send = (records) => send(records, () => undefined);
    await expect(commit(staged, target, MEMBER, RUNNING)).rejects.toBeInstanceOf(CommitUnknownError);
    nothingIsCommitted();
  });

  it('to a topic that is gone is an outage, before anything is produced', () => {
    target.producer.partitionCount = () => 0;
    const next = new StagedOutputs(target, textEncoder());
    const emit = (): void => emitText(next, 'e3');
    expect(emit).toThrow(OutageError);
    expect(emit).toThrow('topic p.EMAIL_REQUEST_TOPIC does not exist (any more)');
    expect(broker.steps).toEqual(['fence']);
  });

  it("of a record without a key stays on the task's own partition", async () => {
    staged.outputs.add(deadLetter('x'));
    await commit(staged, target, MEMBER, RUNNING);
    const letters = broker.committed[0]!.records.filter(({ topic }) => topic === 'p.NOTIFICATION_DLQ');
    expect(letters).toMatchObject([{ partition: 2 }]);
  });
});
