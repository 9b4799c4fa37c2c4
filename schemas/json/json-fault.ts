/** Why a JSON value does not fit its schema, and where. */
import { LosslessNumber } from 'lossless-json';

const MAX_POINTER = 200;

/** The message holds names, kinds and what was expected, never a part of the value. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
  /** What was there: `missing`, `null`, `a text`. */
  readonly found: string;
  readonly expected: string;
  #pointer = '';

  constructor(found: string, expected: string) {
    super();
    this.found = found;
    this.expected = expected;
    this.message = this.#describe();
  }

  /** RFC 6901; empty for the whole value. */
  get pointer(): string {
    return this.#pointer;
  }

  /** The same fault, seen from what holds the faulty part under that key. */
  under(key: string | number): this {
    this.#pointer = `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}${this.#pointer}`;
    this.message = this.#describe();
    return this;
  }

  #describe(): string {
    const pointer = this.#pointer.length > MAX_POINTER ? `${this.#pointer.slice(0, MAX_POINTER)}…` : this.#pointer;
    return `${pointer || 'the whole value'} is ${this.found}; expected ${this.expected}`;
  }
}

/** Throws a JsonFault for a part that is of another kind, or out of what its type takes. */
export function refuse(json: unknown, expected: string): never {
  throw new JsonFault(kindOf(json), expected);
}

function kindOf(json: unknown): string {
  if (json === undefined) return 'missing';
  if (json === null) return 'null';
  if (Array.isArray(json)) return 'an array';
  if (typeof json === 'string') return 'a text';
  if (typeof json === 'number' || json instanceof LosslessNumber) return 'a number';
  return typeof json === 'boolean' ? 'a boolean' : 'an object';
}

/** A number that is not yet converted is an object of a class, and none of JSON's. */
export function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && Object.getPrototypeOf(json) === Object.prototype;
}
