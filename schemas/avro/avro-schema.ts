/** Avro schemas as JSON, as the .avsc files and the registry hold them. */

/** A schema: a primitive or named type, a complex type, or a union. */
export type AvroSchema = string | AvroComplex | readonly AvroSchema[];

/** A complex type, or a primitive with attributes (`{"type":"long","logicalType":"timestamp-millis"}`). */
export interface AvroComplex {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly logicalType?: string;
  /** In a string: ours alone, see id-type.ts. No registry has it. */
  readonly isId?: boolean;
  /** In a record. */
  readonly fields?: readonly AvroField[];
  /** In an array. */
  readonly items?: AvroSchema;
  /** In a map. */
  readonly values?: AvroSchema;
  /** In an enum. */
  readonly symbols?: readonly string[];
  /** In an enum: the symbol that one it does not have is read as. */
  readonly default?: unknown;
  /** In a fixed, in bytes. */
  readonly size?: number;
  /** In a decimal: its digits, and how many of them are behind the point. */
  readonly precision?: number;
  readonly scale?: number;
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly doc?: string;
  readonly default?: unknown;
}

/** A record's schema with what each of our .avsc files has. */
export interface AvroRecord extends AvroComplex {
  readonly type: 'record';
  readonly name: string;
  readonly namespace: string;
  readonly doc: string;
  readonly fields: readonly AvroField[];
}

/** Whether they say the same, word for word: then one name stands for both. */
export function isSameRecord(one: AvroRecord, other: AvroRecord): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** The record's name with its namespace: `serp.task.TaskEvent`. */
export function fullName(schema: AvroRecord): string {
  return `${schema.namespace}.${schema.name}`;
}
