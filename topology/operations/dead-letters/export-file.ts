/**
 * A line of an export: one dead letter as one JSON object. Lossless: key, headers and value in base64; `event` beside
 * them is the value as JSON that may be edited, with every number as it was.
 */
import { createHash } from 'node:crypto';
import { isLosslessNumber, parse, stringify } from 'lossless-json';
import { RecordHeaders } from '../../../common/record-headers.js';
import { bytesOfBase64 } from '../../../schemas/json/base64.js';
import { placeText, type DeadLetter, type LetterPlace } from './dead-letter.js';
import { isObject, type DecodedValue } from './decoded.js';

export interface ExportLine {
  /** What a line does not say of it is empty: the error's class, its stack trace, its size. */
  readonly letter: DeadLetter;
  /** The id of the dead-letter topic: the places of another say nothing of it. Null where the brokers know of no ids. */
  readonly topicId: string | null;
  /** How the value is written; null where that is not known. */
  readonly format: 'avro' | 'json' | null;
  /** The writer's schema; null for what is not Avro. */
  readonly schemaId: number | null;
  /**
   * The value as JSON; null where it cannot be read whole. Avro by its writer's schema, in that schema's own units:
   * an int64 is a number with all its digits, bytes are base64, a decimal is a text.
   */
  readonly event: Readonly<Record<string, unknown>> | null;
  /** The `eventHash` of `event` as it was exported: says whether it was edited, also where its schema is gone. Null without one. */
  readonly eventSha256: string | null;
}

/** Without the line break. `topicId`: the dead-letter topic's. */
export function exportLine(
  letter: DeadLetter,
  { format, schemaId, event, isWhole }: DecodedValue,
  topicId: string | undefined,
): string {
  const { appendedAt, origin, reason, message, timestamp, attempts, replayCount, app, key, headers, value } = letter;
  const whole = isWhole ? event : null;
  const line = {
    ...{ letter: placeText(letter.at), topicId: topicId ?? null, appendedAt, origin, reason, message, timestamp },
    ...{ attempts, replayCount, app },
    key: base64(key),
    headers: headers.map(([name, bytes]) => [name, base64(bytes)]),
    value: base64(value),
    ...{ format, schemaId, event: whole, eventSha256: eventHash(whole) },
    ...(letter.cut && { cut: letter.cut }),
    ...(letter.batch && { batch: letter.batch }),
  };
  return stringify(line)!;
}

/** The SHA-256 of an event as JSON without blanks; the same once it was written to a line and read again. */
export function eventHash(event: ExportLine['event']): string | null {
  return event === null ? null : createHash('sha256').update(stringify(event)!).digest('hex');
}

/** What a line holds, the numbers of its event as they are written; a fault for what is no line of an export. */
export function readExportLine(text: string): ExportLine | { readonly fault: string } {
  let line: unknown;
  try {
    line = parse(text);
  } catch {
    return { fault: 'it is no JSON' };
  }
  if (!isObject(line)) return { fault: 'it is no JSON object' };
  const reader = new LineReader(line);
  const origin = reader.object('origin');
  const place = reader.text('letter');
  const topicId = reader.textOrNull('topicId');
  const record = {
    appendedAt: reader.whole('appendedAt'),
    origin: { topic: origin.text('topic'), partition: origin.whole('partition'), offset: origin.whole('offset') },
    reason: reader.text('reason'),
    message: reader.text('message'),
    timestamp: reader.whole('timestamp'),
    attempts: reader.whole('attempts'),
    replayCount: reader.whole('replayCount'),
    app: reader.text('app'),
    key: reader.bytes('key'),
    headers: reader.headers('headers'),
    value: reader.bytes('value'),
  };
  const event = {
    format: reader.format(),
    schemaId: reader.has('schemaId') ? reader.whole('schemaId') : null,
    event: reader.has('event') ? reader.plain('event') : null,
    eventSha256: reader.textOrNull('eventSha256'),
  };
  const cut = reader.has('cut') ? readCut(reader.object('cut')) : undefined;
  const batch = reader.has('batch') ? readBatch(reader.object('batch')) : undefined;
  const { fault } = reader.faults;
  if (fault !== undefined) return { fault };
  const at = placeIn(place);
  if (at === undefined) return { fault: `letter is "${place}"; expected partition:offset, such as 3:42` };
  const rawHeaders = RecordHeaders.of(record.headers);
  const letter = { at, ...record, rawHeaders, cut, batch, exception: '', stackTrace: '', bytes: 0 };
  return { letter, topicId, ...event };
}

function placeIn(text: string): LetterPlace | undefined {
  const [, partition, offset] = /^(\d{1,9}):(\d{1,15})$/.exec(text) ?? [];
  return partition === undefined ? undefined : { partition: Number(partition), offset: Number(offset) };
}

function readCut(cut: LineReader): DeadLetter['cut'] {
  return { originalBytes: cut.whole('originalBytes'), sha256: cut.text('sha256') };
}

function readBatch(batch: LineReader): DeadLetter['batch'] {
  return { lastOffset: batch.whole('lastOffset'), codec: batch.text('codec'), bytes: batch.whole('bytes') };
}

type Plain = Readonly<Record<string, unknown>>;

/** Members by their names; remembers the first that is not what it should be. */
class LineReader {
  readonly #members: Plain;
  readonly #above: string;
  readonly faults: { fault?: string };

  constructor(members: Plain, above = '', faults: { fault?: string } = {}) {
    this.#members = members;
    this.#above = above;
    this.faults = faults;
  }

  /** False for null, too. */
  has(name: string): boolean {
    return (this.#members[name] ?? null) !== null;
  }

  text(name: string): string {
    const value = this.#members[name];
    return typeof value === 'string' ? value : this.#refuse(name, 'a text', '');
  }

  textOrNull(name: string): string | null {
    const value = this.#members[name];
    return typeof value === 'string' || value === null ? value : this.#refuse(name, 'a text, or null', null);
  }

  whole(name: string): number {
    const value = this.#members[name];
    const number = isLosslessNumber(value) ? Number(value.value) : NaN;
    return Number.isSafeInteger(number) ? number : this.#refuse(name, 'a whole number', 0);
  }

  bytes(name: string): Buffer | null {
    const bytes = bytesOf(this.#members[name]);
    return bytes === undefined ? this.#refuse(name, 'base64, or null', null) : bytes;
  }

  headers(name: string): [string, Buffer | null][] {
    const given = this.#members[name];
    const list = Array.isArray(given) ? (given as unknown[]) : [undefined];
    return list.map((header): [string, Buffer | null] => {
      const [key, value] = Array.isArray(header) ? (header as unknown[]) : [];
      const bytes = bytesOf(value);
      if (typeof key === 'string' && bytes !== undefined) return [key, bytes];
      return this.#refuse(name, 'a list of [name, base64 or null]', ['', null]);
    });
  }

  format(): ExportLine['format'] {
    const { format } = this.#members;
    const isOne = format === 'avro' || format === 'json' || format === null;
    return isOne ? format : this.#refuse('format', '"avro", "json" or null', null);
  }

  plain(name: string): Plain {
    const value = this.#members[name];
    return isObject(value) ? value : this.#refuse(name, 'an object, or null', {});
  }

  object(name: string): LineReader {
    return new LineReader(this.plain(name), `${this.#above}${name}.`, this.faults);
  }

  #refuse<T>(name: string, expected: string, instead: T): T {
    const found = this.#members[name] === undefined ? 'missing' : 'of another kind';
    this.faults.fault ??= `${this.#above}${name} is ${found}; expected ${expected}`;
    return instead;
  }
}

/** Undefined for what is neither base64 nor null. */
function bytesOf(json: unknown): Buffer | null | undefined {
  return json === null ? null : bytesOfBase64(json);
}

function base64(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('base64');
}
