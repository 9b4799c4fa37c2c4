/** Whether the registry and our schema agree, before anything is registered. */
import type { SourceSpec } from '../source-spec.js';
import { replacementFaults } from './compare.js';
import { OwnRecords } from './own-records.js';
import type { OwnSubject } from './own-subjects.js';
import { problemOf } from './register.js';
import type { RegistryClient } from './registry-client.js';
import { askCompatibility, latestVersion, type LatestVersion } from './subjects.js';

export interface CheckedSubject {
  readonly latest: LatestVersion | undefined;
  readonly faults: readonly string[];
}

/**
 * A sink's subject must take our schema, by the registry's own rule and ours; of a source's, which is its producers', we
 * must read the latest version.
 */
export async function checkSubject(
  client: RegistryClient,
  own: OwnSubject,
  sources: readonly SourceSpec[],
): Promise<CheckedSubject> {
  const latest = await latestVersion(client, own);
  if (latest === undefined) return { latest, faults: [] };
  const asked = own.kind === 'sink' ? await refusals(client, own) : await unreadable(client, own, latest, sources);
  const faults = asked.length > 0 || latest.hasReferences ? asked : replacementFaults(own, latest.schema);
  return { latest, faults };
}

async function refusals(client: RegistryClient, own: OwnSubject): Promise<readonly string[]> {
  const { isCompatible, messages } = await askCompatibility(client, own);
  if (isCompatible) return [];
  return messages.length > 0
    ? messages.map((message) => `the registry would refuse ours: ${message}`)
    : ['the registry would refuse ours'];
}

async function unreadable(
  client: RegistryClient,
  { subject, record, topic }: OwnSubject,
  { answer }: LatestVersion,
  sources: readonly SourceSpec[],
): Promise<readonly string[]> {
  const problem = await problemOf(client, answer, { subject, record }, { topic, records: new OwnRecords(sources) });
  return problem === undefined ? [] : [`no record of it is read: ${problem}`];
}
