/**
 * What makes two records the same event, and a notification's id.
 * Neither may ever change between versions: a changed digest would send what was sent before, a changed id would
 * part a notification from its acknowledgements.
 */
import { hash } from 'node:crypto';
import type { Digest } from '../topology/context.js';
import { SOURCE_TOPICS, type SourceTopic } from '../topology/record.js';
import type { MappedEvent } from './mapped-event.js';

/** What makes two records the same event. */
type Identified = Pick<MappedEvent, 'topic' | 'tenantId' | 'eventId'>;

/** An event's identity, hashed. */
export interface Identity {
  readonly digest: Digest;
  /** The next 8 bytes of the hash, as an unsigned integer. */
  readonly seed: bigint;
}

const DIGEST_BYTES = 16;
const LENGTH_BYTES = 4;
/** The longest event id, in bytes of UTF-8. */
export const EVENT_ID_BYTES = 256;
/** UTF-8 takes at most 3 bytes for a UTF-16 unit. */
const SURELY_SHORT = Math.floor(EVENT_ID_BYTES / 3);

/** Up to here a length is, in four bytes, a text of four ASCII characters. */
const MOST_ASCII = 0x7f;
const LENGTHS = Array.from({ length: MOST_ASCII + 1 }, (_, length) => `\0\0\0${String.fromCharCode(length)}`);
const PREFIXES = new Map<SourceTopic, string>(SOURCE_TOPICS.map((topic) => [topic, asciiPart(topic)]));
const word = new DataView(new ArrayBuffer(8));

/**
 * SHA-256 over logical topic, decimal tenantId and eventId, each behind its length in bytes (u32, big-endian).
 * Throws RangeError for an event id that mapping would have refused: cut off, it could pass for another one.
 */
export function identityOf({ topic, tenantId, eventId }: Identified): Identity {
  if (!fitsEventId(eventId)) throw new RangeError(`the eventId has more than ${EVENT_ID_BYTES} bytes`);
  const digest = hash('sha256', input(topic, String(tenantId), eventId), 'binary');
  for (let i = 0; i < 8; i += 1) word.setUint8(i, digest.charCodeAt(DIGEST_BYTES + i));
  return { digest: digest.slice(0, DIGEST_BYTES), seed: word.getBigUint64(0) };
}

/** A non-negative int64; for one event, two users never share one (XOR with one and the same seed). */
export function notificationId(seed: bigint, userId: bigint): bigint {
  return BigInt.asUintN(63, seed ^ userId);
}

/** False for an event id of more than 256 bytes. */
export function fitsEventId(eventId: string): boolean {
  return eventId.length <= SURELY_SHORT || Buffer.byteLength(eventId) <= EVENT_ID_BYTES;
}

/** A text where its UTF-8 are the bytes to be hashed, which is the case for nearly every id and takes no buffer. */
function input(topic: SourceTopic, tenantId: string, eventId: string): string | Buffer {
  if (eventId.length > MOST_ASCII || Buffer.byteLength(eventId) !== eventId.length) {
    return Buffer.concat([topic, tenantId, eventId].map(part));
  }
  return PREFIXES.get(topic)! + asciiPart(tenantId) + asciiPart(eventId);
}

function asciiPart(text: string): string {
  return LENGTHS[text.length]! + text;
}

function part(text: string): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}
