/** A schema registry without a network, for the test driver: ids are given out in order. */
import type { AvroSchema } from '../../schemas/avro/avro-schema.js';
import { RegistryClient, type RegistryAnswer, type RegistryRequest } from '../../schemas/registry/registry-client.js';

export class InMemoryRegistry extends RegistryClient {
  readonly #schemas = new Map<number, { readonly schema: string; readonly schemaType: string }>();

  constructor() {
    super({ url: 'http://in-memory.invalid' });
  }

  /** The id under which the schema can be looked up from now on. */
  register(schema: AvroSchema, schemaType = 'AVRO'): number {
    const id = this.#schemas.size + 1;
    this.#schemas.set(id, { schema: JSON.stringify(schema), schemaType });
    return id;
  }

  override ask({ path }: RegistryRequest): Promise<RegistryAnswer> {
    const found = this.#schemas.get(Number(path.replace('/schemas/ids/', '')));
    return Promise.resolve(
      found === undefined ? { kind: 'missing', message: 'Schema not found' } : { kind: 'ok', body: { ...found } },
    );
  }
}
