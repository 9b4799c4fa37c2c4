/** Registers our schemas, for the command line. */
import { Agent } from 'node:https';
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { FatalError, messageOf } from '../../common/errors.js';
import type { AvroRecord } from '../avro/avro-schema.js';
import type { RegistryAccess, RegistryAnswer, RegistryClient } from './registry-client.js';
import { RegistryOutageError } from './registry-outage.js';
import { schemaIdUnder, type TopicName } from './registry.js';
import type { SourceSpec } from '../source-spec.js';
import { fetchWriter } from './fetch-writer.js';
import { OwnRecords } from './own-records.js';
import { ownSubjects, type OwnSubject } from './own-subjects.js';
import { readSchemaAnswer } from './schema-answer.js';

/** What was done for one subject. */
export interface RegisteredSubject {
  readonly subject: string;
  /** Full name of our record. */
  readonly record: string;
  /**
   * `registered`: our schema was added. `already-there`: it was among the versions. `kept`: a source's subject holds
   * schemas of its owner's, to which nothing was added.
   */
  readonly outcome: 'registered' | 'already-there' | 'kept';
  /** The id of our schema; when kept, of the subject's latest. */
  readonly id: number;
  /** By what the registry judges the subject's next version. */
  readonly compatibility: string;
  /** When kept, why the latest version cannot be read; and a compatibility under which a next one may not be. */
  readonly problems: readonly string[];
}

type Middleware = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number];

const LEVELS: Readonly<Record<string, COMPATIBILITY>> = COMPATIBILITY;
const OURS = COMPATIBILITY.BACKWARD_TRANSITIVE;
/** Under any other, a next version may be one that does not read what was written before. */
const STRONG_ENOUGH = new Set<string>([OURS, COMPATIBILITY.FULL_TRANSITIVE]);

/**
 * Registers every record: those of the sources that are not JSON alone, sinks, directory. A subject that is made by it is set to BACKWARD_TRANSITIVE; the
 * level of one that exists is left alone, and told. To a source's subject, which belongs to others, a version is added
 * only where there is none. Throws an OutageError when the registry does not answer, a FatalError when it refuses.
 */
export async function registerSchemas(
  client: RegistryClient,
  sources: readonly SourceSpec[],
  topicName: TopicName,
): Promise<RegisteredSubject[]> {
  const records = new OwnRecords(sources);
  const done: RegisteredSubject[] = [];
  // One after another: the first refusal stops the rest.
  for (const own of ownSubjects(sources, topicName)) done.push(await register(client, own, records));
  return done;
}

async function register(client: RegistryClient, own: OwnSubject, records: OwnRecords): Promise<RegisteredSubject> {
  const { subject, schema, record } = own;
  const path = `/subjects/${encodeURIComponent(subject)}/versions`;
  const latest = await client.ask({ method: 'GET', path: `${path}/latest` });
  const compatibility = await levelOf(client, subject, latest.kind === 'ok');
  const weakness = weaknessOf(subject, compatibility);
  const problems = weakness === undefined ? [] : [`${weakness.found}. ${weakness.toDo}`];
  const base = { subject, record, compatibility, problems };
  const known = await schemaIdUnder(client, subject, schema);
  if (known !== undefined) return { ...base, outcome: 'already-there', id: known };
  if (latest.kind !== 'ok') return { ...base, outcome: 'registered', id: await create(client, base, schema) };
  if (own.kind === 'sink') {
    const body = { schema: JSON.stringify(schema) };
    const { id } = expectOk(subject, await client.ask({ method: 'POST', path, body }));
    return { ...base, outcome: 'registered', id: Number(id) };
  }
  const unreadable = await problemOf(client, latest, own, records);
  const faults = unreadable === undefined ? problems : [unreadable, ...problems];
  return { ...base, outcome: 'kept', id: Number(latest.body['id']), problems: faults };
}

/** The subject's level; of one that has neither a level nor a version yet, ours, which it is set to. */
async function levelOf(client: RegistryClient, subject: string, hasVersions: boolean): Promise<string> {
  const path = `/config/${encodeURIComponent(subject)}`;
  const own = await client.ask({ method: 'GET', path });
  if (own.kind === 'ok') return String(own.body['compatibilityLevel']);
  if (hasVersions) {
    return String(expectOk(subject, await client.ask({ method: 'GET', path: '/config' }))['compatibilityLevel']);
  }
  expectOk(subject, await client.ask({ method: 'PUT', path, body: { compatibility: OURS } }));
  return OURS;
}

async function create(
  client: RegistryClient,
  { subject, compatibility }: Pick<RegisteredSubject, 'subject' | 'compatibility'>,
  schema: AvroRecord,
): Promise<number> {
  const registry = packageFor(await client.access());
  try {
    const { id } = await registry.register(
      { type: SchemaType.AVRO, schema: JSON.stringify(schema) },
      // What the subject has by now: the package would refuse another.
      { subject, compatibility: LEVELS[compatibility] ?? OURS },
    );
    return id;
  } catch (error) {
    const { status } = error as { readonly status?: number };
    if (status === undefined || status < 500) throw refusal(subject, messageOf(error), error);
    const said = `the schema registry failed to take our schema under ${subject}: ${messageOf(error)}`;
    throw new RegistryOutageError('failing', said, { cause: error });
  }
}

/** The package, asking as we do; it knows of a name and a password alone. */
function packageFor({ host, authorization, ca }: RegistryAccess): SchemaRegistry {
  const identify: Middleware = () => ({
    prepareRequest: async (next) =>
      (await next()).enhance(authorization === undefined ? {} : { headers: { authorization } }),
  });
  return new SchemaRegistry({
    host,
    middlewares: [identify],
    ...(ca === undefined ? {} : { agent: new Agent({ ca }) }),
  });
}

/** What is wrong with the level by which a subject's next version is judged; undefined where it is strong enough. */
export function weaknessOf(
  subject: string,
  compatibility: string,
): Readonly<Record<'found' | 'expected' | 'toDo', string>> | undefined {
  if (STRONG_ENOUGH.has(compatibility)) return undefined;
  return {
    found: `its compatibility is ${compatibility}, weaker than ${OURS}: a next version that cannot read what was written before would be taken`,
    expected: [...STRONG_ENOUGH].join(' or '),
    toDo: `PUT /config/${subject} {"compatibility": "${OURS}"} mends it`,
  };
}

/** Why no record of the topic can be read by this version, if none can. */
export async function problemOf(
  client: RegistryClient,
  latest: RegistryAnswer,
  { topic, subject, record: expected }: OwnSubject,
  own: OwnRecords,
): Promise<string | undefined> {
  const found = readSchemaAnswer(latest, `the latest version of ${subject}`);
  if (found.kind !== 'schema') return undefined;
  const fetched = await fetchWriter(
    found,
    async (path, what) => readSchemaAnswer(await client.ask({ method: 'GET', path }), what),
    own,
  );
  if (fetched.kind === 'unknown') return `it refers to ${fetched.what}, which the registry does not know`;
  if (fetched.kind === 'at-fault') return fetched.blames;
  const { writer } = fetched;
  if (writer.kind === 'refused') return writer.message;
  const records = writer.kind === 'union' ? writer.records : [writer];
  const carried = records.find(({ topics }) => topics.includes(topic));
  if (carried !== undefined) return carried.fault;
  const names = records.map(({ recordName }) => recordName).join(' or ');
  return `${names}, where ${expected} was expected`;
}

function expectOk(subject: string, answer: RegistryAnswer): Readonly<Record<string, unknown>> {
  if (answer.kind === 'ok') return answer.body;
  throw refusal(subject, answer.message);
}

function refusal(subject: string, message: string, cause?: unknown): FatalError {
  return new FatalError(`the schema registry refused our schema under ${subject}: ${message}`, cause);
}
