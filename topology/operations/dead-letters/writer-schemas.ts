/** Writers' schemas from the registry, for a command: asked for once each, and an outage is said, not waited out. */
import { messageOf } from '../../../common/errors.js';
import { parseWriter, type WriterType } from '../../../schemas/avro/writer-type.js';
import { fetchReferences } from '../../../schemas/registry/references.js';
import type { RegistryClient } from '../../../schemas/registry/registry-client.js';
import { RegistryOutageError } from '../../../schemas/registry/registry-outage.js';
import { readSchemaAnswer, type FoundSchema, type NoSchema } from '../../../schemas/registry/schema-answer.js';

export type WriterSchema =
  /** `schema` as the registry has it, of JSON; `hasReferences`: it names types that stand in others. */
  | { readonly kind: 'schema'; readonly type: WriterType; readonly schema: unknown; readonly hasReferences: boolean }
  /** There is no schema to read with; `message` says why. */
  | { readonly kind: 'unknown' | 'unusable' | 'outage'; readonly message: string };

export class WriterSchemas {
  readonly #client: RegistryClient;
  readonly #asked = new Map<number, Promise<WriterSchema>>();
  /** Once it does not answer, it is asked no more. */
  #outage: WriterSchema | undefined;

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  /** The schema of an id. Never rejects. */
  get(id: number): Promise<WriterSchema> {
    const known = this.#asked.get(id);
    if (known !== undefined) return known;
    if (this.#outage !== undefined) return Promise.resolve(this.#outage);
    const asked = this.#fetch(id).then((found) => {
      if (found.kind === 'outage') this.#outage = found;
      return found;
    });
    this.#asked.set(id, asked);
    return asked;
  }

  async #fetch(id: number): Promise<WriterSchema> {
    try {
      const found = await this.#ask(`/schemas/ids/${id}`, `the schema id ${id}`);
      if (found.kind !== 'schema') return unknown(found);
      if (found.schemaType !== 'AVRO')
        return { kind: 'unusable', message: `schema id ${id} is of type ${found.schemaType}, not AVRO` };
      const fetched = await fetchReferences(found.references, ({ subject, version }) =>
        this.#ask(`/subjects/${encodeURIComponent(subject)}/versions/${version}`, `version ${version} of ${subject}`),
      );
      if (fetched.kind === 'beyond') return { kind: 'unusable', message: `schema id ${id} is ${fetched.message}` };
      if (fetched.kind !== 'fetched') return unknown(fetched);
      const schema: unknown = JSON.parse(found.schema);
      const type = parseWriter(
        schema,
        fetched.texts.map((text) => JSON.parse(text) as unknown),
      );
      return { kind: 'schema', type, schema, hasReferences: fetched.texts.length > 0 };
    } catch (error) {
      if (error instanceof RegistryOutageError) return { kind: 'outage', message: messageOf(error) };
      // Whatever the registry's text leads to is a fault of that text.
      return { kind: 'unusable', message: `schema id ${id} cannot be read: ${messageOf(error)}` };
    }
  }

  async #ask(path: string, what: string): Promise<FoundSchema | NoSchema> {
    return readSchemaAnswer(await this.#client.ask({ method: 'GET', path }), what);
  }
}

function unknown(found: NoSchema): WriterSchema {
  return found.kind === 'unknown'
    ? { kind: 'unknown', message: `the schema registry does not know ${found.what}` }
    : { kind: 'unusable', message: found.blames };
}
