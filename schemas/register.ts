/** Registers our schemas, for the command line. */
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { FatalError } from '../topology/errors.js';
import { type AvroRecord, fullName } from './avro-schema.js';
import type { RegistryAnswer, RegistryClient } from './registry-client.js';
import { findSchema, foundId, subjectOf, type TopicName } from './registry.js';
import { SINK_RECORDS, SOURCE_RECORDS } from './topic-records.js';
import { fetchWriter } from './fetch-writer.js';
import { readSchemaAnswer } from './schema-answer.js';
import type { SourceTopic } from '../topology/record.js';

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
  /** When kept: why the latest version can not be read, if it can not. */
  readonly problem?: string;
}

const OURS = COMPATIBILITY.BACKWARD_TRANSITIVE;

/**
 * Registers every record: sources, sinks, directory. Our own subjects (sinks and directory) are set to
 * BACKWARD_TRANSITIVE. Those of the sources belong to others: their compatibility is left alone, and a version is added
 * only where there is none. Throws an OutageError when the registry does not answer, a FatalError when it refuses.
 */
export async function registerSchemas(client: RegistryClient, topicName: TopicName): Promise<RegisteredSubject[]> {
  const done: RegisteredSubject[] = [];
  // One after another: the first refusal stops the rest.
  for (const [topic] of entries(SOURCE_RECORDS)) {
    done.push(await registerSource(client, topic, subjectOf(topicName(topic))));
  }
  for (const [topic, record] of entries(SINK_RECORDS)) {
    done.push(await registerOwn(client, subjectOf(topicName(topic)), record));
  }
  return done;
}

async function registerOwn(client: RegistryClient, subject: string, record: AvroRecord): Promise<RegisteredSubject> {
  const config = `/config/${encodeURIComponent(subject)}`;
  const level = await client.ask({ method: 'GET', path: config });
  if (level.kind !== 'ok' || level.body['compatibilityLevel'] !== OURS) {
    expectOk(subject, await client.ask({ method: 'PUT', path: config, body: { compatibility: OURS } }));
  }
  const known = await find(client, subject, record);
  if (known !== undefined) return { subject, record: fullName(record), outcome: 'already-there', id: known };
  const registry = new SchemaRegistry({
    host: client.baseUrl,
    ...(client.auth === undefined ? {} : { auth: client.auth }),
  });
  try {
    const { id } = await registry.register(
      { type: SchemaType.AVRO, schema: JSON.stringify(record) },
      { subject, compatibility: OURS },
    );
    return { subject, record: fullName(record), outcome: 'registered', id };
  } catch (error) {
    throw refusal(subject, error instanceof Error ? error.message : String(error), error);
  }
}

/** Not by the package's `register`: that sets the subject's compatibility, or throws when it is another. */
async function registerSource(client: RegistryClient, topic: SourceTopic, subject: string): Promise<RegisteredSubject> {
  const record = SOURCE_RECORDS[topic];
  const base = { subject, record: fullName(record) };
  const known = await find(client, subject, record);
  if (known !== undefined) return { ...base, outcome: 'already-there', id: known };
  const path = `/subjects/${encodeURIComponent(subject)}/versions`;
  const latest = await client.ask({ method: 'GET', path: `${path}/latest` });
  if (latest.kind === 'ok') {
    const problem = await problemOf(client, latest, topic, subject);
    return { ...base, outcome: 'kept', id: Number(latest.body['id']), ...(problem === undefined ? {} : { problem }) };
  }
  const added = expectOk(subject, await client.ask({ method: 'POST', path, body: { schema: JSON.stringify(record) } }));
  return { ...base, outcome: 'registered', id: Number(added['id']) };
}

/** Why no record of the topic can be read by this version, if none can. */
async function problemOf(
  client: RegistryClient,
  latest: RegistryAnswer,
  topic: SourceTopic,
  subject: string,
): Promise<string | undefined> {
  const found = readSchemaAnswer(latest, `the latest version of ${subject}`);
  if (found.kind !== 'schema') return undefined;
  const fetched = await fetchWriter(found, async (path, what) =>
    readSchemaAnswer(await client.ask({ method: 'GET', path }), what),
  );
  if (fetched.kind === 'unknown') return `it refers to ${fetched.what}, which the registry does not know`;
  if (fetched.kind === 'at-fault') return fetched.blames;
  const { writer } = fetched;
  if (writer.kind === 'refused') return writer.message;
  const records = writer.kind === 'union' ? writer.records : [writer];
  const own = records.find((record) => record.topic === topic);
  if (own !== undefined) return own.fault;
  const names = records.map(({ recordName }) => recordName).join(' or ');
  return `${names}, where ${fullName(SOURCE_RECORDS[topic])} was expected`;
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

function entries<T extends string>(records: Readonly<Record<T, AvroRecord>>): [T, AvroRecord][] {
  return Object.entries(records) as [T, AvroRecord][];
}
