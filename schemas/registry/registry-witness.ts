/** Whether the registry answers for something else than one id: what tells that id's own fault from an outage. */
import { OutageError } from '../../common/errors.js';
import type { RegistryClient } from './registry-client.js';

export interface RegistryWitnessOptions {
  readonly client: RegistryClient;
  /** A subject that is there and small, one of our own: asked for until an id was answered. */
  readonly subject: string | undefined;
}

export class RegistryWitness {
  readonly #options: RegistryWitnessOptions;
  #goodId: number | undefined;
  readonly #asked = new Map<string, Promise<boolean>>();

  constructor(options: RegistryWitnessOptions) {
    this.#options = options;
  }

  /** The registry gave a schema for this id. */
  saw(schemaId: number): void {
    this.#goodId = schemaId;
  }

  /** Asks now, once for all who want to know at the same time. Never rejects. */
  async answersForOthersThan(schemaId: number): Promise<boolean> {
    const { subject } = this.#options;
    const paths = [
      ...(this.#goodId === undefined || this.#goodId === schemaId ? [] : [`/schemas/ids/${this.#goodId}`]),
      ...(subject === undefined ? [] : [`/subjects/${encodeURIComponent(subject)}/versions/latest`]),
    ];
    for (const path of paths) if (await this.#isAnswered(path)) return true;
    return false;
  }

  #isAnswered(path: string): Promise<boolean> {
    const asked = this.#asked.get(path) ?? this.#ask(path).finally(() => this.#asked.delete(path));
    this.#asked.set(path, asked);
    return asked;
  }

  async #ask(path: string): Promise<boolean> {
    try {
      const { kind } = await this.#options.client.ask({ method: 'GET', path });
      return kind === 'ok';
    } catch (error) {
      if (error instanceof OutageError) return false;
      throw error;
    }
  }
}
