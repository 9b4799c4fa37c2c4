/** What the registry holds under our subjects, asked without changing anything. */
import { FatalError } from '../../common/errors.js';
import type { OwnSubject } from './own-subjects.js';
import type { RegistryAnswer, RegistryClient } from './registry-client.js';
import { schemaIdUnder } from './registry.js';

interface SubjectVersion {
  readonly version: number;
  readonly id: number;
}

export interface LatestVersion extends SubjectVersion {
  readonly schema: string;
  /** Its types are not all in its text. */
  readonly hasReferences: boolean;
  readonly answer: RegistryAnswer;
}

export interface SubjectView {
  readonly latest: LatestVersion | undefined;
  /** The latest is the last of them. */
  readonly versions: readonly SubjectVersion[];
  /** The version that is our schema; undefined when none is. */
  readonly ours: SubjectVersion | undefined;
  /** By what the registry judges the next version: the subject's own level, or that of all. */
  readonly compatibility: string;
}

/** Versions are numbered from 1; so many of the latest are asked for. */
const MOST_VERSIONS = 100;

/** Rejects with an OutageError when the registry does not answer, a FatalError when it refuses. */
export async function viewSubject(client: RegistryClient, own: OwnSubject): Promise<SubjectView> {
  const [latest, compatibility, oursId] = await Promise.all([
    latestVersion(client, own),
    levelOf(client, own.subject),
    schemaIdUnder(client, own.subject, own.schema),
  ]);
  if (latest === undefined) return { latest, versions: [], ours: undefined, compatibility };
  const first = Math.max(1, latest.version - MOST_VERSIONS + 1);
  const numbers = Array.from({ length: latest.version - first }, (_, index) => first + index);
  const earlier = await Promise.all(numbers.map((number) => versionOf(client, own.subject, String(number))));
  const there = [...earlier, latest].filter((version) => version !== undefined);
  const versions = there.map(({ version, id }) => ({ version, id }));
  // A schema that is under several versions is the latest of them.
  return { latest, versions, ours: versions.findLast(({ id }) => id === oursId), compatibility };
}

export function latestVersion(client: RegistryClient, { subject }: OwnSubject): Promise<LatestVersion | undefined> {
  return versionOf(client, subject, 'latest');
}

/** What Confluent's registry says beside its reasons: the whole earlier schema, its version, its settings. */
const BESIDE_THE_POINT = /^\{(oldSchemaVersion|oldSchema|validateFields|compatibility):/;
const MAX_MESSAGE = 1000;

export interface CompatibilityVerdict {
  readonly isCompatible: boolean;
  /** The registry's own reasons. */
  readonly messages: readonly string[];
}

/** What the registry would say of our schema as the subject's next version. Nothing is registered. */
export async function askCompatibility(client: RegistryClient, own: OwnSubject): Promise<CompatibilityVerdict> {
  const path = `/compatibility/subjects/${encodeURIComponent(own.subject)}/versions?verbose=true`;
  const answer = await client.ask({ method: 'POST', path, body: { schema: JSON.stringify(own.schema) } });
  const { is_compatible: isCompatible, messages } = expectOk(answer, own.subject);
  const said = Array.isArray(messages) ? messages.map(String).filter((message) => !BESIDE_THE_POINT.test(message)) : [];
  return { isCompatible: isCompatible === true, messages: said.map((message) => message.slice(0, MAX_MESSAGE)) };
}

async function versionOf(client: RegistryClient, subject: string, version: string): Promise<LatestVersion | undefined> {
  const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
  const answer = await client.ask({ method: 'GET', path });
  if (answer.kind === 'missing') return undefined;
  const { version: number, id, schema, references } = expectOk(answer, subject);
  return {
    ...{ version: Number(number), id: Number(id), schema: String(schema), answer },
    hasReferences: Array.isArray(references) && references.length > 0,
  };
}

async function levelOf(client: RegistryClient, subject: string): Promise<string> {
  const own = await client.ask({ method: 'GET', path: `/config/${encodeURIComponent(subject)}` });
  const answer = own.kind === 'ok' ? own : await client.ask({ method: 'GET', path: '/config' });
  return String(expectOk(answer, subject)['compatibilityLevel']);
}

function expectOk(answer: RegistryAnswer, subject: string): Readonly<Record<string, unknown>> {
  if (answer.kind === 'ok') return answer.body;
  throw new FatalError(`the schema registry refused a look at ${subject}: ${answer.message}`);
}
