/** W3C Trace Context in a record's headers: who the event is traced by, read strictly, since it goes on to others. */
import { ByteReader } from './bytes.js';
import { RecordHeaders } from './record-headers.js';

export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** The span that the record came from: 16 hexadecimal digits. */
  readonly spanId: string;
  /** A byte; its lowest bit says that the trace is sampled. */
  readonly flags: number;
  /** What tracing systems say to themselves; undefined when there is none that may be passed on. */
  readonly tracestate: string | undefined;
}

const PARENT = 'traceparent';
const STATE = 'tracestate';
const SAMPLED = 1;
/** A later version may have more behind what version 00 has, behind a dash; ff is none, nor are ids of zeros. */
const TRACEPARENT =
  /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2}(?=.{53}(?:-.*)?$))-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})/;
/** As much as the specification wants passed on at least. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;
/** Longer than any traceparent will be. */
const MAX_BYTES = 512;
/** Nobody who traces sends more headers than that: a record of 300,000 is not searched. */
const MAX_HEADERS = 128;

/** What the record's headers say; undefined when they say nothing, or no valid `traceparent`. */
export function traceContextOf({ count, bytes }: RecordHeaders): TraceContext | undefined {
  if (count === 0 || count > MAX_HEADERS) return undefined;
  const reader = new ByteReader(bytes);
  let parentAt = -1;
  let stateAt = -1;
  // The last of a name counts.
  for (let left = count; left > 0; left -= 1) {
    const size = reader.varint();
    const at = reader.position;
    reader.skip(size);
    if (isNamed(PARENT, bytes, at, size)) parentAt = reader.position;
    else if (isNamed(STATE, bytes, at, size)) stateAt = reader.position;
    reader.skip(Math.max(0, reader.varint()));
  }
  if (parentAt < 0) return undefined;
  const found = TRACEPARENT.exec(textAt(bytes, parentAt));
  if (found === null) return undefined;
  const state = stateAt < 0 ? '' : textAt(bytes, stateAt);
  return {
    traceId: found[1]!,
    spanId: found[2]!,
    flags: Number.parseInt(found[3]!, 16),
    tracestate: TRACESTATE.test(state) ? state : undefined,
  };
}

export function isSampled({ flags }: TraceContext): boolean {
  return (flags & SAMPLED) !== 0;
}

/** In version 00, which is what came if that was of version 00. */
export function traceparentOf({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags < 16 ? '0' : ''}${flags.toString(16)}`;
}

/** The headers that pass it on: written as one text, since each record has them. */
export function traceHeaders(context: TraceContext): RecordHeaders {
  const { tracestate } = context;
  const parent = headerText(PARENT, traceparentOf(context));
  if (tracestate === undefined) return new RecordHeaders(1, Buffer.from(parent, 'latin1'));
  return new RecordHeaders(2, Buffer.from(parent + headerText(STATE, tracestate), 'latin1'));
}

function isNamed(name: string, bytes: Buffer, at: number, size: number): boolean {
  if (size !== name.length) return false;
  for (let index = 0; index < size; index += 1) if (bytes[at + index] !== name.charCodeAt(index)) return false;
  return true;
}

/** The value behind its length; nothing for one that is null or too long. */
function textAt(bytes: Buffer, at: number): string {
  const reader = new ByteReader(bytes, at);
  const size = reader.varint();
  return size > MAX_BYTES ? '' : bytes.toString('latin1', reader.position, reader.position + Math.max(0, size));
}

/** Name and value in ASCII, each behind its length, as RecordHeaders have them. */
function headerText(name: string, value: string): string {
  return lengthText(name.length) + name + lengthText(value.length) + value;
}

/** A zigzag varint, a character a byte. */
function lengthText(length: number): string {
  const zigzag = 2 * length;
  if (zigzag < 0x80) return String.fromCharCode(zigzag);
  return String.fromCharCode((zigzag & 0x7f) | 0x80, zigzag >>> 7);
}
