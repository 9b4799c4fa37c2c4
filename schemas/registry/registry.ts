/** Our sink schemas' ids, for a worker: looked up, never registered, so that a worker needs no right to write. */
import { FatalError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { AvroRecord } from '../avro/avro-schema.js';
import type { SinkSchemaIds } from '../encoder.js';
import type { RegistryAnswer, RegistryClient } from './registry-client.js';
import type { RegistryHealth } from './registry-health.js';
import { RegistryOutageError } from './registry-outage.js';
import { SINK_RECORDS } from '../topic-records.js';
import { type Patience, untilAnswered } from './until-answered.js';
import { realWait, type Wait } from './wait.js';

/** The physical name of a logical topic, prefix and settings applied. */
export type TopicName = (logical: string) => string;

export interface LookUpOptions {
  readonly client: RegistryClient;
  readonly topicName: TopicName;
  /** Shows an outage while it is waited out. */
  readonly health: RegistryHealth;
  readonly signal: AbortSignal;
  readonly backoffMs: number;
  readonly log?: Logger;
  readonly wait?: Wait;
}

/** The subject of a topic's values. */
export function subjectOf(topicName: string): string {
  return `${topicName}-value`;
}

/**
 * The ids under which our schemas stand. Throws a FatalError that names each that is not registered; waits while the registry can
 * not be reached; rejects with the signal's reason once that aborts.
 */
export async function lookUpSinkSchemas(options: LookUpOptions): Promise<SinkSchemaIds> {
  const patience: Patience = { ...options, wait: options.wait ?? realWait, log: options.log };
  const topics = Object.keys(SINK_RECORDS) as (keyof SinkSchemaIds)[];
  const found = await Promise.all(
    topics.map(async (topic) => {
      const subject = subjectOf(options.topicName(topic));
      const id = await findSchema(subject, SINK_RECORDS[topic], (path, body) =>
        untilAnswered(patience, { method: 'POST', path, body, signal: options.signal }, foundId),
      );
      return { topic, subject, id };
    }),
  );
  const missing = found.filter(({ id }) => id === undefined).map(({ subject }) => subject);
  if (missing.length > 0) throw notRegistered(missing, options.client.baseUrl);
  return Object.fromEntries(found.map(({ topic, id }) => [topic, id])) as unknown as SinkSchemaIds;
}

/** The id of a schema of ours under a subject; undefined when it is not there. */
export function schemaIdUnder(
  client: RegistryClient,
  subject: string,
  schema: AvroRecord,
): Promise<number | undefined> {
  return findSchema(subject, schema, async (path, body) => foundId(await client.ask({ method: 'POST', path, body })));
}

/**
 * The id of our schema under a subject, or undefined. Asked twice when need be: as it stands, then normalized, since
 * Apicurio otherwise compares texts and does not find a schema that was registered from the pretty-printed file.
 */
async function findSchema(
  subject: string,
  record: AvroRecord,
  ask: (path: string, body: unknown) => Promise<number | undefined>,
): Promise<number | undefined> {
  const path = `/subjects/${encodeURIComponent(subject)}`;
  const body = { schema: JSON.stringify(record) };
  return (await ask(path, body)) ?? (await ask(`${path}?normalize=true`, body));
}

/** The id in an answer to a look-up by schema; undefined when it is not there. */
export function foundId(answer: RegistryAnswer): number | undefined {
  if (answer.kind === 'missing') return undefined;
  if (answer.kind === 'refused') {
    throw new FatalError(`the schema registry refused a look-up (${answer.status}): ${answer.message}`);
  }
  const { id } = answer.body;
  if (typeof id !== 'number' || !Number.isInteger(id)) {
    throw new RegistryOutageError('unusable', 'the schema registry answered a look-up by schema without an id');
  }
  return id;
}

function notRegistered(subjects: readonly string[], baseUrl: string): FatalError {
  const what = subjects.length === 1 ? 'the subject' : 'the subjects';
  const hold = subjects.length === 1 ? 'does not hold our schema' : 'do not hold our schemas';
  return new FatalError(
    `${what} ${subjects.join(', ')} at ${baseUrl} ${hold}: run \`notification-streams schemas register\``,
  );
}
