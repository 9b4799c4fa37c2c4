/**
 * A schema from the registry as what its bytes are made of. Not avsc's types: those want valid names and defaults, of
 * which a reader needs neither, and refuse a schema whole for one field that ours cannot be read from.
 */
import { decimalScale } from './decimal.js';

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes'] as const;
type PrimitiveKind = (typeof PRIMITIVES)[number];

export interface PrimitiveType {
  readonly kind: PrimitiveKind;
  readonly logicalType?: string | undefined;
  /** Our own strings alone have it, see id-type.ts. */
  readonly isId?: boolean | undefined;
  /** Bytes that are a decimal: digits behind the point. */
  readonly scale?: number | undefined;
}

export interface FixedType {
  readonly kind: 'fixed';
  readonly name: string;
  readonly size: number;
  /** As in bytes. */
  readonly scale?: number | undefined;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly symbols: readonly string[];
  /** Read of our own enums alone, as a field's. */
  readonly default: unknown;
}

export interface UnionType {
  readonly kind: 'union';
  readonly branches: readonly WriterType[];
}

export interface RecordType {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: readonly FieldType[];
}

export interface FieldType {
  readonly name: string;
  readonly type: WriterType;
  /** Read of our own records alone; undefined without one. */
  readonly default: unknown;
}

export type WriterType =
  | PrimitiveType
  | RecordType
  | FixedType
  | EnumType
  | { readonly kind: 'array'; readonly items: WriterType }
  | { readonly kind: 'map'; readonly values: WriterType }
  | UnionType;

/** Whether a value may be null. */
export function takesNull(type: WriterType): boolean {
  return type.kind === 'null' || (type.kind === 'union' && type.branches.some(takesNull));
}

/** The record's name without its namespace, by which Avro matches records. */
export function unqualified(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/**
 * The type of a schema; `references` are the schemas that it names types of, each behind those that it refers to itself.
 * Throws on what is no schema, or names a type that is nowhere defined. Defaults, aliases, docs and unknown attributes
 * may be anything. What nests too deep for the stack throws a RangeError.
 */
export function parseWriter(schema: unknown, references: readonly unknown[] = []): WriterType {
  const parser = new Parser();
  for (const reference of references) parser.parse(reference, '');
  return parser.parse(schema, '');
}

type Attributes = Readonly<Record<string, unknown>>;

class Parser {
  readonly #named = new Map<string, WriterType>();

  parse(schema: unknown, namespace: string): WriterType {
    if (typeof schema === 'string') return this.#typeCalled(schema, namespace);
    if (Array.isArray(schema)) return this.#union(schema, namespace);
    if (typeof schema !== 'object' || schema === null) throw new Error(`${describe(schema)} is no schema`);
    const attributes = schema as Attributes;
    const { type } = attributes;
    switch (type) {
      case 'array':
        return { kind: 'array', items: this.parse(attributes['items'], namespace) };
      case 'map':
        return { kind: 'map', values: this.parse(attributes['values'], namespace) };
      case 'record':
      case 'error':
      case 'enum':
      case 'fixed':
        return this.#define(type, attributes, namespace);
      default:
        if (isPrimitive(type)) return primitive(type, attributes);
        return this.parse(type, namespace);
    }
  }

  #typeCalled(name: string, namespace: string): WriterType {
    if (isPrimitive(name)) return { kind: name };
    const found = this.#named.get(qualified(name, namespace)) ?? this.#named.get(unqualified(name));
    if (found === undefined) throw new Error(`it names the type ${name}, which is nowhere defined`);
    return found;
  }

  #union(schemas: readonly unknown[], namespace: string): WriterType {
    const branches = schemas.map((branch) => this.parse(branch, namespace));
    if (branches.some(({ kind }) => kind === 'union')) throw new Error('it has a union in a union');
    return { kind: 'union', branches };
  }

  #define(kind: 'record' | 'error' | 'enum' | 'fixed', attributes: Attributes, enclosing: string): WriterType {
    const { name: own, namespace: space, size, symbols, fields } = attributes;
    if (typeof own !== 'string' || own === '') throw new Error(`it has a ${kind} without a name`);
    const name = qualified(own, typeof space === 'string' ? space : enclosing);
    if (this.#named.has(name)) throw new Error(`it defines ${name} twice`);
    const define = <T extends WriterType>(type: T): T => {
      this.#named.set(name, type);
      return type;
    };
    if (kind === 'enum') {
      const texts = Array.isArray(symbols) ? symbols.map(String) : [];
      return define({ kind, name, symbols: texts, default: attributes['default'] });
    }
    if (kind === 'fixed') {
      if (typeof size !== 'number' || !Number.isInteger(size) || size < 0) throw new Error(`${name} has no size`);
      return define({ kind, name, size, scale: decimalScale(attributes) });
    }
    if (!Array.isArray(fields)) throw new Error(`${name} has no fields`);
    const ownFields: FieldType[] = [];
    // Known before its fields are, for they may name it.
    const record = define({ kind: 'record', name, fields: ownFields });
    const namespace = name.slice(0, Math.max(0, name.lastIndexOf('.')));
    for (const field of fields as readonly unknown[]) ownFields.push(this.#field(field, namespace));
    if (new Set(ownFields.map((field) => field.name)).size < ownFields.length)
      throw new Error(`${name} has two fields of one name`);
    return record;
  }

  #field(field: unknown, namespace: string): FieldType {
    const { name, type, default: value } = (field ?? {}) as Attributes;
    if (typeof name !== 'string') throw new Error('it has a field without a name');
    return { name, type: this.parse(type, namespace), default: value };
  }
}

function primitive(kind: PrimitiveKind, attributes: Attributes): PrimitiveType {
  const { logicalType, isId } = attributes;
  return {
    kind,
    logicalType: typeof logicalType === 'string' ? logicalType : undefined,
    isId: isId === true,
    scale: kind === 'bytes' ? decimalScale(attributes) : undefined,
  };
}

function isPrimitive(name: unknown): name is PrimitiveKind {
  return (PRIMITIVES as readonly unknown[]).includes(name);
}

function qualified(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function describe(schema: unknown): string {
  return schema === undefined ? 'nothing' : schema === null ? 'null' : `a ${typeof schema}`;
}
