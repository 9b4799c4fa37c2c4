/**
 * What makes two records the same event, and a notification's id.
 * Neither may ever change between versions: a changed digest would send what was sent before, a changed id would
 * part a notification from its acknowledgements.
 */
import { hash } from 'node:crypto';
import type { Digest } from '../topology/context.js';
import { SOURCE_TOPICS, type SourceTopic } from '../topology/record.js';
import type { MappedEvent } from './mapped-event.js';

/** An event's identity, hashed. */
export interface Identity {
  readonly digest: Digest;
  /** The next 8 bytes of the hash, as an unsigned integer. */
  readonly seed: bigint;
}

const INT64_MAX = (1n << 63n) - 1n;
const DIGEST_BYTES = 16;
const LENGTH_BYTES = 4;
/** The digits of an int64 with its sign. */
const TENANT_BYTES = 20;
/** The longest event id, in bytes of UTF-8. */
export const EVENT_ID_BYTES = 256;
/** UTF-8 takes at most 3 bytes for a UTF-16 unit. */
const SURELY_SHORT = Math.floor(EVENT_ID_BYTES / 3);

/** For each topic, a buffer that begins with its name: the hash's input is written behind it, without allocating. */
const scratches = new Map<SourceTopic, Scratch>(SOURCE_TOPICS.map((topic) => [topic, scratchOf(topic)]));
const word = new DataView(new ArrayBuffer(8));

interface Scratch {
  readonly buffer: Buffer;
  readonly start: number;
}

/**
 * SHA-256 over logical topic, decimal tenantId and eventId, each behind its length in bytes (u32, big-endian).
 * Throws RangeError for an event id that mapping would have refused: cut off, it could pass for another one.
 */
export function identityOf(event: Pick<MappedEvent, 'topic' | 'tenantId' | 'eventId'>): Identity {
  const { buffer, start } = scratches.get(event.topic) ?? scratchOf(event.topic);
  if (!fitsEventId(event.eventId)) throw new RangeError(`the eventId has more than ${EVENT_ID_BYTES} bytes`);
  const tenantEnd = writePart(buffer, start, String(event.tenantId));
  const end = writePart(buffer, tenantEnd, event.eventId);
  const digest = hash('sha256', buffer.subarray(0, end), 'binary');
  for (let i = 0; i < 8; i += 1) word.setUint8(i, digest.charCodeAt(DIGEST_BYTES + i));
  return { digest: digest.slice(0, DIGEST_BYTES), seed: word.getBigUint64(0) };
}

/** A non-negative int64; for one event, two users never share one (XOR with one and the same seed). */
export function notificationId(seed: bigint, userId: bigint): bigint {
  return (seed ^ userId) & INT64_MAX;
}

/** False for an event id of more than 256 bytes. */
export function fitsEventId(eventId: string): boolean {
  return eventId.length <= SURELY_SHORT || Buffer.byteLength(eventId) <= EVENT_ID_BYTES;
}

function scratchOf(topic: SourceTopic): Scratch {
  const room = LENGTH_BYTES + topic.length + LENGTH_BYTES + TENANT_BYTES + LENGTH_BYTES + EVENT_ID_BYTES;
  const buffer = Buffer.alloc(room);
  return { buffer, start: writePart(buffer, 0, topic) };
}

/** Returns the offset behind the part. */
function writePart(buffer: Buffer, offset: number, text: string): number {
  const bytes = buffer.write(text, offset + LENGTH_BYTES);
  buffer.writeUInt32BE(bytes, offset);
  return offset + LENGTH_BYTES + bytes;
}
