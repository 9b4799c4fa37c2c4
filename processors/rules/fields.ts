/** The fields of a source's schema, as rules name them. */
import type { AvroComplex, AvroRecord, AvroSchema } from '../../schemas/avro/avro-schema.js';
import { unqualified } from '../../schemas/avro/writer-type.js';
import type { EventRecord } from '../../schemas/codecs.js';

/**
 * What a field's values are. `whole`: int or long. `time`: ms since the epoch. `date`: days since then; `local`: ms of a
 * calendar and clock without a zone. `fixed`: so many bytes, shown in hexadecimal. `map`: a map of texts. `other`: what no rule can use.
 */
export type FieldKind =
  'text' | 'whole' | 'number' | 'decimal' | 'time' | 'date' | 'local' | 'fixed' | 'flag' | 'map' | 'other';

export interface Field {
  /** As rules write it: `customer.name`. */
  readonly path: string;
  readonly kind: FieldKind;
  /** A list of such values. */
  readonly isList: boolean;
  /** In an enum: all that it may be. */
  readonly symbols?: readonly string[] | undefined;
  /** The value, null where it is not given. */
  readonly get: (event: EventRecord) => unknown;
}

/** Nested deeper than this, a field is left out: a record may hold itself. */
const MAX_DEPTH = 5;

/** Every field that rules can name, by path; those of records in it too. */
export function fieldsOf(record: AvroRecord): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  const named = new Map<string, AvroComplex>();
  const visit = ({ fields: own = [] }: AvroComplex, above: readonly string[]): void => {
    for (const { name, type } of own) {
      const steps = [...above, name];
      const schema = resolved(valueOf(type), named);
      if (typeof schema === 'object' && schema.type === 'record') {
        if (steps.length < MAX_DEPTH) visit(schema, steps);
        continue;
      }
      const isList = typeof schema === 'object' && schema.type === 'array';
      const kind = kindOf(isList ? resolved(valueOf(schema.items ?? 'null'), named) : schema);
      const path = steps.join('.');
      const symbols = typeof schema === 'object' ? schema.symbols : undefined;
      fields.set(path, { path, kind, isList, get: getter(steps), symbols });
    }
  };
  nameTypes(record, named);
  visit(record, []);
  return fields;
}

/** Remembers every type that has a name, wherever it is defined. */
function nameTypes(type: AvroSchema, named: Map<string, AvroComplex>): void {
  if (typeof type === 'string') return;
  if (Array.isArray(type)) {
    for (const branch of type as readonly AvroSchema[]) nameTypes(branch, named);
    return;
  }
  const { name, type: inner, fields = [], items, values } = type as AvroComplex;
  if (name !== undefined) named.set(unqualified(name), type as AvroComplex);
  for (const part of [inner, items, values, ...fields.map((field) => field.type)])
    if (part !== undefined) nameTypes(part, named);
}

/** A union of null and one type is that type; of any other union no rule can use the value. */
function valueOf(type: AvroSchema): AvroSchema {
  if (!Array.isArray(type)) return type;
  const branches = (type as readonly AvroSchema[]).filter((branch) => branch !== 'null');
  return branches.length === 1 ? branches[0]! : 'union';
}

/** The named type behind a name. */
function resolved(type: AvroSchema, named: ReadonlyMap<string, AvroComplex>): string | AvroComplex {
  if (typeof type === 'string') return named.get(unqualified(type)) ?? type;
  const complex = type as AvroComplex;
  return typeof complex.type === 'string' ? complex : resolved(complex.type, named);
}

function kindOf(type: string | AvroComplex): FieldKind {
  const { type: name, logicalType, values, precision } = typeof type === 'string' ? ({ type } as AvroComplex) : type;
  if (logicalType === 'decimal' && typeof precision === 'number') return 'decimal';
  if (logicalType === 'date' && name === 'int') return 'date';
  if (logicalType?.startsWith('local-timestamp-') === true && name === 'long') return 'local';
  if (logicalType?.startsWith('timestamp-') === true && name === 'long') return 'time';
  switch (name) {
    case 'string':
    case 'enum':
      return 'text';
    case 'int':
    case 'long':
      return 'whole';
    case 'float':
    case 'double':
      return 'number';
    case 'boolean':
      return 'flag';
    case 'fixed':
      return 'fixed';
    case 'map':
      return values === 'string' ? 'map' : 'other';
    default:
      return 'other';
  }
}

const IDENTIFIER = /^[A-Za-z_]\w*$/;

/**
 * Hot path: code of its own for each field. V8 remembers where a field lies by the place in the code that reads it, and one
 * place for all fields forgets: 70 of the 300 ns of the map step, in a loop of it alone. Nothing but a name of Avro's becomes code.
 */
function getter(steps: readonly string[]): Field['get'] {
  const [first] = steps as readonly [string, ...string[]];
  if (steps.length === 1 && IDENTIFIER.test(first))
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- see above
    return new Function('event', `return event.${first} ?? null`) as Field['get'];
  return (event) => {
    let value: unknown = event;
    for (const step of steps) {
      if (value === null || value === undefined) return null;
      value = (value as EventRecord)[step];
    }
    return value ?? null;
  };
}
