/** Whether the registry and our schema agree, before anything is registered. */
import { replacementFaults } from './compare.js';
import type { OwnRecords } from './own-records.js';
import type { OwnSubject } from './own-subjects.js';
import { problemOf } from './register.js';
import type { RegistryClient } from './registry-client.js';
import { askCompatibility, latestVersion, type LatestVersion } from './subjects.js';

export interface CheckedSubject {
  readonly latest: LatestVersion | undefined;
  readonly faults: readonly string[];
}

/** For a registry that refuses without a message. */
const NO_REASON = 'it does not say why';

/** The verdict on our schema, with what our own rule says where the registry has nothing against it. */
export async function checkSubject(
  client: RegistryClient,
  own: OwnSubject,
  records: OwnRecords,
): Promise<CheckedSubject> {
  const latest = await latestVersion(client, own);
  if (latest === undefined) return { latest, faults: [] };
  const problems = await problemsWith(client, own, latest, records);
  if (problems.length > 0) return { latest, faults: problems.map((problem) => inWords(own, problem)) };
  return { latest, faults: latest.hasReferences ? [] : replacementFaults(own, latest.schema) };
}

/**
 * What stands against our schema, in the words of who found it; empty when nothing does. A sink's subject must take it, by
 * the registry's own rule; of a source's, which is its producers', we must read the latest version.
 */
export async function problemsWith(
  client: RegistryClient,
  own: OwnSubject,
  latest: LatestVersion,
  records: OwnRecords,
): Promise<readonly string[]> {
  if (own.kind === 'source') {
    const problem = await problemOf(client, latest.answer, own, records);
    return problem === undefined ? [] : [problem];
  }
  const { isCompatible, messages } = await askCompatibility(client, own);
  if (isCompatible) return [];
  return messages.length > 0 ? messages : [NO_REASON];
}

function inWords({ kind }: OwnSubject, problem: string): string {
  if (kind === 'source') return `no record of it is read: ${problem}`;
  return problem === NO_REASON ? 'the registry would refuse ours' : `the registry would refuse ours: ${problem}`;
}
