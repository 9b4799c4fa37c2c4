/** A field's default, as a schema writes it in JSON, as the value that a reader gives. */
import { decimalText } from './decimal.js';
import { Dictionary } from './map-type.js';
import type { WriterType } from './writer-type.js';

/** Makes the value, each time another where it could be changed. Throws an Error where the default is none of the type. */
export function defaultValue(type: WriterType, json: unknown, where: string): () => unknown {
  const refuse = (): never => {
    throw new Error(`the default of ${where} is no ${type.kind}`);
  };
  switch (type.kind) {
    case 'null':
      return json === null ? () => null : refuse();
    case 'boolean':
      return typeof json === 'boolean' ? () => json : refuse();
    case 'long': {
      const value = Number.isSafeInteger(json) ? BigInt(json as number) : refuse();
      return () => value;
    }
    case 'int':
    case 'float':
    case 'double':
      return typeof json === 'number' ? () => json : refuse();
    case 'string':
    case 'enum':
      return typeof json === 'string' ? () => json : refuse();
    case 'bytes':
    case 'fixed': {
      // A character a byte, as Avro has it.
      const bytes = typeof json === 'string' ? Buffer.from(json, 'latin1') : refuse();
      return type.scale === undefined ? () => Buffer.from(bytes) : textDefault(decimalText(bytes, type.scale));
    }
    case 'union':
      return unionDefault(type.branches, json, where);
    case 'array': {
      const items = (Array.isArray(json) ? json : refuse()).map((item) => defaultValue(type.items, item, where));
      return () => items.map((item) => item());
    }
    case 'map':
    case 'record':
      return isObject(json) ? objectDefault(type, json, where) : refuse();
  }
}

function textDefault(text: string): () => string {
  return () => text;
}

/** As Avro 1.12 has it: of the first branch that it fits. */
function unionDefault(branches: readonly WriterType[], json: unknown, where: string): () => unknown {
  for (const branch of branches) {
    try {
      return defaultValue(branch, json, where);
    } catch {
      // The next may fit.
    }
  }
  throw new Error(`the default of ${where} is none of its union`);
}

function objectDefault(
  type: Extract<WriterType, { readonly kind: 'map' | 'record' }>,
  json: Readonly<Record<string, unknown>>,
  where: string,
): () => unknown {
  if (type.kind === 'map') {
    const entries = Object.entries(json).map(([key, value]) => [key, defaultValue(type.values, value, where)] as const);
    return () => {
      const map = new Dictionary();
      for (const [key, make] of entries) map[key] = make();
      return map;
    };
  }
  const fields = type.fields.map(
    ({ name, type: field, default: own }) =>
      [name, defaultValue(field, json[name] === undefined ? own : json[name], `${where}.${name}`)] as const,
  );
  return () => Object.fromEntries(fields.map(([name, make]) => [name, make()]));
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
