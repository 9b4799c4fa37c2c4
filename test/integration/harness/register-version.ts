/** New versions of a schema, as its owner would register them. */
import { testStack } from './test-stack.js';

/** Registers the schema with another doc: a schema of its own with the same binary form. Gives its id. */
export async function registerVersion(subject: string, schema: object, doc: string): Promise<number> {
  const reply = await fetch(`${testStack().schemaRegistryUrl}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify({ ...schema, doc: `${doc} of ${subject}` }) }),
  });
  if (!reply.ok) throw new Error(`The registry answers ${reply.status}: ${await reply.text()}`);
  return ((await reply.json()) as { id: number }).id;
}
