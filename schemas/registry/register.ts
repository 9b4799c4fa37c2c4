/** Registers our schemas, for the command line. */
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { FatalError } from '../../common/errors.js';
import { type AvroRecord, fullName } from '../avro/avro-schema.js';
import type { RegistryAnswer, RegistryClient } from './registry-client.js';
import { findSchema, foundId, subjectOf, type TopicName } from './registry.js';
import { avroSources, type SourceSpec } from '../source-spec.js';
import { SINK_RECORDS } from '../topic-records.js';
import { fetchWriter } from './fetch-writer.js';
import { OwnRecords } from './own-records.js';
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
  for (const { topic, record } of avroSources(sources)) {
    done.push(await register(client, subjectOf(topicName(topic)), record, { topic, records }));
  }
  for (const [topic, record] of Object.entries(SINK_RECORDS)) {
    done.push(await register(client, subjectOf(topicName(topic)), record));
  }
  return done;
}

/** A source's topic, and what its values are read as. */
interface SourceRecords {
  readonly topic: string;
  readonly records: OwnRecords;
}

async function register(
  client: RegistryClient,
  subject: string,
  record: AvroRecord,
  source?: SourceRecords,
): Promise<RegisteredSubject> {
  const path = `/subjects/${encodeURIComponent(subject)}/versions`;
  const latest = await client.ask({ method: 'GET', path: `${path}/latest` });
  const compatibility = await levelOf(client, subject, latest.kind === 'ok');
  const problems = weaknesses(subject, compatibility);
  const base = { subject, record: fullName(record), compatibility, problems };
  const known = await find(client, subject, record);
  if (known !== undefined) return { ...base, outcome: 'already-there', id: known };
  if (latest.kind !== 'ok') return { ...base, outcome: 'registered', id: await create(client, base, record) };
  if (source === undefined) {
    const body = { schema: JSON.stringify(record) };
    const { id } = expectOk(subject, await client.ask({ method: 'POST', path, body }));
    return { ...base, outcome: 'registered', id: Number(id) };
  }
  const unreadable = await problemOf(client, latest, base, source);
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
  record: AvroRecord,
): Promise<number> {
  const { baseUrl: host, auth } = client.address;
  const registry = new SchemaRegistry({ host, ...(auth === undefined ? {} : { auth }) });
  try {
    const { id } = await registry.register(
      { type: SchemaType.AVRO, schema: JSON.stringify(record) },
      // What the subject has by now: the package would refuse another.
      { subject, compatibility: LEVELS[compatibility] ?? OURS },
    );
    return id;
  } catch (error) {
    throw refusal(subject, error instanceof Error ? error.message : String(error), error);
  }
}

/** What is wrong with the level by which a subject's next version is judged; nothing where it is strong enough. */
export function weaknesses(subject: string, compatibility: string): readonly string[] {
  if (STRONG_ENOUGH.has(compatibility)) return [];
  return [
    `its compatibility is ${compatibility}, weaker than ${OURS}: a next version that cannot read what was written before would be taken. PUT /config/${subject} {"compatibility": "${OURS}"} mends it`,
  ];
}

/** Why no record of the topic can be read by this version, if none can. */
export async function problemOf(
  client: RegistryClient,
  latest: RegistryAnswer,
  { subject, record: expected }: Pick<RegisteredSubject, 'subject' | 'record'>,
  { topic, records: own }: SourceRecords,
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

function find(client: RegistryClient, subject: string, record: AvroRecord): Promise<number | undefined> {
  return findSchema(subject, record, async (path, body) => foundId(await client.ask({ method: 'POST', path, body })));
}

function expectOk(subject: string, answer: RegistryAnswer): Readonly<Record<string, unknown>> {
  if (answer.kind === 'ok') return answer.body;
  throw refusal(subject, answer.message);
}

function refusal(subject: string, message: string, cause?: unknown): FatalError {
  return new FatalError(`the schema registry refused our schema under ${subject}: ${message}`, cause);
}
