/**
 * The commit of one task, step by step. Each gap between two steps may be a crash, and each is healed:
 *
 *   1. process     outputs, changes of the stores and positions are staged in memory; the stores are not written
 *                  (record-loop.ts). A crash: nothing happened.
 *   2. produce     outputs, dead letters and the packed changelog records, in one transaction.
 *                  A crash: the next owner's InitProducerId aborts it.
 *   3. offsets     the source offsets are added to the transaction, under our generation and member.
 *   4. end         the transaction is ended. A crash before: aborted. After: committed, the stores are merely behind.
 *   5. stores      one write: changes, positions, changelog offset. A crash before: the changelog is replayed from the
 *                  stored offset, which changes nothing that is there already.
 *   6. overlay     what was staged is dropped: the stores answer for it now (commit-loop.ts).
 */
import { crashPoint } from '../../common/crash-point.js';
import { CommitUnknownError } from '../../common/errors.js';
import type { SourceName, SourcePartition } from '../../common/record.js';
import type { TaskState } from '../graph/task-state.js';
import { RefusedError, type GroupMember } from '../kafka/index.js';
import { metadataFor } from './offset-metadata.js';
import type { StagedCommit } from './staged-commit.js';
import type { OutputTarget } from './staged-outputs.js';

/** Where a commit goes. */
export interface CommitTarget extends OutputTarget {
  readonly sources: readonly SourcePartition[];
  /** How many partitions each one's topic had when it was first read. */
  readonly partitionsAtFirst: ReadonlyMap<SourceName, number>;
  readonly state: TaskState;
}

/**
 * Steps 2 to 5. RefusedError: the broker refuses a record, the transaction is aborted and nothing happened.
 * FencedError, CommitUnknownError: the producer is of no more use and the outcome must be read from the brokers.
 * StoreFullError: Kafka has committed, and the stores are one commit behind until they can be written.
 * `ended`: the task was closed or is being taken over, so that the stores are its next owner's: step 5 is left to the replay.
 */
export async function commit(
  staged: StagedCommit,
  target: CommitTarget,
  member: GroupMember,
  ended: AbortSignal,
): Promise<void> {
  const { producer, state, names, task } = target;
  const { changelog } = names;
  const records = state.encode(staged.changes, staged.positions);
  const { batches } = staged.outputs;
  for (const value of records) batches.add(changelog, task, null, value);
  crashPoint('staged');

  let changelogOffset = -1;
  try {
    // 2. produce
    await producer.send(batches, (topic, partition, baseOffset) => {
      if (topic === changelog && partition === task && changelogOffset < 0) changelogOffset = baseOffset;
    });
    // 3. offsets
    await producer.sendOffsets(member, offsetsOf(staged, target));
    crashPoint('offsets-sent');
    if (changelogOffset < 0) throw new CommitUnknownError(`the changelog record of task ${task} has no known offset`);
    refuseShortened(changelogOffset, target);
  } catch (error) {
    if (error instanceof RefusedError) await producer.abort();
    throw error;
  }
  // 4. end
  await producer.commit();
  crashPoint('ended');

  if (ended.aborted) return;
  // 5. stores. The records of one commit follow one another: nobody else writes this partition, and the marker comes last.
  await state.apply(staged.changes, staged.positions, changelogOffset, changelogOffset + records.length);
  crashPoint('stored');
}

function offsetsOf({ positions }: StagedCommit, { sources, names, partitionsAtFirst }: CommitTarget) {
  return sources.map(({ name, topic, partition }) => {
    const position = positions.get(name)!;
    const metadata = metadataFor(position, partitionsAtFirst.get(name)!);
    return { topic: names.physical(topic), partition, offset: position.nextOffset, metadata };
  });
}

/** A log only ever grows: one that ends before what the stores have of it was recreated, or lost its end. The takeover finds out. */
function refuseShortened(changelogOffset: number, { state, names, task }: CommitTarget): void {
  const stored = state.checkpoint?.changelogOffset ?? 0;
  if (changelogOffset >= stored) return;
  throw new CommitUnknownError(
    `the changelog ${names.changelog}-${task} took a record at offset ${changelogOffset}, and its store stands at ${stored}`,
  );
}
