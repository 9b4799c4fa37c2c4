/**
 * The commit of one task, step by step. Each gap between two steps may be a crash, and each is healed:
 *
 *   1. process     outputs, dedup entries and positions are staged in memory; the store is not written.
 *                  A crash: nothing happened.
 *   2. produce     outputs, dead letters and the packed changelog record, in one transaction.
 *                  A crash: the next owner's InitProducerId aborts it.
 *   3. offsets     the source offsets are added to the transaction, under our generation and member.
 *   4. end         the transaction is ended. A crash before: aborted. After: committed, the store is merely behind.
 *   5. store       one LMDB write: dedup entries, positions, changelog offset. A crash before: the changelog is
 *                  replayed from the stored offset, which changes nothing that is there already.
 *   6. overlay     the staged entries are dropped: the store answers for them now.
 */
import { encodeChangelogEntry } from '../../state/dedup/changelog-entry.js';
import type { TaskStore } from '../../state/dedup/task-store.js';
import { crashPoint } from '../../common/crash-point.js';
import { CommitUnknownError } from '../../common/errors.js';
import { RefusedError, type GroupMember } from '../kafka/index.js';
import type { SourceName, SourcePartition } from '../../common/record.js';
import { metadataFor } from './offset-metadata.js';
import type { StagedCommit } from './staged-commit.js';
import type { OutputTarget } from './staged-outputs.js';

export interface CommitTarget extends OutputTarget {
  readonly sources: readonly SourcePartition[];
  /** How many partitions each one's topic had when it was first read. */
  readonly partitionsAtFirst: ReadonlyMap<SourceName, number>;
  readonly store: TaskStore;
  readonly member: GroupMember;
}

/**
 * Steps 2 to 5. RefusedError: the broker refuses a record, the transaction is aborted and nothing happened.
 * FencedError, CommitUnknownError: the producer is of no more use and the outcome must be read from the brokers.
 * StoreFullError: Kafka has committed, and the store is one commit behind until it can be written.
 */
export async function commit(staged: StagedCommit, target: CommitTarget): Promise<void> {
  const { producer, store, names, task, member } = target;
  const entry = staged.entry();
  const changelog = names.changelog;
  const packed = encodeChangelogEntry(entry);
  const { batches } = staged.outputs;
  for (const value of packed) batches.add(changelog, task, null, value);

  crashPoint('staged');
  let changelogOffset = -1;
  const offsets = target.sources.map(({ name, topic, partition }) => {
    const position = staged.positions.get(name)!;
    return {
      topic: names.physical(topic),
      partition,
      offset: position.nextOffset,
      metadata: metadataFor(position, target.partitionsAtFirst.get(name)!),
    };
  });
  try {
    await producer.send(batches, (topic, partition, baseOffset) => {
      if (topic === changelog && partition === task && changelogOffset < 0) changelogOffset = baseOffset;
    });
    await producer.sendOffsets(member, offsets);
    crashPoint('offsets-sent');
    if (changelogOffset < 0) throw new CommitUnknownError(`the changelog record of task ${task} has no known offset`);
    refuseShortened(changelogOffset, target);
  } catch (error) {
    if (error instanceof RefusedError) await producer.abort();
    throw error;
  }
  await producer.commit();
  crashPoint('ended');

  // The records of one commit follow one another: nobody else writes this partition, and the marker comes last.
  // Each of its digests was looked for before it was staged.
  await store.apply([{ offset: changelogOffset, entry }], changelogOffset + packed.length, true);
  crashPoint('stored');
}

/** A log only ever grows: one that ends before what the store has of it was made again, or lost its end. The takeover finds out. */
function refuseShortened(changelogOffset: number, { store, names, task }: CommitTarget): void {
  const stored = store.checkpoint?.changelogOffset ?? 0;
  if (changelogOffset >= stored) return;
  throw new CommitUnknownError(
    `the changelog ${names.changelog}-${task} took a record at offset ${changelogOffset}, and its store stands at ${stored}`,
  );
}
