/**
 * Avro's binary encoding and schema resolution, read strictly from the specification (1.12), without avsc: slow, plain
 * and bounded. It knows the types that the fuzzer's writers have.
 */
export class NotAvro extends Error {}

export type Schema = string | readonly Schema[] | Complex;
export interface Complex {
  readonly type: Schema;
  readonly name?: string;
  readonly namespace?: string;
  readonly fields?: readonly Field[];
  readonly items?: Schema;
  readonly values?: Schema;
  readonly symbols?: readonly string[];
  readonly size?: number;
}

interface Field {
  readonly name: string;
  readonly type: Schema;
  readonly default?: unknown;
}

type Names = ReadonlyMap<string, Complex>;

/** The value of a body, as the reader's schema sees it. Throws NotAvro when it is none, or something is left behind it. */
export function readAvro(body: Buffer, writer: Schema, reader: Schema): unknown {
  const run = new Reading(body, namesIn(writer), namesIn(reader));
  const value = run.read(writer, reader);
  if (run.at !== body.length) throw new NotAvro('bytes are left');
  return value;
}

/** A value that nobody asks for. */
const SKIPPED = Symbol('skipped');
const MAX_DEPTH = 32;
const MAX_ITEMS = 1_000_000;

class Reading {
  at = 0;
  #depth = 0;
  #items = 0;

  constructor(
    readonly body: Buffer,
    readonly writers: Names,
    readonly readers: Names,
  ) {}

  /** With `reader` undefined the value is read and dropped. */
  read(writerSchema: Schema, readerSchema: Schema | undefined): unknown {
    const writer = named(writerSchema, this.writers);
    if (isUnion(writer)) {
      const branch = writer[this.#int()];
      if (branch === undefined) throw new NotAvro('no such branch');
      return this.read(branch, readerSchema);
    }
    const wanted = readerSchema === undefined ? undefined : matching(writer, named(readerSchema, this.readers), this);
    switch (kindOf(writer)) {
      case 'null':
        return null;
      case 'boolean':
        return this.#boolean();
      // Nobody looks at a number that is passed over, as in Java: it must end, no more.
      case 'int':
        return wanted === undefined ? this.#varint(5) : this.#asNumber(this.#int(), wanted);
      case 'long':
        return wanted === undefined ? this.#varint(10) : this.#asNumber(this.#long(), wanted);
      case 'float':
        return this.#bytes(4).readFloatLE();
      case 'double':
        return this.#bytes(8).readDoubleLE();
      case 'string':
      case 'bytes': {
        const bytes = this.#bytes(this.#size());
        return wanted === 'bytes' ? bytes : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      }
      case 'fixed':
        return this.#bytes((writer as Complex).size!);
      case 'enum':
        // No record of ours has one.
        return this.#varint(5);
      case 'array':
        return this.#inside(() =>
          this.#blocks(
            () => this.read((writer as Complex).items!, (wanted as Complex | undefined)?.items),
            (writer as Complex).items === 'null',
          ),
        );
      case 'map': {
        const entries = this.#inside(() =>
          this.#blocks(() => {
            const name = this.read('string', 'string') as string;
            return [name, this.read((writer as Complex).values!, (wanted as Complex | undefined)?.values)] as const;
          }),
        );
        const map = Object.create(null) as Record<string, unknown>;
        for (const [name, value] of entries) map[name] = value;
        return map;
      }
      case 'record':
        return this.#inside(() => this.#record(writer as Complex, wanted as Complex | undefined));
      default:
        throw new Error(`the oracle does not know the type ${JSON.stringify(writer)}`);
    }
  }

  #record(writer: Complex, reader: Complex | undefined): unknown {
    const written = new Map<string, unknown>();
    for (const field of writer.fields!) {
      const wanted = reader?.fields!.find(({ name }) => name === field.name);
      const value = this.read(field.type, wanted?.type);
      if (wanted) written.set(field.name, value);
    }
    if (!reader) return SKIPPED;
    // In the reader's order, defaults where the writer has none.
    return Object.fromEntries(
      reader.fields!.map((field) => [
        field.name,
        written.has(field.name) ? written.get(field.name) : fromDefault(field),
      ]),
    );
  }

  /** Runs this one level deeper. */
  #inside<T>(run: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new NotAvro('too deep');
    const value = run();
    this.#depth -= 1;
    return value;
  }

  #blocks<T>(item: () => T, areNulls = false): T[] {
    const items: T[] = [];
    for (;;) {
      let count = this.#long();
      if (count === 0n) return items;
      const size = count < 0n ? this.#size() : undefined;
      if (count < 0n) count = -count;
      const start = this.at;
      if ((!areNulls && count > BigInt(this.body.length - this.at)) || (this.#items += Number(count)) > MAX_ITEMS)
        throw new NotAvro('more items than bytes, or than anybody has');
      for (; count > 0n; count -= 1n) items.push(item());
      if (size !== undefined && this.at !== start + size) throw new NotAvro('a block of another size');
    }
  }

  #boolean(): boolean {
    // As in Java.
    return this.#byte() === 1;
  }

  #asNumber(value: number | bigint, wanted: Schema | undefined): unknown {
    const kind = wanted === undefined ? 'long' : kindOf(wanted);
    return kind === 'long' ? BigInt(value) : kind === 'float' ? Math.fround(Number(value)) : Number(value);
  }

  #int(): number {
    const value = this.#varint(5);
    if (value !== BigInt.asIntN(32, value)) throw new NotAvro('an int of more than 32 bits');
    return Number(value);
  }

  #size(): number {
    const size = this.#long();
    if (size < 0n || size > BigInt(this.body.length - this.at)) throw new NotAvro('a length past the end');
    return Number(size);
  }

  #long(): bigint {
    const value = this.#varint(10);
    if (value !== BigInt.asIntN(64, value)) throw new NotAvro('a long of more than 64 bits');
    return value;
  }

  #varint(most: number): bigint {
    let zigzag = 0n;
    for (let size = 1; ; size += 1) {
      const byte = this.#byte();
      zigzag |= BigInt(byte & 0x7f) << BigInt(7 * (size - 1));
      if (byte < 0x80) break;
      if (size === most) throw new NotAvro(`a number of more than ${most} bytes`);
    }
    return zigzag & 1n ? -(zigzag >> 1n) - 1n : zigzag >> 1n;
  }

  #byte(): number {
    return this.#bytes(1)[0]!;
  }

  #bytes(size: number): Buffer {
    if (this.at + size > this.body.length) throw new NotAvro('the end comes early');
    return this.body.subarray(this.at, (this.at += size));
  }
}

function isUnion(schema: Schema): schema is readonly Schema[] {
  return Array.isArray(schema);
}

export function kindOf(schema: Schema): string {
  if (typeof schema === 'string') return schema;
  if (isUnion(schema)) return 'union';
  return kindOf(schema.type);
}

function named(schema: Schema, names: Names): Schema {
  return typeof schema === 'string' ? (names.get(schema) ?? schema) : schema;
}

function namesIn(schema: Schema, names = new Map<string, Complex>()): Names {
  if (typeof schema === 'string') return names;
  if (isUnion(schema)) for (const branch of schema) namesIn(branch, names);
  else {
    const complex = schema;
    if (complex.name !== undefined) {
      names.set(complex.name, complex);
      if (complex.namespace !== undefined) names.set(`${complex.namespace}.${complex.name}`, complex);
    }
    for (const part of [complex.items, complex.values, ...(complex.fields ?? []).map(({ type }) => type)])
      if (part !== undefined) namesIn(part, names);
  }
  return names;
}

const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

/** What of the reader's type takes the writer's value: the first branch that is of its kind, else the first that it can be promoted to. */
function matching(writer: Schema, reader: Schema, { readers }: Reading): Schema {
  const branches = isUnion(reader) ? reader.map((branch) => named(branch, readers)) : [reader];
  const kind = kindOf(writer);
  const found =
    branches.find((branch) => kindOf(branch) === kind) ??
    branches.find((branch) => PROMOTIONS[kind]?.includes(kindOf(branch)));
  if (found === undefined) throw new NotAvro(`${kind} is nothing that the reader takes`);
  return typeof found === 'string' || kindOf(found) !== (found as Complex).type ? kindOf(found) : found;
}

/** A default stands for the first branch of a union; no long of ours has one. */
function fromDefault({ name, default: value }: Field): unknown {
  if (value === undefined) throw new NotAvro(`no ${name}, and no default`);
  return value;
}
