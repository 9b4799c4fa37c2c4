import { afterEach, beforeEach, expect, it } from 'vitest';
import { SOURCES } from '../../../../dev/contract/sources.js';
import { ownSubjects } from '../../../../schemas/registry/own-subjects.js';
import { RegistryClient } from '../../../../schemas/registry/registry-client.js';
import { askCompatibility } from '../../../../schemas/registry/subjects.js';
import { json, StubRegistry } from './stub-registry.js';

const [OWN] = ownSubjects(SOURCES, (logical) => logical);

let stub: StubRegistry;
beforeEach(async () => (stub = await StubRegistry.start()));
afterEach(() => stub.close());

it("of Confluent's verdict the reasons are told, not the schema that it quotes beside them", async () => {
  const reason = "{errorType:'TYPE_MISMATCH', description:'The type (path '/fields/1/type') does not match'}";
  const messages = [
    reason,
    '{oldSchemaVersion: 1}',
    `{oldSchema: '${'x'.repeat(5000)}'}`,
    "{validateFields: 'false', compatibility: 'BACKWARD'}",
  ];
  stub.answer = (_, response) => json(response, 200, { is_compatible: false, messages });
  expect(await askCompatibility(new RegistryClient({ url: stub.url }), OWN!)).toEqual({
    isCompatible: false,
    messages: [reason],
  });
});
