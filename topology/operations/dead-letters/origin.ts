/** A letter that is not whole, read again where it came from. */
import { createHash } from 'node:crypto';
import { FatalError, messageOf } from '../../../common/errors.js';
import { sayReason } from '../../../common/reasons.js';
import { OutOfRangeError, readRange, type Connections, type FetchedRecord, type Offsets } from '../../kafka/index.js';
import { originText, placeText, type DeadLetter } from './dead-letter.js';
import type { LeftWhy } from './left-why.js';

const ANSWER_MS = 15_000;
const READ_MS = 60_000;
const LOOK_MS = 500;
/** More is no batch, whatever a header says, and is not gathered: it cannot be the letter's own. */
const MOST_BYTES = 256 * 1024 * 1024;

/** What origins are read with. Their topics must be tracked; the fetcher must have no bound on the size of a record. */
export interface OriginReader {
  readonly fetcher: Connections['fetcher'];
  readonly offsets: Pick<Offsets, 'at'>;
  readonly outages: Pick<Connections['outages'], 'reason'>;
}

/** The brokers do not give what stands at an origin, nor say that it is gone. */
export class OriginUnreadError extends FatalError {}

/** Why the origin cannot stand in. */
type OriginFault = Extract<LeftWhy, `origin-${string}`>;

/**
 * The record that was cut, or the records of the batch that could not be unpacked. They are the letter's own only where
 * the SHA-256 of the value agrees; of a batch, which has none, the latest of its records' timestamps must.
 * Throws OriginUnreadError when the brokers do not give it.
 */
export async function readOrigin(
  letter: DeadLetter,
  reader: OriginReader,
  signal: AbortSignal,
): Promise<readonly FetchedRecord[] | OriginFault> {
  const records = await unlessGone(letter, reader, signal).catch((error: unknown) => {
    if (error instanceof OutOfRangeError) return [];
    if (signal.aborted) throw error;
    throw new OriginUnreadError(
      `${originText(letter)}, where the dead letter ${placeText(letter.at)} came from, cannot be read: ${whyUnread(letter, error, reader)}. Mend that, or select other letters`,
      error,
    );
  });
  if (records.length === 0) return 'origin-gone';
  if (records.some(({ defect }) => defect !== undefined)) return 'origin-unreadable';
  return isOfLetter(records, letter) ? records : 'origin-differs';
}

/** None where the topic was recreated and has not come so far: nobody would ever give them. */
async function unlessGone(letter: DeadLetter, reader: OriginReader, signal: AbortSignal): Promise<FetchedRecord[]> {
  const { origin, batch } = letter;
  const last = batch?.lastOffset ?? origin.offset;
  const [end] = await reader.offsets.at('latest', [origin], ANSWER_MS);
  if (end === undefined || last >= end.offset) return [];
  const range = { ...origin, topicId: undefined, from: origin.offset, to: last + 1, withDefects: true };
  const records: FetchedRecord[] = [];
  const refused = new AbortController();
  const watch = setInterval(() => {
    if (isRefused(reader)) refused.abort();
  }, LOOK_MS);
  try {
    const any = AbortSignal.any([signal, refused.signal, AbortSignal.timeout(READ_MS)]);
    let bytes = 0;
    for await (const piece of readRange(range, reader.fetcher, any)) {
      for (const record of piece.records) if (record.offset <= last) records.push(record);
      bytes += piece.bytes;
      if (batch !== undefined && bytes > MOST_BYTES) break;
    }
  } finally {
    clearInterval(watch);
  }
  return records;
}

function isRefused({ outages }: OriginReader): boolean {
  return outages.reason()?.code === 'missing-right';
}

function whyUnread({ origin }: DeadLetter, error: unknown, reader: OriginReader): string {
  const reason = reader.outages.reason();
  if (isRefused(reader)) return `the right Read on ${origin.topic} is missing`;
  if (reason !== undefined) return sayReason(reason);
  return error instanceof DOMException ? `the brokers gave nothing within ${READ_MS / 1000} s` : messageOf(error);
}

function isOfLetter(records: readonly FetchedRecord[], { cut, batch, timestamp }: DeadLetter): boolean {
  if (batch !== undefined) return records.reduce((max, record) => Math.max(max, record.timestamp), -1) === timestamp;
  const [{ value }] = records as [FetchedRecord];
  return (
    createHash('sha256')
      .update(value ?? Buffer.alloc(0))
      .digest('hex') === cut?.sha256
  );
}
