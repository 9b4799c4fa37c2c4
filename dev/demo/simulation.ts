/** The ERP around the worker, simulated: topics, schemas, producers before it and readers behind it. */
import { SOURCES } from '../contract/sources.js';
import { contractTopicsOn, createContractTopics } from '../../topology/worker/contract-topics.js';
import { setMaxListeners } from 'node:events';
import { SchemaCatalog } from '../../schemas/registry/catalog.js';
import { registerSchemas } from '../../schemas/registry/register.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { subjectOf } from '../../schemas/registry/registry.js';
import type { Config } from '../../topology/worker/config.js';
import { brokerFault, Connections, EventProducer, withTopicAdmin } from '../../topology/kafka/index.js';
import { createLogger } from '../../common/log.js';
import { Outages } from '../../common/outages.js';
import { SOURCE_TOPICS, type SourceTopic } from '../../common/record.js';
import { readOutputs } from '../simulators/downstream.js';
import { Erp } from '../simulators/erp.js';
import type { Ledger } from '../simulators/ledger.js';
import type { ProducerServices } from '../simulators/producers.js';
import { Random } from '../simulators/random.js';
import { SourceEncoder } from '../simulators/source-encoder.js';
import { Staff } from '../simulators/staff.js';
import type { Cleanup } from './cleanup.js';

export interface SimulationOptions {
  readonly config: Config;
  readonly ledger: Ledger;
  /** The seed of everything that the simulators leave to chance; 32 bits. */
  readonly seed: number;
  readonly cleanup: Cleanup;
}

export interface Simulation extends ProducerServices {
  readonly config: Config;
  readonly connections: Connections;
  readonly erp: Erp;
  readonly staff: Staff;
  /** Rejects when a reader cannot go on; never resolves. */
  readonly failed: Promise<never>;
}

const PARTITIONS = 4;
const PEOPLE = 40;

/** Makes the topics, registers the schemas, and begins to read what comes out. */
export async function openSimulation({ config, ledger, seed, cleanup }: SimulationOptions): Promise<Simulation> {
  cleanup.add("delete the run's topics", () => deleteTopics(config));
  await createContractTopics(config, SOURCES, PARTITIONS);
  const registry = new RegistryClient(config.registry);
  const encoder = new SourceEncoder(await sourceIds(registry, config));

  const silent = createLogger('silent');
  const connections = new Connections(config.kafka, config.maxRecordBytes, new Outages(brokerFault, silent), silent);
  cleanup.add('close the connections', () => connections.close());
  await connections.track(contractTopicsOn(config.names, SOURCES));
  const producer = new EventProducer(config.kafka);
  cleanup.add('close the producer', () => producer.close());

  const closing = new AbortController();
  // Each partition's reader waits for it.
  setMaxListeners(0, closing.signal);
  const catalog = new SchemaCatalog({
    client: registry,
    sources: SOURCES,
    retryAttempts: config.retryAttempts,
    retryBackoffMs: config.retryBackoffMs,
  });
  const readers = readOutputs({ connections, names: config.names, catalog, ledger }, closing.signal);
  const failed = new Promise<never>((_, reject) => {
    readers.catch((error: unknown) => closing.signal.aborted || reject(error as Error));
  });
  cleanup.add('stop the readers', () => closing.abort());

  const random = new Random(seed);
  const staff = new Staff(random, PEOPLE);
  const erp = new Erp({ random, staff, now: Date.now }, encoder);
  return { config, connections, producer, names: config.names, ledger, erp, staff, failed };
}

/** The registry's ids of the sources' schemas. */
async function sourceIds(registry: RegistryClient, { names }: Config): Promise<Record<SourceTopic, number>> {
  const registered = await registerSchemas(registry, SOURCES, (topic) => names.physical(topic));
  const ids = new Map(registered.map(({ subject, id }) => [subject, id]));
  const entries = SOURCE_TOPICS.map((topic) => [topic, ids.get(subjectOf(names.physical(topic)))!] as const);
  return Object.fromEntries(entries) as Record<SourceTopic, number>;
}

/** Those of the contract, and those that the worker made for itself. */
async function deleteTopics({ names, kafka }: Config): Promise<void> {
  const contract = contractTopicsOn(names, SOURCES);
  const made = [...contract, names.physical('USER_DIRECTORY'), names.changelog];
  await withTopicAdmin(kafka, (admin) => admin.delete(made));
}
