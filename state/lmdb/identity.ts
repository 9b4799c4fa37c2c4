/** Whose store it is: kept in it, so that one that was copied or mounted in the wrong place is known. */
import { FatalError, messageOf } from '../../common/errors.js';
import { writeAtomically, type StateEnvironment } from './environment.js';
import type { Fault } from './quarantine.js';

export interface StoreIdentity {
  /** The consumer group, which is TOPIC_PREFIX and APP_ID. */
  readonly group: string;
  /** Kafka's own id. */
  readonly cluster: string;
}

/** The format of the environment as a whole: which tables there are and what is in them. */
const FORMAT = 1;
const TABLE = 'identity';
const KEY = Buffer.from('identity');

export interface Refusal {
  readonly fault: Fault;
  readonly why: string;
}

/** Writes the identity into a store that is new. Undefined when the store is ours; throws FatalError for a newer one. */
export async function claimIdentity(environment: StateEnvironment, own: StoreIdentity): Promise<Refusal | undefined> {
  const refusal = refusalOf(environment, own);
  const table = environment.table(TABLE);
  if (refusal || table.get(KEY)) return refusal;
  await writeAtomically(table, (batch) => batch.put(KEY, Buffer.from(JSON.stringify({ format: FORMAT, ...own }))));
  return undefined;
}

/** Why the store is not to be used; undefined when it is ours, or new. Throws FatalError for a newer one. */
export function refusalOf(environment: StateEnvironment, own: StoreIdentity): Refusal | undefined {
  const stored = environment.table(TABLE).get(KEY);
  if (!stored)
    return environment.tables().length > 0 ? { fault: 'foreign', why: 'it does not say whose it is' } : undefined;
  let said: StoreIdentity & { readonly format: number };
  try {
    said = JSON.parse(stored.toString('utf8')) as typeof said;
  } catch (error) {
    return { fault: 'damaged', why: `its identity cannot be read: ${messageOf(error)}` };
  }
  if (said.format > FORMAT) {
    throw new FatalError(
      `STATE_DIR ${environment.directory} has format ${said.format}, this version reads ${FORMAT}: run the version that wrote it, or a newer one`,
    );
  }
  if (said.format !== FORMAT) return { fault: 'damaged', why: `it has the old format ${said.format}` };
  if (said.group !== own.group) return { fault: 'foreign', why: `it is of ${said.group}, and this is ${own.group}` };
  if (said.cluster !== own.cluster) {
    return { fault: 'foreign', why: `it is of the Kafka cluster ${said.cluster}, and this is ${own.cluster}` };
  }
  return undefined;
}
