/** A dead letter in words, for `dlq show`: what it is, then its key, headers and value with the fault marked. */
import { isLosslessNumber } from 'lossless-json';
import { originText, placeText, type DeadLetter } from '../../topology/operations/dead-letters/dead-letter.js';
import type { DecodedValue, ValueFault } from '../../topology/operations/dead-letters/decoded.js';
import { Masked } from '../../topology/operations/dead-letters/mask.js';
import { meaningOf } from '../../topology/operations/dead-letters/reasons.js';
import type { EventRecord } from '../../schemas/codecs.js';
import { counted, wrapped } from '../print.js';
import { hexDump, hexHead } from './hex-dump.js';
import { printable, shortened } from './printable.js';
import { columnsOfTerminal } from './table.js';
import { ageText, bytesText, timeText } from './units.js';

/** Key, headers and event as they may be shown. */
export interface ShownParts {
  readonly key: Buffer | Masked | null;
  readonly headers: readonly (readonly [name: string, value: Buffer | Masked | null])[];
  readonly event: EventRecord | null;
  readonly fault: ValueFault | undefined;
  /** Whether bytes of the value may be shown. */
  readonly isWhole: boolean;
}

/** A value of a field; --json has it whole. */
const MOST_CHARACTERS = 1000;

export function letterLines(letter: DeadLetter, decoded: DecodedValue, parts: ShownParts, now: number): string[] {
  return [
    `dead letter ${placeText(letter.at)}, ${ageText(now - letter.appendedAt)} old`,
    ...rows(aboutLetter(letter), '  '),
    `key      ${bytesShown(parts.key)}`,
    ...headerLines(parts.headers),
    ...valueLines(letter, decoded, parts),
  ];
}

function aboutLetter(letter: DeadLetter): [string, string][] {
  const { reason, message, appendedAt, timestamp, attempts, replayCount, app, exception, stackTrace, cut, batch } =
    letter;
  const meaning = meaningOf(reason);
  return [
    ['reason', printable(reason)],
    ['message', printable(message)],
    ...row('means', meaning?.means),
    ...row('what to do', meaning?.remedy),
    ['came from', printable(originText(letter))],
    ['its time', timeText(timestamp)],
    ['dead since', timeText(appendedAt)],
    ['tried', counted(attempts, 'time')],
    ['replayed', counted(replayCount, 'time')],
    ['by', printable(app)],
    ['error', printable(exception)],
    ...stackTrace.split('\n').flatMap((line) => row('', printable(line.trim()))),
    ...row('cut', cut && `the whole value has ${cut.originalBytes} bytes, SHA-256 ${printable(cut.sha256)}`),
    ...row(
      'batch',
      batch && `up to offset ${batch.lastOffset}, ${batch.bytes} bytes in the log, codec ${printable(batch.codec)}`,
    ),
  ];
}

function row(name: string, text: string | undefined): [string, string][] {
  return text ? [[name, text]] : [];
}

function rows(list: readonly (readonly [string, string])[], indent: string): string[] {
  const width = widest(list);
  const left = Math.max(40, columnsOfTerminal() - indent.length - width - 2);
  return list.flatMap(([name, text]) =>
    wrapped(text, left, '').map((line, index) => `${indent}${(index === 0 ? name : '').padEnd(width)}  ${line}`),
  );
}

/** There may be more of them than a call takes arguments. */
function widest(list: readonly (readonly [string, string])[]): number {
  return list.reduce((width, [name]) => Math.max(width, name.length), 0);
}

function headerLines(headers: ShownParts['headers']): string[] {
  if (headers.length === 0) return ['headers  none'];
  return [
    'headers',
    ...rows(
      headers.map(([name, value]) => [printable(name), bytesShown(value)] as const),
      '  ',
    ),
  ];
}

function valueLines({ value }: DeadLetter, decoded: DecodedValue, { event, fault, isWhole }: ShownParts): string[] {
  const { format, schemaId, record, note } = decoded;
  const kind = { avro: 'Avro', json: 'JSON', none: '' }[format ?? 'none'];
  const what = [
    ...(value === null ? [] : [bytesText(value.length)]),
    ...(kind === '' ? [] : [kind]),
    ...(schemaId === null ? [] : [`schema id ${schemaId}`]),
    ...(record === null ? [] : [printable(record)]),
    ...(note === undefined ? [] : [printable(note)]),
  ];
  return [
    `value    ${what.join(', ')}`,
    ...(event === null ? [] : eventLines(event, fault)),
    ...(fault === undefined || (event !== null && fault.at === undefined) ? [] : faultLines(fault, value, isWhole)),
    ...(event === null && fault?.at === undefined && value !== null ? rawLines(value, isWhole) : []),
  ];
}

/** A field a line; those at fault are marked, also when they are not there. */
function eventLines(event: EventRecord, fault: ValueFault | undefined): string[] {
  const fields = fieldsIn(event);
  const faulty = (fault?.fields ?? []).map(printable);
  for (const path of faulty)
    if (!fields.some(([name]) => isWithin(path, name)))
      fields.push([path, fault?.at === undefined ? '(missing)' : '(cannot be read)']);
  const width = widest(fields);
  let said = fault?.at === undefined ? `   <- ${printable(fault?.message ?? '')}` : '';
  return fields.map(([name, text]) => {
    const line = `${name.padEnd(width)}  ${text}`;
    if (!faulty.some((path) => isWithin(path, name))) return `  ${line}`;
    const marked = `> ${line}${said}`;
    said = '';
    return marked;
  });
}

/** Whether one of two paths is the other, or lies below it. */
function isWithin(path: string, name: string): boolean {
  return path === name || path.startsWith(`${name}.`) || name.startsWith(`${path}.`);
}

/** Fields of records in it behind a dot. */
function fieldsIn(event: EventRecord, above = ''): [string, string][] {
  return Object.entries(event).flatMap(([name, value]): [string, string][] => {
    const path = above + printable(name);
    const isRecord = isPlain(value) && Object.keys(value).length > 0;
    return isRecord ? fieldsIn(value, `${path}.`) : [[path, shortened(valueText(value), MOST_CHARACTERS)]];
  });
}

function isPlain(value: unknown): value is EventRecord {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && !isLosslessNumber(value) && !(value instanceof Masked);
}

function valueText(value: unknown): string {
  if (value instanceof Masked) return maskText(value);
  if (isLosslessNumber(value)) return value.value;
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (isPlain(value)) {
    const members = Object.entries(value).map(([name, member]) => `${printable(name)}: ${valueText(member)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  }
  return typeof value === 'string' ? printable(JSON.stringify(value)) : String(value);
}

function maskText({ kind, length }: Masked): string {
  if (length === undefined) return `(${kind})`;
  return kind === 'text' ? `(text, ${counted(length, 'character')})` : `(${counted(length, 'byte')})`;
}

/** As text where it is some. */
function bytesShown(bytes: Buffer | Masked | null): string {
  if (bytes === null) return 'null';
  if (bytes instanceof Masked) return maskText(bytes);
  const text = bytes.toString();
  const isText = Buffer.from(text).equals(bytes);
  return isText ? printable(JSON.stringify(text)) : `${bytes.toString('hex')} (hex)`;
}

function faultLines({ message, at }: ValueFault, value: Buffer | null, isWhole: boolean): string[] {
  const where = at === undefined || at === 0 ? '' : `cannot be read from byte ${at} on: `;
  const lines = [`fault    ${where}${printable(message)}`];
  if (at === undefined || value === null || value.length === 0) return lines;
  return [...lines, ...(isWhole ? hexDump(value, at).map((line) => `  ${line}`) : [])];
}

/** Where nothing is known of a value, its first bytes. */
function rawLines(value: Buffer, isWhole: boolean): string[] {
  return isWhole ? hexHead(value).map((line) => `  ${line}`) : [];
}
