/** A source's rules, compiled against its schema: closures that read an event's parts. What does not fit is a fault. */
import { createHash } from 'node:crypto';
import type { SourceRecord } from '../../common/record.js';
import { FatalError } from '../../common/errors.js';
import type { EventRecord } from '../../schemas/codecs.js';
import { carried } from '../carried.js';
import { ChannelSet } from '../channel-set.js';
import { meant } from '../../common/closest.js';
import { fieldsOf, type Field, type FieldKind } from './fields.js';
import { money, type Amount } from '../money.js';
import { RECORD_PLACE, RECORD_TIME, spanMs, type NamedValue, type TextOrField } from './rule-shape.js';
import type { EventRule, SourceRules } from './rule-set.js';
import { isMissing, type Field as Named, type Getter } from './text-value.js';
import type { Path } from './yaml-file.js';

/** Notes a fault of what stands at a path of the source's file. */
export type NoteFault = (path: Path, message: string) => void;

/** What an event's keys may be made of besides its fields. */
interface KeyContext {
  readonly now: number;
  readonly record: Pick<SourceRecord, 'source' | 'offset' | 'timestamp'>;
}

/** Reads the parts of an event that make it one and the same. */
export interface KeyReaders {
  readonly eventType: (event: EventRecord) => string;
  readonly eventId: (event: EventRecord, context: KeyContext) => string;
  readonly timestamp: (event: EventRecord, context: KeyContext) => bigint;
  readonly tenantId: (event: EventRecord) => bigint;
}

/** Reads from an event what one event type's rule makes of it. */
export interface RuleReaders {
  readonly type: string;
  readonly category: string;
  readonly channels: ChannelSet;
  readonly recipients: (event: EventRecord) => readonly bigint[];
  readonly priority: (event: EventRecord) => string;
  readonly entityType: (event: EventRecord) => string | null;
  readonly entityId: (event: EventRecord) => bigint | null;
  readonly expiresAt: (event: EventRecord, timestamp: bigint) => bigint | null;
  readonly metadata: (event: EventRecord) => Readonly<Record<string, string>>;
  /** What the texts may name. */
  readonly named: (name: string) => Named | undefined;
}

const NO_VALUES: Readonly<Record<string, string>> = Object.freeze({});
const DAY_MS = 86_400_000;
const WHOLE: readonly FieldKind[] = ['whole'];
/** Bytes of a hash that is an event's id, in hexadecimal twice as many letters. */
const HASHED_ID_BYTES = 16;

export class RuleCompiler {
  readonly #fields: ReadonlyMap<string, Field>;
  readonly #record: string;
  readonly #fault: NoteFault;

  constructor({ record }: SourceRules, fault: NoteFault) {
    this.#fields = fieldsOf(record);
    this.#record = record.name;
    this.#fault = fault;
  }

  keys({ fields }: SourceRules): KeyReaders {
    const { eventType, eventId, timestamp, tenant } = fields;
    const type = this.#single(eventType, ['text'], ['fields', 'eventType']);
    const tenantId = this.#single(tenant, WHOLE, ['fields', 'tenant']);
    return {
      eventType: (event) => type(event) as string,
      eventId: this.#eventId(eventId),
      timestamp: this.#timestamp(timestamp),
      tenantId: (event) => integer(tenantId(event)),
    };
  }

  /** `where` gives the path of a setting that the event has itself, or has of its source. */
  rule(rule: EventRule, where: (setting: string) => Path): RuleReaders {
    return {
      type: rule.type ?? 'INFO',
      category: rule.category ?? '',
      channels: new ChannelSet(rule.channels),
      recipients: this.#recipients(rule.recipient, where('recipient')),
      priority: this.#priority(rule.priority, where('priority')),
      ...this.#entity(rule.entity, where('entity')),
      expiresAt: this.#expiry(rule.expires, where('expires')),
      metadata: this.#metadata(rule.metadata, where('metadata')),
      named: this.#named(rule.values ?? {}, where('values')),
    };
  }

  /** Names that a text may use: for the faults of those that it may not. */
  namesFor({ values = {} }: EventRule): readonly string[] {
    const plain = [...this.#fields.values()].filter(
      (field) => namedKind(field) !== undefined && !field.path.includes('.'),
    );
    return [...plain.map(({ path }) => path), ...Object.keys(values)];
  }

  #find(name: string, path: Path): Field | undefined {
    const field = this.#fields.get(name);
    if (field === undefined) {
      const hint = meant(name, this.#fields.keys()) || `; it has ${[...this.#fields.keys()].join(', ')}`;
      this.#fault(path, `${this.#record} has no field ${name}${hint}`);
    }
    return field;
  }

  /** A field of one of these kinds that is no list. */
  #single(name: string, kinds: readonly FieldKind[], path: Path): Field['get'] {
    const field = this.#find(name, path);
    if (field === undefined) return () => null;
    if (field.isList || !kinds.includes(field.kind)) {
      this.#fault(path, `${name} is ${describeKind(field)}; expected ${kinds.map((kind) => KINDS[kind]).join(' or ')}`);
    }
    return field.get;
  }

  #eventId(rule: SourceRules['fields']['eventId']): KeyReaders['eventId'] {
    if (rule === RECORD_PLACE) return (_, { record }) => `${record.source}@${record.offset}`;
    if (typeof rule === 'string') {
      const get = this.#single(rule, ['text', 'whole'], ['fields', 'eventId']);
      // Go writes 0 where it has no id: it must not be that of many events.
      return (event) => {
        const id = get(event);
        return isZero(id) ? '' : textOf(id);
      };
    }
    const gets = rule.hash.map((name, at) =>
      this.#single(name, ['text', 'whole', 'number', 'decimal', 'time', 'flag'], ['fields', 'eventId', 'hash', at]),
    );
    return (event) => hashedId(gets.map((get) => textOf(get(event))));
  }

  #timestamp(rule: string): KeyReaders['timestamp'] {
    if (rule === RECORD_TIME) return (_, context) => BigInt(recordTime(context));
    const get = this.#single(rule, ['time', 'whole'], ['fields', 'timestamp']);
    return (event) => integer(get(event));
  }

  #recipients(names: readonly string[] | undefined, path: Path): RuleReaders['recipients'] {
    if (names === undefined) {
      this.#fault(path, 'missing; expected the field with the id of who is told');
      return () => [];
    }
    const gets = names.map((name) => {
      const field = this.#find(name, path);
      if (field && field.kind !== 'whole')
        this.#fault(path, `${name} is ${describeKind(field)}; expected an id or a list of ids`);
      return field?.get ?? (() => null);
    });
    const [only] = gets as [Field['get']];
    if (gets.length === 1) {
      return (event) => {
        const value = only(event);
        return Array.isArray(value) ? unique(value) : value === null ? [] : [integer(value)];
      };
    }
    return (event) => unique(gets.flatMap((get) => get(event) ?? []).filter((id) => !isZero(id)));
  }

  #textOr(rule: TextOrField, path: Path): (event: EventRecord) => string {
    if (typeof rule === 'string') return () => rule;
    const get = this.#single(rule.field, ['text', 'whole'], path);
    return (event) => textOf(get(event));
  }

  #priority(rule: TextOrField | undefined, path: Path): RuleReaders['priority'] {
    if (rule === undefined) return () => 'NORMAL';
    if (typeof rule === 'string' && !PRIORITIES.has(rule)) {
      this.#fault(path, `${rule} is given; expected ${[...PRIORITIES].join(', ')}, or { field: NAME }`);
    }
    const read = this.#textOr(rule, path);
    return (event) => priorityOf(read(event));
  }

  #entity(rule: EventRule['entity'], path: Path): Pick<RuleReaders, 'entityType' | 'entityId'> {
    if (rule === undefined) return { entityType: () => null, entityId: () => null };
    const id = this.#single(rule.id, WHOLE, [...path, 'id']);
    return {
      entityType: this.#textOr(rule.type, [...path, 'type']),
      entityId: (event) => {
        const value = id(event);
        return value === null ? null : integer(value);
      },
    };
  }

  #expiry(rule: EventRule['expires'], path: Path): RuleReaders['expiresAt'] {
    if (rule === undefined) return () => null;
    if ('after' in rule) {
      const ms = BigInt(spanMs(rule.after));
      return (_, timestamp) => (timestamp <= 0n ? null : timestamp + ms);
    }
    const get = this.#single(rule.field, ['time'], path);
    // Go writes 0 where it has no time.
    return (event) => (get(event) as bigint | null) || null;
  }

  #metadata(names: readonly string[] | undefined, path: Path): RuleReaders['metadata'] {
    if (names === undefined) return () => NO_VALUES;
    const fields = names.flatMap((name, at) => {
      const field = this.#find(name, [...path, at]);
      if (field && (field.isList || field.kind === 'other')) {
        this.#fault([...path, at], `${name} is ${describeKind(field)}; expected one value, or a map of texts`);
      }
      return field ? { ...field, get: plainGetter(field) } : [];
    });
    return (event) => carried(fields, event);
  }

  #named(values: Readonly<Record<string, NamedValue>>, path: Path): RuleReaders['named'] {
    const named = new Map<string, Named>();
    for (const [name, value] of Object.entries(values)) {
      if (this.#fields.has(name)) this.#fault([...path, name], `${name} is the name of a field already`);
      const compiled =
        typeof value === 'string' ? this.#namedField(value, [...path, name]) : this.#money(value, [...path, name]);
      if (compiled !== undefined) named.set(name, compiled);
    }
    return (name) => {
      const field = this.#fields.get(name);
      return named.get(name) ?? (field && namedOf(field));
    };
  }

  #namedField(name: string, path: Path): Named | undefined {
    const field = this.#find(name, path);
    const named = field && namedOf(field);
    if (field && !named) this.#fault(path, `${name} is ${describeKind(field)}; expected one value`);
    return named;
  }

  #money({ money: amount, currency }: Exclude<NamedValue, string>, path: Path): Named {
    const value = this.#single(amount, ['number', 'whole', 'decimal'], [...path, 'money']);
    const code = currency === undefined ? () => null : this.#single(currency, ['text'], [...path, 'currency']);
    return {
      kind: 'text',
      get: (event, locale) => {
        const given = value(event) as Amount | null;
        return isMissing(given) ? null : money(given, code(event) as string | null, locale);
      },
    };
  }
}

/** The record's own timestamp; the clock where the producer set none. */
export function recordTime({ record, now }: Parameters<KeyReaders['timestamp']>[1]): number {
  return record.timestamp < 0 ? now : record.timestamp;
}

/** For rules that checkRules has passed: what does not fit now is a FatalError. */
export function compilerOf(source: SourceRules): RuleCompiler {
  return new RuleCompiler(source, (path, message) => {
    throw new FatalError(`the rules of ${source.name}: ${path.join('.')}: ${message}`);
  });
}

/** In words. */
const KINDS: Readonly<Record<FieldKind, string>> = {
  text: 'a text',
  whole: 'a whole number',
  number: 'a number',
  decimal: 'a decimal',
  time: 'a timestamp',
  date: 'a date',
  local: 'a time without a zone',
  fixed: 'bytes',
  flag: 'true or false',
  map: 'a map',
  other: 'of a type that rules cannot use',
};

function describeKind({ kind, isList }: Field): string {
  return isList ? `a list (of ${KINDS[kind]})` : KINDS[kind];
}

function namedKind({ kind, isList }: Field): Named['kind'] | undefined {
  if (isList) return undefined;
  switch (kind) {
    case 'text':
    case 'flag':
    case 'fixed':
      return 'text';
    case 'whole':
    case 'number':
    case 'decimal':
      return 'number';
    case 'time':
      return 'time';
    case 'date':
    case 'local':
      return 'date';
    case 'map':
    case 'other':
      return undefined;
  }
}

function namedOf(field: Field): Named | undefined {
  const kind = namedKind(field);
  if (kind === undefined) return undefined;
  const { symbols } = field;
  return {
    kind,
    symbols,
    get: kind === 'time' || kind === 'date' ? timeGetter(field) : (plainGetter(field) as Getter),
  };
}

/** Bytes as hexadecimal text; anything else as it is. */
function plainGetter({ kind, get }: Field): Field['get'] {
  if (kind !== 'fixed') return get;
  return (event) => (get(event) as Buffer | null)?.toString('hex') ?? null;
}

/** Go writes 0 where it has no time. */
function timeGetter({ get, kind }: Field): Getter {
  const unitMs = kind === 'date' ? DAY_MS : 1;
  return (event) => {
    const value = Number(get(event));
    return value === 0 ? null : new Date(value * unitMs);
  };
}

function textOf(value: unknown): string {
  // The fields that are taken as texts are of one value each.
  const plain = value as string | bigint | number | boolean | null;
  return plain === null ? '' : String(plain);
}

/** No id where no text is given: all such events would be one. */
function hashedId(texts: readonly string[]): string {
  if (texts.every((text) => text === '')) return '';
  const hash = createHash('sha256');
  // Behind its length: two fields must not pass for two others.
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:${text}`);
  return hash.digest('hex').slice(0, 2 * HASHED_ID_BYTES);
}

function isZero(value: unknown): boolean {
  return value === 0 || value === 0n;
}

function integer(value: unknown): bigint {
  return typeof value === 'bigint' ? value : value === null ? 0n : BigInt(value as number);
}

function unique(ids: readonly unknown[]): readonly bigint[] {
  return [...new Set(ids.map(integer))];
}

const PRIORITIES = new Set(['LOW', 'NORMAL', 'HIGH']);

/** LOW, NORMAL or HIGH, in capitals; NORMAL for anything else. */
export function priorityOf(priority: string): string {
  if (PRIORITIES.has(priority)) return priority;
  const capitals = priority.toUpperCase();
  return PRIORITIES.has(capitals) ? capitals : 'NORMAL';
}
