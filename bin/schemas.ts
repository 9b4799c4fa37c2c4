/** `schemas register`: the contract's schemas, under each topic's subject. */
import { registerSchemas } from '../schemas/registry/register.js';
import { RegistryClient } from '../schemas/registry/registry-client.js';
import { rulesIn } from '../processors/rules/shipped.js';
import type { Config } from '../topology/worker/config.js';

export async function registerSchemasCommand(config: Config): Promise<void> {
  const client = new RegistryClient({ url: config.schemaRegistryUrl });
  const done = await registerSchemas(client, rulesIn(config.rulesDir).sources, (topic) => config.names.physical(topic));
  for (const { subject, record, outcome, id, compatibility, problems } of done) {
    process.stdout.write(
      `${outcome.padEnd(13)}  id ${String(id).padStart(4)}  ${subject}  ${record}  ${compatibility}\n`,
    );
    for (const problem of problems) process.stdout.write(`  ! ${problem}\n`);
  }
}
