/** Questions about avsc types: what a type is made of, and how small a value of it can be. */
import type avsc from 'avsc';

const KINDS = [
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'string',
  'bytes',
  'fixed',
  'enum',
  'union',
  'array',
  'map',
  'record',
] as const;
export type Kind = (typeof KINDS)[number];

/** What avsc's types hold besides their name, each kind its own. */
interface Parts {
  readonly fields?: readonly { readonly type: avsc.Type }[];
  readonly types?: readonly avsc.Type[];
  readonly itemsType?: avsc.Type;
  readonly valuesType?: avsc.Type;
  readonly size?: number;
}

/** The Avro kind of a type. Throws on one that this project does not know. */
export function kindOf(type: avsc.Type): Kind {
  const name = type.typeName;
  // avsc tells its variants apart: `union:wrapped`, `abstract:long`.
  const kind = name.startsWith('union:') ? 'union' : name === 'abstract:long' ? 'long' : name;
  if ((KINDS as readonly string[]).includes(kind)) return kind as Kind;
  throw new Error(`unknown Avro type ${name}`);
}

/** The types that a type is made of: fields, branches, items, values. */
export function partsOf(type: avsc.Type): readonly avsc.Type[] {
  const { fields, types, itemsType, valuesType } = type as Parts;
  if (fields !== undefined) return fields.map((field) => field.type);
  if (types !== undefined) return types;
  const inner = itemsType ?? valuesType;
  return inner === undefined ? [] : [inner];
}

/** The size of a fixed, in bytes. */
export function fixedBytes(type: avsc.Type): number {
  return (type as Parts).size ?? 0;
}

/** Every type that can be reached from `root`, itself included, each once. */
export function reachable(root: avsc.Type): ReadonlySet<avsc.Type> {
  const seen = new Set<avsc.Type>([root]);
  // A set's iteration visits what is added on the way.
  for (const type of seen) for (const part of partsOf(type)) seen.add(part);
  return seen;
}

/** True when some type that can be reached from `root` can hold itself. */
export function hasRecursion(root: avsc.Type): boolean {
  const path = new Set<avsc.Type>();
  const done = new Set<avsc.Type>();
  const visit = (type: avsc.Type): boolean => {
    if (path.has(type)) return true;
    if (done.has(type)) return false;
    path.add(type);
    const found = partsOf(type).some(visit);
    path.delete(type);
    done.add(type);
    return found;
  };
  return visit(root);
}

const knownMinimums = new WeakMap<avsc.Type, number>();

/** A lower bound of a value's encoding in bytes; 0 only for types whose values can take none. */
export function minimumBytes(type: avsc.Type): number {
  const known = knownMinimums.get(type);
  if (known !== undefined) return known;
  // Stands while the parts are asked: a record directly inside itself has no finite value, so any bound will do.
  knownMinimums.set(type, 0);
  const bytes = computeMinimum(type, kindOf(type));
  knownMinimums.set(type, bytes);
  return bytes;
}

function computeMinimum(type: avsc.Type, kind: Kind): number {
  if (kind === 'null') return 0;
  if (kind === 'float') return 4;
  if (kind === 'double') return 8;
  if (kind === 'fixed') return fixedBytes(type);
  if (kind === 'record') return partsOf(type).reduce((sum, part) => sum + minimumBytes(part), 0);
  if (kind === 'union') return 1 + Math.min(...partsOf(type).map(minimumBytes));
  return 1;
}
