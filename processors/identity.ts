/**
 * What makes two records the same event, and a notification's id.
 * Neither may ever change between versions: a changed digest would send what was sent before, a changed id would
 * part a notification from its acknowledgements.
 */
import type { Digest } from '../state/dedup/digest-bytes.js';
import { writeAscii } from '../common/bytes.js';
import { decimalOf, HIGH, LOW } from '../common/int64.js';
import { blake3, CHUNK_BYTES, HASH_WORDS } from './blake3.js';
import type { MappedEvent } from './mapped-event.js';

/** What makes two records the same event. */
interface Identified extends Pick<MappedEvent, 'tenantId' | 'eventId'> {
  /** Logical name. */
  readonly topic: string;
}

/** An event's identity, hashed. */
export interface Identity {
  readonly digest: Digest;
  /** The next 8 bytes of the hash, as an unsigned integer, little-endian. */
  readonly seed: bigint;
}

/** The longest event id, in bytes of UTF-8. */
export const EVENT_ID_BYTES = 256;
/** UTF-8 takes at most 3 bytes for a UTF-16 unit. */
const SURELY_SHORT = Math.floor(EVENT_ID_BYTES / 3);
const LENGTH_BYTES = 2;

/** What is hashed, one identity after another: a topic of 249 bytes, tenant and event id take 531 together. */
const bytes = Buffer.alloc(CHUNK_BYTES);
const input = new DataView(bytes.buffer);
const hash = new Int32Array(HASH_WORDS);
const seed = new BigUint64Array(1);
const seedHalves = new Int32Array(seed.buffer);
/** The topic whose name stands at the beginning of the input already, and where it ends. */
let topicThere: string | undefined;
let topicEnd = 0;

/**
 * BLAKE3 over logical topic, decimal tenantId and eventId, each behind its length in bytes (u16, little-endian).
 * Throws RangeError for an event id that mapping would have refused: cut off, it could pass for another one.
 */
export function identityOf({ topic, tenantId, eventId }: Identified): Identity {
  if (!fitsEventId(eventId)) throw new RangeError(`the eventId has more than ${EVENT_ID_BYTES} bytes`);
  if (topic !== topicThere) {
    topicThere = topic;
    topicEnd = writePart(topic, 0);
  }
  blake3(input, writePart(eventId, writePart(decimalOf(tenantId), topicEnd)), hash);
  seedHalves[LOW] = hash[4]!;
  seedHalves[HIGH] = hash[5]!;
  return { digest: { w0: hash[0]!, w1: hash[1]!, w2: hash[2]!, w3: hash[3]! }, seed: seed[0]! };
}

/** A non-negative int64; for one event, two users never share one (XOR with one and the same seed). */
export function notificationId(seed: bigint, userId: bigint): bigint {
  return BigInt.asUintN(63, seed ^ userId);
}

/** False for an event id of more than 256 bytes. */
export function fitsEventId(eventId: string): boolean {
  return eventId.length <= SURELY_SHORT || Buffer.byteLength(eventId) <= EVENT_ID_BYTES;
}

/** Writes the text behind its length; gives the position behind it. */
function writePart(text: string, at: number): number {
  const from = at + LENGTH_BYTES;
  const end = from + (writeAscii(text, bytes, from) ? text.length : bytes.write(text, from));
  bytes[at] = end - from;
  bytes[at + 1] = (end - from) >>> 8;
  return end;
}
