/** What one try gave for a schema: one that a record names by its id, or one that such a schema refers to. */
import type { RegistryAnswer } from './registry-client.js';
import { RegistryOutageError } from './registry-outage.js';

/** A type that is defined in another subject. */
export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export interface FoundSchema {
  readonly kind: 'schema';
  /** AVRO, JSON or PROTOBUF. */
  readonly schemaType: string;
  readonly schema: string;
  readonly references: readonly SchemaReference[];
}

export type NoSchema =
  /** The registry does not know it yet. */
  | { readonly kind: 'unknown'; readonly what: string }
  /** The registry never gives this one, though it answers for others. */
  | { readonly kind: 'at-fault'; readonly blames: string };

/** `what` was asked for. Throws a RegistryOutageError for an answer that is none. */
export function readSchemaAnswer(answer: RegistryAnswer, what: string): FoundSchema | NoSchema {
  if (answer.kind === 'missing') return { kind: 'unknown', what };
  if (answer.kind === 'refused') {
    const { status, message } = answer;
    throw new RegistryOutageError('refusing', `the schema registry refused a look-up (${status}): ${message}`, {
      blames: `it answers ${status}`,
    });
  }
  const { schema, schemaType = 'AVRO', references } = answer.body;
  if (typeof schema !== 'string' || typeof schemaType !== 'string') {
    throw new RegistryOutageError('unusable', 'the schema registry answered a look-up by id without a schema');
  }
  return {
    kind: 'schema',
    schemaType,
    schema,
    references: Array.isArray(references) ? references.filter(isReference) : [],
  };
}

/** Whatever else stands among them leads nowhere: the schema then names a type that is nowhere defined. */
function isReference(value: unknown): value is SchemaReference {
  const { name, subject, version } = (value ?? {}) as Partial<Record<keyof SchemaReference, unknown>>;
  // A lone surrogate cannot be in a path.
  const isSubject = typeof subject === 'string' && !/\p{Surrogate}/u.test(subject);
  return isSubject && typeof name === 'string' && Number.isSafeInteger(version);
}
