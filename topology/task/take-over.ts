/**
 * Taking a task over, in the one order in which no zombie's last commit can slip in between:
 *
 *   1. pause      its partitions are not fetched, and nothing of it is staged
 *   2. fence      InitProducerId: no earlier owner can commit from here on, its open transaction is aborted
 *   3. restore    the changelog is replayed into the stores, from the stored offset to the end
 *   4. offsets    the committed offsets are read, with the restored positions beside them
 *   5. begin      positions that were never committed are, before a record is processed
 *   6. seek       fetching begins at the committed offsets; the task runs
 *
 * Steps 3 and 4 both come after the fence: nothing can be committed between them.
 */
import { NO_STREAM_TIME } from '../../common/source-position.js';
import { setTimeout as delay } from 'node:timers/promises';
import { crashPoint } from '../../common/crash-point.js';
import { CommitUnknownError, OutageError, type ThrottledError } from '../../common/errors.js';
import type { Reason } from '../../common/reasons.js';
import type { SourcePartition } from '../../common/record.js';
import type { Positions, TaskState } from '../graph/task-state.js';
import { isOutage, RefusedError, type TransactionalProducer } from '../kafka/index.js';
import type { CommitHistory } from './commit-loop.js';
import { Pipeline, type PipelineHost } from './pipeline.js';
import { readPositions } from './positions.js';
import { restore } from './restore.js';
import type { TaskParts } from './task-parts.js';

const UNSETTLED: Reason = { code: 'unsettled-transaction' };

/** A task that is taken over. */
export interface TakenTask extends PipelineHost {
  readonly number: number;
  readonly sources: readonly SourcePartition[];
  readonly state: TaskState;
  /** Stops fetching, drops what was staged, and closes the producer of before. */
  clear(): Promise<void>;
  /** What earlier commits have shown. */
  readonly history: CommitHistory;
  /** This is its producer now, to be closed with it. */
  fencing(producer: TransactionalProducer): void;
  /** It runs. */
  began(pipeline: Pipeline): void;
}

/**
 * Once, from the first step to the last. Rejects with an outage, and when it was fenced or closed: nothing of what it
 * did must be undone before it is tried again. `throttled`: what was sent is aborted by the fence, and counts for the
 * quota all the same, so that is waited out.
 */
export async function takeOver(
  task: TakenTask,
  parts: TaskParts,
  signal: AbortSignal,
  throttled?: ThrottledError,
): Promise<void> {
  const { number, sources, state } = task;
  const { broker, job, worker } = parts;
  const began = performance.now();
  // Closed while it waited: its partitions may be fetched for another owner by now, on this worker too.
  signal.throwIfAborted();

  // 1. pause
  await task.clear();
  signal.throwIfAborted();

  // 2. fence
  const producer = broker.createProducer(number);
  task.fencing(producer);
  const topics = [broker.names.changelog, ...job.sinkTopics.map((topic) => broker.names.physical(topic))];
  await Promise.all([producer.fence(topics), state.load()]);
  crashPoint('fenced');
  if (throttled) {
    worker.outage(number, throttled);
    await delay(throttled.throttleMs, undefined, { signal });
  }
  signal.throwIfAborted();

  // 3. restore
  await restore(state, number, parts, signal);

  // 4. offsets
  const { positions, partitionsAtFirst, first } = await readPositions(state.checkpoint, number, sources, parts);
  await job.bootstrap.caughtUp(signal);
  signal.throwIfAborted();

  // 5. begin
  const { names, deadLetters } = broker;
  const { deadLetterTopic } = job;
  const outputs = { task: number, names, producer, deadLetters, deadLetterTopic };
  const target = { ...outputs, sources, partitionsAtFirst, state };
  const begin = { positions: withOthers(positions, state), history: task.history };
  const pipeline = new Pipeline(target, begin, parts, task, signal);
  if (first) await commitFirst(pipeline);
  signal.throwIfAborted();

  // 6. seek
  worker.outage(number, undefined);
  worker.metrics.restore_duration_seconds.observe((performance.now() - began) / 1000);
  const offsets = Object.fromEntries([...positions].map(([source, { nextOffset }]) => [source, nextOffset]));
  worker.log.info({ task: number, ms: Math.round(performance.now() - began), offsets }, 'task is running');
  seek(pipeline, positions, parts, signal);
  task.began(pipeline);
}

/**
 * Beside the positions of what is read, those of sources that another version reads, or this one no more: each commit says
 * them again, so that they do not expire with the changelog's records.
 */
function withOthers(positions: Positions, { checkpoint }: TaskState): Positions {
  return new Map([...((checkpoint?.positions ?? new Map()) as Positions), ...positions]);
}

/** Until it holds: whether it did is read at the next try, and to commit it again changes nothing. */
async function commitFirst(pipeline: Pipeline): Promise<void> {
  try {
    await pipeline.commitPositions();
  } catch (error) {
    if (isOutage(error)) throw error;
    if (error instanceof RefusedError) throw new OutageError('the commit of the first positions is refused', error);
    if (!(error instanceof CommitUnknownError)) throw error;
    throw new OutageError('the outcome of the commit of the first positions is unknown', error, UNSETTLED);
  }
}

/**
 * The records of a bootstrap source come before the others until a record of the others was seen: at a first start, and
 * when it is begun again after a crash, the others then find what the store is made of.
 */
function seek(pipeline: Pipeline, positions: Positions, { job, worker }: TaskParts, signal: AbortSignal): void {
  const { bootstrap } = job;
  const { sources } = pipeline.target;
  const others = sources.filter(({ topic }) => topic !== bootstrap.source);
  if (others.some(({ name }) => positions.get(name)!.streamTime !== NO_STREAM_TIME)) {
    pipeline.fetch(sources);
    return;
  }
  pipeline.fetch(sources.filter(({ topic }) => topic === bootstrap.source));
  const began = performance.now();
  bootstrap
    .until(() => bootstrap.isSettled(began, Infinity), signal)
    .then(
      () => {
        if (!signal.aborted) pipeline.fetch(others);
      },
      (error: unknown) => {
        if (!signal.aborted) worker.fatal(error);
      },
    );
}
