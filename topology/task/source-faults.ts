/** What is said of a source that cannot be read on: the facts, and what to do. */
import { FatalError, messageOf } from '../../common/errors.js';
import type { Offsets } from '../kafka/index.js';
import type { Logger } from '../../common/log.js';
import { WAYS_OUT } from '../../common/ways-out.js';

const ANSWER_MS = 5_000;

/** Nothing is skipped silently: the operator decides where to go on. */
export async function outOfRangeError(
  partition: { readonly topic: string; readonly partition: number },
  position: number,
  group: string,
  offsets: Offsets,
): Promise<FatalError> {
  const why = await whyOutOfRange(partition, position, offsets).catch(
    (error: unknown) => `that is out of range (${messageOf(error)})`,
  );
  return new FatalError(
    `${partition.topic}-${partition.partition} cannot be read from offset ${position}: ${why}. ${WAYS_OUT.setOffsets(group)}`,
  );
}

async function whyOutOfRange(
  partition: { readonly topic: string; readonly partition: number },
  position: number,
  offsets: Offsets,
): Promise<string> {
  const [start] = await offsets.at('earliest', [partition], ANSWER_MS);
  const [end] = await offsets.highWatermarks([partition], ANSWER_MS);
  return position < start!.offset
    ? `it begins at ${start!.offset}: ${start!.offset - position} offsets were deleted, or expired, before they were read`
    : `it ends at ${end!.offset}: the offset was set beyond the end, or the topic was recreated or lost its end`;
}

/** A producer's transaction that hangs: its records, and all after them, wait for it. */
export function warnHeldUp(partition: string, lastStableOffset: number, highWatermark: number, log: Logger): void {
  log.warn(
    { partition, lastStableOffset, highWatermark },
    'an open transaction of a producer holds the source back. If it hangs: kafka-transactions find-hanging, then kafka-transactions abort with the last stable offset as --start-offset',
  );
}
