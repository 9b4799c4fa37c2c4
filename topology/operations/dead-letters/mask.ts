/**
 * What of a dead letter may be shown without `--payload`. Everything is masked except what its source's schema and rules
 * say is no personal data: docs/dead-letters.md has the rule.
 */
import { isLosslessNumber } from 'lossless-json';
import { fieldsOf, type Field } from '../../../processors/rules/fields.js';
import type { SourceRules } from '../../../processors/rules/rule-set.js';
import type { EventRecord } from '../../../schemas/codecs.js';
import { recipientsOf } from './faulty-fields.js';

/** What is said in the place of a value: its kind, and how large it is. */
export class Masked {
  readonly kind: string;
  /** Characters of a text, bytes, items; undefined for what has none. */
  readonly length: number | undefined;

  constructor(kind: string, length?: number) {
    this.kind = kind;
    this.length = length;
  }

  /** As an object of JSON has it. */
  toJSON(): { readonly masked: string; readonly length?: number } {
    return this.length === undefined ? { masked: this.kind } : { masked: this.kind, length: this.length };
  }
}

/** Fields of requests, which are code and not rules, that hold a word of a closed list, or an id of ours. */
const REQUEST_WORDS = [
  'type',
  'category',
  'priority',
  'sourceService',
  'entityType',
  'entityId',
  'channels',
  'templateCode',
];
/** A word of a list, or an id: no blanks, no @, nothing that a sentence or an address has. */
const WORD = /^[A-Za-z0-9_.:|+/-]{1,256}$/;
/** A member's name, where it is none of data: in a map, and below what the schema does not know, it may be. */
const NAME = /^[A-Za-z_][\w.-]{0,63}$/;
const INDEX = /^\d{1,9}$/;
/** In the path of a fault, an entry of a map. */
const ANY_ENTRY = '*';

/** Masks events of one source. */
export class Mask {
  readonly #fields: ReadonlyMap<string, Field>;
  /** What may be shown by its path, where it is a number or a word. */
  readonly #known: ReadonlySet<string>;
  /** The paths of the records whose members have names of the schema. */
  readonly #records: ReadonlySet<string>;

  /** `source`: whose record the event is; without one nothing of it is known, and all is masked. */
  constructor(source: SourceRules | undefined) {
    this.#fields = source ? fieldsOf(source.record) : new Map();
    this.#known = new Set(source ? knownFields(source) : []);
    this.#records = new Set(['', ...[...this.#fields.keys()].flatMap(recordsAbove)]);
  }

  event(event: EventRecord): EventRecord {
    return this.#members(event, []);
  }

  /** The names of a path into an event, as `event` shows them there. */
  path(path: readonly string[], event: EventRecord | null): string[] {
    let value: unknown = event;
    const above: string[] = [];
    return path.map((name) => {
      const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
      const [isList, index] = [Array.isArray(value), names.indexOf(name)];
      const isShown = (isList && INDEX.test(name)) || name === ANY_ENTRY || this.#isNamed(name, above);
      value = index < 0 ? undefined : (value as EventRecord)[name];
      if (!isList) above.push(name);
      return isShown ? name : index < 0 ? '(name)' : maskedName(index);
    });
  }

  /** A key: shown when it is made of what is shown of the event. */
  key(key: Buffer | null, event: EventRecord | null): Buffer | Masked | null {
    if (key === null) return null;
    const shown = event === null ? [] : Object.values(this.event(event)).map(textOf);
    const parts = key.toString().split('|');
    return parts.every((part) => part !== '' && shown.includes(part)) ? key : new Masked('bytes', key.length);
  }

  /** A header's value. */
  bytes(value: Buffer | null): Masked | null {
    return value === null ? null : new Masked('bytes', value.length);
  }

  #members(object: EventRecord, above: readonly string[]): EventRecord {
    return Object.fromEntries(
      Object.entries(object).map(([name, value], index) => [
        this.#isNamed(name, above) ? name : maskedName(index),
        this.#value(value, [...above, name]),
      ]),
    );
  }

  #isNamed(name: string, above: readonly string[]): boolean {
    return this.#records.has(above.join('.')) && NAME.test(name);
  }

  #value(value: unknown, path: readonly string[]): unknown {
    if (value === null || typeof value === 'boolean') return value;
    if (Array.isArray(value)) return value.map((item) => this.#value(item, path));
    if (typeof value === 'object' && !isLosslessNumber(value)) return this.#members(value as EventRecord, path);
    return this.#isShown(value, path.join('.')) ? value : maskOf(value);
  }

  #isShown(value: unknown, path: string): boolean {
    const field = this.#fields.get(path);
    const isNumber = typeof value !== 'string';
    if (field !== undefined && isNumber && ['time', 'date', 'local'].includes(field.kind)) return true;
    if (field?.symbols?.includes(String(value)) === true) return true;
    return this.#known.has(path) && (isNumber || WORD.test(value));
  }
}

/** `customer.address.city` -> `customer`, `customer.address`. */
function recordsAbove(path: string): string[] {
  const names = path.split('.');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('.'));
}

function maskedName(index: number): string {
  return `(name ${index + 1})`;
}

/** What rules and code say is an event's own key, who is told, what it is about, or a word of a closed list. */
function knownFields(source: SourceRules): string[] {
  const { fields, idField, handler, events } = source;
  const { eventId, eventType, timestamp, tenant } = fields;
  const named = [...events.values()].flatMap(({ entity, priority }) => [
    ...(entity === undefined ? [] : [entity.id, ...fieldIn(entity.type)]),
    ...(priority === undefined ? [] : fieldIn(priority)),
  ]);
  return [
    ...(typeof eventId === 'string' ? [eventId] : []),
    ...(idField === undefined ? [] : [idField]),
    ...[eventType, timestamp, tenant],
    ...recipientsOf(source),
    ...named,
    ...(handler === 'requests' ? REQUEST_WORDS : []),
  ];
}

function fieldIn(given: string | { readonly field: string }): string[] {
  return typeof given === 'string' ? [] : [given.field];
}

function maskOf(value: unknown): Masked {
  return typeof value === 'string' ? new Masked('text', Array.from(value).length) : new Masked('number');
}

/** What a key may be made of. */
function textOf(value: unknown): string | undefined {
  if (isLosslessNumber(value)) return value.value;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}
