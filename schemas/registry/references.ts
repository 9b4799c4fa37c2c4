/** The schemas that a writer's schema refers to, from the registry, and those that they refer to. */
import type { FoundSchema, NoSchema, SchemaReference } from './schema-answer.js';

/** For one schema, all levels together. */
export const MAX_REFERENCES = 100;
/** From a schema to the one that it refers to is one level. */
export const MAX_LEVELS = 20;
/** All texts together; of one the registry's client takes no more than 1 MB. */
const MAX_CHARS = 4 * 1024 * 1024;

export type References =
  /** Their texts, each behind those that it refers to itself. */
  | { readonly kind: 'fetched'; readonly texts: readonly string[] }
  /** More than anybody has. */
  | { readonly kind: 'beyond'; readonly message: string }
  | NoSchema;

/** Asks for each name once, as the first that refers to it has it: those that refer to one another in a circle end. */
export async function fetchReferences(
  references: readonly SchemaReference[],
  ask: (reference: SchemaReference) => Promise<FoundSchema | NoSchema>,
): Promise<References> {
  const names = new Set<string>();
  const texts: string[] = [];
  let chars = 0;
  const visit = async (level: number, some: readonly SchemaReference[]): Promise<References | undefined> => {
    for (const reference of some) {
      if (names.has(reference.name)) continue;
      names.add(reference.name);
      if (names.size > MAX_REFERENCES) return beyond(`more than ${MAX_REFERENCES} others`);
      if (level > MAX_LEVELS) return beyond(`others over more than ${MAX_LEVELS} levels`);
      const answer = await ask(reference);
      if (answer.kind !== 'schema') return answer;
      chars += answer.schema.length;
      if (chars > MAX_CHARS) return beyond(`others of more than ${MAX_CHARS} characters`);
      const failure = await visit(level + 1, answer.references);
      if (failure !== undefined) return failure;
      texts.push(answer.schema);
    }
    return undefined;
  };
  return (await visit(1, references)) ?? { kind: 'fetched', texts };
}

function beyond(what: string): References {
  return { kind: 'beyond', message: `a schema that refers to ${what}` };
}
