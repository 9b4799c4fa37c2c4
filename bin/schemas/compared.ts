/** Our schemas, each beside what it is compared with. */
import type { SourceSpec } from '../../schemas/source-spec.js';
import { checkSubject, type CheckedSubject } from '../../schemas/registry/check-subject.js';
import { differencesFrom, replacementFaults } from '../../schemas/registry/compare.js';
import { OwnRecords } from '../../schemas/registry/own-records.js';
import type { OwnSubject } from '../../schemas/registry/own-subjects.js';
import type { RegistryClient } from '../../schemas/registry/registry-client.js';
import { latestVersion } from '../../schemas/registry/subjects.js';
import { readBaseline } from './baseline.js';

/** What was found of one of our schemas. */
export interface Compared {
  readonly subject: string;
  readonly record: string;
  /** In words: `version 3 (id 12)`, a file; null when there is nothing to compare with. */
  readonly against: string | null;
  readonly found: readonly string[];
}

export interface Live {
  readonly client: RegistryClient;
  readonly sources: readonly SourceSpec[];
}

type Compare = (own: OwnSubject, text: string) => readonly string[];

/** With the files of an earlier release; a record that is there no more is found too. */
function withBaseline(all: readonly OwnSubject[], folder: string, compare: Compare): readonly Compared[] {
  const baseline = readBaseline(folder);
  const compared = all.map((own): Compared => {
    const earlier = baseline.get(own.record);
    const found = earlier === undefined ? [] : compare(own, earlier.text);
    return { subject: own.subject, record: own.record, against: earlier?.path ?? null, found };
  });
  const records = new Set(all.map(({ record }) => record));
  const gone = [...baseline].filter(([record]) => !records.has(record));
  return [
    ...compared,
    ...gone.map(([record, { path }]) => {
      return { subject: '', record, against: path, found: ['it is no record of ours any more'] };
    }),
  ];
}

export function checkBaseline(all: readonly OwnSubject[], folder: string): readonly Compared[] {
  return withBaseline(all, folder, replacementFaults);
}

export function diffBaseline(all: readonly OwnSubject[], folder: string): readonly Compared[] {
  return withBaseline(all, folder, (own, text) => differencesFrom(own, text, 'the baseline'));
}

/** With the latest version of each in the registry. */
function withLive(
  all: readonly OwnSubject[],
  compare: (own: OwnSubject) => Promise<CheckedSubject>,
): Promise<readonly Compared[]> {
  return Promise.all(
    all.map(async (own): Promise<Compared> => {
      const { latest, faults: found } = await compare(own);
      const against = latest === undefined ? null : `version ${latest.version} (id ${latest.id})`;
      return { subject: own.subject, record: own.record, against, found };
    }),
  );
}

export async function checkLive(all: readonly OwnSubject[], { client, sources }: Live): Promise<readonly Compared[]> {
  const records = new OwnRecords(sources);
  return withLive(all, (own) => checkSubject(client, own, records));
}

/** What is not registered differs. */
export function diffLive(all: readonly OwnSubject[], { client }: Live): Promise<readonly Compared[]> {
  return withLive(all, async (own) => {
    const latest = await latestVersion(client, own);
    if (latest === undefined)
      return { latest, faults: ['not registered: run `notification-streams schemas register`'] };
    return { latest, faults: differencesFrom(own, latest.schema, 'the registry') };
  });
}
