/** A writer from what the registry answered, once the schemas that it refers to are fetched. */
import type { OwnRecords } from './own-records.js';
import { fetchReferences } from './references.js';
import type { FoundSchema, NoSchema } from './schema-answer.js';
import { admitWriter, clip, type Writer } from './writer.js';

/** Asks for what stands at a path; `what` says it in words. */
export type AskSchema = (path: string, what: string) => Promise<FoundSchema | NoSchema>;

export type FetchedWriter = { readonly kind: 'writer'; readonly writer: Writer } | NoSchema;

export async function fetchWriter(
  { schemaType, schema, references }: FoundSchema,
  ask: AskSchema,
  records: OwnRecords,
): Promise<FetchedWriter> {
  // A schema of another kind is refused, whatever it refers to.
  const wanted = schemaType === 'AVRO' ? references : [];
  const fetched = await fetchReferences(wanted, ({ subject, version }) =>
    ask(
      // Records may refer to what was deleted since: Confluent's registry keeps it, and gives it to who asks for it so.
      `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`,
      `version ${version} of ${clip(subject)}`,
    ),
  );
  switch (fetched.kind) {
    case 'fetched':
      return { kind: 'writer', writer: admitWriter({ schemaType, schema, references: fetched.texts }, records) };
    case 'beyond':
      return { kind: 'writer', writer: { kind: 'refused', message: fetched.message } };
    case 'unknown':
    case 'at-fault':
      return fetched;
  }
}
